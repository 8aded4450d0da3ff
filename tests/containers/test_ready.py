"""The images' health check, as the containers run it."""

import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from deploy.embedded.ports import free_port
from tests.containers.composition import TOP


class Service(BaseHTTPRequestHandler):
    """Ready at /readyz, not ready elsewhere."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/readyz" else 503)
        self.end_headers()
        self.wfile.write(b"The database is empty.")

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Service) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def check(*words: object) -> subprocess.CompletedProcess[str]:
    command = ["bash", str(TOP / "deploy/compose/ready"), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=30)


def test_a_service_that_is_ready_is_healthy(port: int) -> None:
    assert check(port).returncode == 0


def test_one_that_is_not_ready_is_not_and_says_what_it_lacks(port: int) -> None:
    checked = check(port, "/other")
    assert checked.returncode == 1
    assert checked.stdout.endswith("The database is empty.")


def test_where_nothing_listens_is_not_healthy() -> None:
    assert check(free_port()).returncode == 1
