"""The sockets on which several processes of one server listen: each has its own, and the system spreads browsers."""

import socket
import sys
from typing import Any


class Listener(socket.socket):
    """The address of the server. The process that starts the others holds it; each of them gets a socket of its own.

    With one socket for all, whichever process wakes up first takes every browser that is waiting, keeps them for as
    long as they stay connected, and the others have nothing to do.
    """

    def __reduce__(self) -> Any:
        """Be another socket at the same address in another process."""
        return _take, (type(self), self.family, self.getsockname()[:2])


def take_address(host: str, port: int) -> socket.socket:
    """Take the address of a server of several processes; where the system spreads no browsers they share one socket.

    Raises:
        OSError.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return _take(Listener if sys.platform == "linux" else socket.socket, family, (host, port))


def _take(kind: type[socket.socket], family: int, address: tuple[str, int]) -> socket.socket:
    # Unless it knows the protocol by name asyncio leaves Nagle's algorithm on, and every answer waits for 40 ms.
    taken = kind(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if kind is Listener:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    taken.bind(address)
    return taken
