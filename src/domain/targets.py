"""Addresses on other people's computers that the program sends to: which it may, so that nobody sends it into our own.

An address is looked at as it is typed, and again whenever something is sent: a name may lead elsewhere by then.
"""

import re
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias
from urllib.parse import SplitResult, urlsplit

from src.domain.errors import InvalidInput
from src.domain.values import parse_text
from src.i18n import N_

LONGEST_URL = 500
Address: TypeAlias = IPv4Address | IPv6Address

PORTS = {"http": 80, "https": 443}
# What the address bar of a browser copies: other letters are written as %C3%A9, and in a host name as xn--….
_PLAIN = re.compile(r"[!-~]+")
_HOST_NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?", re.IGNORECASE)
# The addresses that IPv6 gives to single computers; all others are for networks, for later, or for nobody.
_GLOBAL_UNICAST = IPv6Network("2000::/3")
# A network without IPv4 reaches it through these.
_NAT64 = IPv6Network("64:ff9b::/96")
_NOT_PUBLIC = N_("{field}: this address is inside a network of our own, where the program sends nothing.")


def parse_target(text: str, *, field: str, allow_private: bool = False) -> str:
    """Read the address that changes are sent to: http or https, with no password in it, and not inside our network.

    Raises:
        InvalidInput.
    """
    typed = parse_text(text, field=field, longest=LONGEST_URL)
    try:
        parts = urlsplit(typed)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, SplitResult("", "", "", "", "")
    if parts.scheme not in PORTS or not host or port == 0 or not _PLAIN.fullmatch(typed) or "\\" in typed:
        raise InvalidInput(N_("{field}: write an address such as https://example.com/changes."), field=field)
    if "@" in parts.netloc:
        raise InvalidInput(N_("{field}: leave out the user name and password."), field=field)
    if parts.fragment:
        raise InvalidInput(N_("{field}: leave out what comes after the #; it would not be sent."), field=field)
    literal = written_as_number(host)
    if literal is None and not _HOST_NAME.fullmatch(host):
        raise InvalidInput(N_("{field}: write an address such as https://example.com/changes."), field=field)
    if not allow_private and (not is_public(literal) if literal is not None else _is_this_computer(host)):
        raise InvalidInput(_NOT_PUBLIC, field=field)
    return typed


def written_as_number(host: str) -> Address | None:
    """Read a host that is no name but a number, in any of the ways that a computer takes: 127.1 and 0x7f000001, too."""
    host = host.removesuffix(".")
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None


def is_public(address: Address) -> bool:
    """Tell whether an address is a computer on the internet, and not one of ours, of our provider, or of many."""
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast
    if address.ipv4_mapped is not None:
        return is_public(address.ipv4_mapped)
    if address in _NAT64:
        return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    # Tunnels lead to the IPv4 address that is written in them, which nobody who receives changes needs.
    is_tunnel = address.sixtofour is not None or address.teredo is not None
    return address in _GLOBAL_UNICAST and address.is_global and not is_tunnel


def _is_this_computer(host: str) -> bool:
    name = host.rstrip(".").lower()
    return name == "localhost" or name.endswith(".localhost")
