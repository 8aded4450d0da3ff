"""The portal hands on whose request it is, and lets nobody sign in as often as a machine would."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from services.portal.app import create_app
from services.portal.configuration import SERVICES, Configuration
from shared.http.clients import networks
from shared.http.rate_limits import Limit

GATEWAY = {"REMOTE_ADDR": "10.0.0.1"}
ANN, BEN = ({"X-Forwarded-For": address} for address in ("192.0.2.1", "192.0.2.2"))
PROBLEM = b'{"type": "urn:copse:problem:too-many-requests", "title": "Too Many Requests", "detail": "Wait 7 seconds."}'


@pytest.fixture
def told() -> Iterator[list[str | None]]:
    """A service that keeps everybody waiting; for whom it was asked."""
    seen: list[str | None] = []

    class Busy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers["X-Forwarded-For"])
            self.send_response(429)
            self.send_header("Content-Type", "application/problem+json")
            self.send_header("Content-Length", str(len(PROBLEM)))
            self.end_headers()
            self.wfile.write(PROBLEM)

        def log_message(self, format: str, *args: object) -> None:
            """Not of interest."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Busy)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    seen.append(f"http://127.0.0.1:{server.server_port}")
    yield seen
    server.shutdown()
    server.server_close()


@pytest.fixture
def client(tmp_path: Path, told: list[str | None]) -> FlaskClient:
    address = str(told.pop())
    configuration = Configuration(
        portal_url="http://localhost",
        service_urls=dict.fromkeys(SERVICES, address),
        issuer=address,
        client_id="copse-portal",
        secret_key="a long random text",
        session_directory=tmp_path,
        sign_ins=Limit(3, 3_600),
    )
    return create_app(replace(configuration, trusted_proxies=networks("10.0.0.0/8"))).test_client()


def test_signing_in_again_and_again_must_wait(client: FlaskClient) -> None:
    def sign_in(path: str, **who: object) -> int:
        return client.get(path, environ_overrides=GATEWAY, **who).status_code

    steps = ("/sign-in", "/sign-in/return?code=guess&state=x", "/sign-in")
    assert 429 not in [sign_in(path, headers=ANN) for path in steps]
    for path in steps:
        page = client.get(path, headers=ANN, environ_overrides=GATEWAY)
        assert (page.status_code, int(page.headers["Retry-After"]) > 1_100) == (429, True)
        assert "Please wait a little" in page.text
        assert "20 minutes" in page.text
    assert sign_in("/sign-in", headers=BEN) != 429
    assert client.get("/", headers=ANN, environ_overrides=GATEWAY).status_code == 200


def test_an_address_that_a_client_makes_up_is_not_believed(client: FlaskClient) -> None:
    for nth in range(3):
        client.get("/sign-in", headers={"X-Forwarded-For": f"192.0.2.{nth}"}, environ_overrides={"REMOTE_ADDR": "::9"})
    refused = client.get("/sign-in", headers=BEN, environ_overrides={"REMOTE_ADDR": "::9"})
    assert refused.status_code == 429


def test_a_service_hears_for_whom_it_is_asked(client: FlaskClient, told: list[str | None]) -> None:
    page = client.get("/meetings", headers=ANN, environ_overrides=GATEWAY)
    assert set(told) == {"192.0.2.1"}
    assert page.status_code == 429
    assert "Wait 7 seconds." in page.text
