"""The provider always speaks of itself by the issuer's address, whichever way a request reached it.

Browsers come through a gateway (http://localhost:8080/identity), services directly (http://identity:8005);
tokens and discovery must say the same issuer to both, letter by letter (OpenID Connect Discovery 1.0, section
4.3).
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Request

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class IssuerRequest(Request):
    """canaille takes the issuer from `url_root`, which ends in a slash; ours has none."""

    @property
    def url_root(self) -> str:
        return self.root_url.rstrip("/")


class AtIssuer:
    """WSGI middleware: every request looks as if it came to the issuer's scheme, host and path."""

    def __init__(self, application: "WSGIApplication", issuer: str) -> None:
        self.application = application
        address = urlsplit(issuer)
        self.scheme, self.host, self.prefix = address.scheme, address.netloc, address.path.rstrip("/")

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        # Some gateways pass the prefix on, others cut it off; either will do.
        if self.prefix and (path == self.prefix or path.startswith(f"{self.prefix}/")):
            environ["PATH_INFO"] = path.removeprefix(self.prefix) or "/"
        environ["SCRIPT_NAME"] = self.prefix
        environ["HTTP_HOST"] = self.host
        environ["wsgi.url_scheme"] = self.scheme
        return self.application(environ, start_response)
