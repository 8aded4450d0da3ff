"""Whose request it is, by address: believed only from our own proxies, and never kept readable."""

import secrets
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Networks = Sequence[IPv4Network | IPv6Network]

_PREFIX_OF_ONE_HOME = 64  # an IPv6 subscriber has at least that many addresses to send from (RFC 6177)
_PROXIES_REMEMBERED = 64
_SALT = secrets.token_bytes(16)  # of this process alone: what it counted means nothing to anybody else


def networks(text: str) -> Networks:
    """`10.0.0.0/8,::1/128`, or `none`. Raises ValueError."""
    return () if text == "none" else tuple(ip_network(each.strip()) for each in text.split(","))


THIS_MACHINE = "127.0.0.0/8,::1/128"
ON_THIS_MACHINE = networks(THIS_MACHINE)
"""What is believed unless TRUSTED_PROXIES says otherwise."""


class TrustedProxies:
    """Takes away what a client says of its own address and of ours, unless one of our proxies handed it on."""

    def __init__(self, app: "WSGIApplication", trusted: Networks) -> None:
        self._app, self._trusted = app, trusted
        self._known = set[str]()  # of our own proxies, as many as there are: reading an address takes a while

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if not self._is_ours(environ.get("REMOTE_ADDR", "")):
            for name in [name for name in environ if name.startswith("HTTP_X_FORWARDED_") or name == "HTTP_FORWARDED"]:
                del environ[name]
        return self._app(environ, start_response)

    def _is_ours(self, address: str) -> bool:
        if address in self._known:
            return True
        try:
            found = _plain(address)
        except ValueError:
            return False  # a Unix socket, or nothing
        ours = any(found in network for network in self._trusted)
        if ours and len(self._known) < _PROXIES_REMEMBERED:
            self._known.add(address)
        return ours


def one_home(address: str | None) -> bytes:
    """Stands for a client's address: the same for all addresses of one IPv6 home, and not to be traced back."""
    try:
        found = _plain(address or "")
        name = str(ip_network((found, _PREFIX_OF_ONE_HOME), strict=False) if found.version == 6 else found)
    except ValueError:
        name = "unknown"
    return blake2b(name.encode(), key=_SALT, digest_size=16).digest()


def _plain(address: str) -> IPv4Address | IPv6Address:
    """An IPv4 address that was written as an IPv6 one is an IPv4 address."""
    found = ip_address(address)
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found
