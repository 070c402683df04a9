"""Which addresses may be told: those on the internet, by TLS, and inner ones that the operator has named.

A receiver is named by people of a firm, and what calls it stands inside: without this it could be made to call the
database, the metadata of the cloud, or the router of the park.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from core.choices import DeliveryFault

Address = IPv4Address | IPv6Address
Networks = Sequence[IPv4Network | IPv6Network]

PORTS = {"https": 443, "http": 80}
PRINTABLE = re.compile(r"[!-~]{1,500}")
HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*")
# IPv6 addresses that carry an IPv4 one in their last four bytes: translators (NAT64) and the old compatible form.
CARRIERS = (ip_network("64:ff9b::/96"), ip_network("::/96"))


class Unfit(Exception):
    """A receiver may not be told, or is not to be found; `fault` says which."""

    def __init__(self, fault: DeliveryFault) -> None:
        super().__init__(fault)
        self.fault = fault


@dataclass(frozen=True)
class Target:
    """An address, taken apart."""

    scheme: str
    host: str
    port: int
    path: str


def parse(url: str) -> Target:
    """Take an address apart. Unfit for what is no plain address of a receiver: no user, no fragment, no odd letters."""
    if not PRINTABLE.fullmatch(url) or "\\" in url or "#" in url:
        raise Unfit(DeliveryFault.ADDRESS)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        if parts.scheme not in PORTS or "@" in parts.netloc or port == 0:
            raise Unfit(DeliveryFault.ADDRESS)
        if parts.netloc.startswith("["):
            IPv6Address(host)
            if "%" in host:
                raise Unfit(DeliveryFault.ADDRESS)
        elif not HOST.fullmatch(host) or len(host) > 253:
            raise Unfit(DeliveryFault.ADDRESS)
    except ValueError as error:
        raise Unfit(DeliveryFault.ADDRESS) from error
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port or PORTS[parts.scheme], path)


def check(url: str, allowed: Networks) -> Target:
    """Take apart an address that somebody enters. Unfit also for numbers that lead inside; names are asked later."""
    target = parse(url)
    if target.scheme != "https" and not allowed:
        raise Unfit(DeliveryFault.ADDRESS)
    try:
        # This reads numbers as connections do: 127.1, 0x7f000001, 2130706433.
        found = _look_up(target, socket.AI_NUMERICHOST)
    except Unfit:
        return target
    _require_fit(found, target, allowed)
    return target


def resolve(target: Target, allowed: Networks) -> list[str]:
    """The addresses that a receiver's name leads to now. Unfit unless every one of them may be told."""
    found = _look_up(target, 0)
    _require_fit(found, target, allowed)
    return found


def _look_up(target: Target, flags: int) -> list[str]:
    try:
        rows = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM, flags=flags)
    except (OSError, UnicodeError) as error:
        raise Unfit(DeliveryFault.NAME) from error
    return list(dict.fromkeys(str(row[4][0]) for row in rows))


def _require_fit(found: Sequence[str], target: Target, allowed: Networks) -> None:
    for text in found:
        address = ip_address(text)
        if not _is_in(address, allowed) and (target.scheme != "https" or not is_outer(address)):
            raise Unfit(DeliveryFault.ADDRESS)


def _is_in(address: Address, networks: Networks) -> bool:
    return any(address in network for network in networks)


def is_outer(address: Address) -> bool:
    """Whether an address is on the internet and nowhere else, also that which it carries."""
    if isinstance(address, IPv6Address):
        carried = _carried(address)
        if carried is not None:
            return is_outer(carried)
        if address.is_site_local:
            return False
    # Reserved are also the translators of somebody's own network (64:ff9b:1::/48): only that knows where they lead.
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _carried(address: IPv6Address) -> IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if _is_in(address, CARRIERS):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None
