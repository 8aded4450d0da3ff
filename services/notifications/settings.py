"""What notifications alone needs of the environment: the mail server, the sender, and the links in letters."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from email.utils import parseaddr
from functools import cache
from urllib.parse import unquote, urlsplit

from shared.configuration import Environment

_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
_QUICK_GUIDE = "https://research.kent.ac.uk/chss/kent-research-partnership/"


@dataclass(frozen=True, slots=True)
class MailServer:
    """`scheme` is smtp (nothing encrypted: for one's own machine), smtp+starttls or smtps."""

    scheme: str
    host: str
    port: int
    user: str | None
    password: str | None


@dataclass(frozen=True, slots=True)
class MailSettings:
    server: MailServer
    sender: Address
    portal_url: str
    quick_guide_url: str

    @classmethod
    def read(cls, variables: Mapping[str, str] | None = None) -> "MailSettings":
        """Raises Misconfigured."""
        environment = Environment(variables)
        server = environment.parsed("SMTP_URL", _server, "smtp+starttls://user:password@mail.example.org:587")
        sender = environment.parsed("MAIL_FROM", _sender, "Copse <copse@example.org>")
        portal = environment.parsed("PORTAL_URL", _link, "https://copse.example.org")
        guide = environment.parsed("QUICK_GUIDE_URL", _link, _QUICK_GUIDE, _QUICK_GUIDE)
        environment.check()
        if server is None or sender is None or portal is None or guide is None:
            raise AssertionError("check() has raised when one of them is missing")
        return cls(server, sender, portal.rstrip("/"), guide)


@cache
def mail_settings() -> MailSettings:
    """The settings of this process. Raises Misconfigured."""
    return MailSettings.read()


def _server(text: str) -> MailServer:
    url = urlsplit(text)
    if url.scheme not in _PORTS or not url.hostname:
        raise ValueError
    return MailServer(
        scheme=url.scheme,
        host=url.hostname,
        port=url.port or _PORTS[url.scheme],
        user=unquote(url.username) if url.username else None,
        password=unquote(url.password) if url.password else None,
    )


def _sender(text: str) -> Address:
    name, address = parseaddr(text)
    if "@" not in address:
        raise ValueError
    return Address(name or "Copse", addr_spec=address)


def _link(text: str) -> str:
    url = urlsplit(text)
    if url.scheme not in ("https", "http") or not url.hostname:
        raise ValueError
    return text
