"""An identity provider as small as tokens need: a discovery document and keys over HTTP, and tokens signed by them."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey


@cache
def key(kid: str) -> RSAKey:
    """Made once in a run: a good key takes a while."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})


class Provider:
    """Its issuer is its address. `asked` counts how often somebody fetched the keys."""

    def __init__(self, address: str) -> None:
        self.issuer = address
        self.asked = 0
        self.away = False
        self.keys: list[RSAKey] = []
        self.new_key("first")

    def new_key(self, kid: str) -> None:
        """From now on tokens are signed by a new key; the old ones stay published."""
        self.keys.append(key(kid))

    def forget_old_keys(self) -> None:
        self.keys = self.keys[-1:]

    def token(self, subject: str = "ann", roles: tuple[str, ...] = (), **claims: object) -> str:
        """An access token as good as they come, but for `claims`; a claim of None is left out."""
        now = int(time.time())
        said = {"iss": self.issuer, "aud": "copse", "sub": subject, "iat": now, "exp": now + 300, "groups": [*roles]}
        return self.signed({name: value for name, value in {**said, **claims}.items() if value is not None})

    def signed(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": "RS256", "kid": self.keys[-1].kid}, claims, self.keys[-1])

    def pages(self) -> dict[str, object]:
        return {
            "/.well-known/openid-configuration": {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys"},
            "/keys": {"keys": [key.as_dict(private=False) for key in self.keys]},
        }


@contextmanager
def provider() -> Iterator[Provider]:
    """Runs one on a free port."""

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = None if here.away else here.pages().get(self.path)
            here.asked += self.path == "/keys"
            body = json.dumps(page).encode()
            self.send_response(200 if page is not None else 503)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Not of interest."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    here = Provider(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()
