"""Several processes of one server: each gets its share of the browsers, and answers at once."""

import pickle
import selectors
import socket
import sys

from src.cli.listeners import Listener, take_address


def test_each_process_has_a_socket_of_its_own_and_the_system_spreads_browsers_over_them() -> None:
    with take_address("127.0.0.1", 0) as address:
        if sys.platform != "linux":
            assert type(address) is socket.socket
            return
        assert isinstance(address, Listener)
        # What is given to another process is pickled; nobody listens at the address in this one.
        with sent_to_another_process(address) as one, sent_to_another_process(address) as other:
            assert one.getsockname() == other.getsockname() == address.getsockname()
            one.listen()
            other.listen()
            browsers = [socket.create_connection(address.getsockname()) for _browser in range(64)]
            waiting = {one: waiting_at(one), other: waiting_at(other)}
            for browser in browsers:
                browser.close()
    assert sum(waiting.values()) == 64
    assert min(waiting.values()) > 0


def sent_to_another_process(address: socket.socket) -> socket.socket:
    """What the other process gets."""
    received: socket.socket = pickle.loads(pickle.dumps(address))  # noqa: S301 - of our own making
    return received


def waiting_at(listener: socket.socket) -> int:
    """How many connections wait for a process; asyncio sends at once on those that know their protocol."""
    listener.setblocking(False)
    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        accepted = 0
        while selector.select(timeout=0):
            connection, _address = listener.accept()
            assert connection.proto == socket.IPPROTO_TCP
            connection.close()
            accepted += 1
    return accepted
