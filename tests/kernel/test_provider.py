"""What the provider tells is asked for over the web, from whom the machine or the operator trusts, and as JSON."""

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from shared.identity.provider import said_at

SAYS = {"issuer": "https://sign-in.example.org"}


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, body = {
            "/": (200, json.dumps(SAYS)),
            "/away": (503, json.dumps(SAYS)),
            "/not-json": (200, "<p>Sign in</p>"),
            "/moved": (302, ""),
        }[self.path]
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if status == 302:
            self.send_header("Location", "/")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(secured: ssl.SSLContext | None = None) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    if secured:
        server.socket = secured.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"{'https' if secured else 'http'}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def address() -> Iterator[str]:
    with serving() as its:
        yield its


@pytest.mark.parametrize("path", ["/", "/moved"])
def test_what_is_there_is_read(address: str, path: str) -> None:
    assert said_at(address + path) == SAYS


def test_an_error_is_no_answer(address: str) -> None:
    with pytest.raises(OSError, match="503"):
        said_at(f"{address}/away")


def test_what_is_no_json_says_so(address: str) -> None:
    with pytest.raises(ValueError, match="Expecting value"):
        said_at(f"{address}/not-json")


def test_what_does_not_speak_http_is_no_answer() -> None:
    def hello() -> None:
        connection, _ = listening.accept()
        connection.recv(4096)
        connection.sendall(b"220 mail.example.org ready\r\n")
        connection.close()

    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        threading.Thread(target=hello, daemon=True).start()
        with pytest.raises(OSError, match="answers in no way"):
            said_at(f"http://127.0.0.1:{listening.getsockname()[1]}/")


def test_a_file_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text(json.dumps(SAYS))
    with pytest.raises(ValueError, match="no web address"):
        said_at(file.as_uri())


def test_a_provider_is_trusted_when_the_operator_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = tmp_path / "certificate.pem"
    secured = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secured.load_cert_chain(made_up_for_this_machine(certificate))
    with serving(secured) as its:
        with pytest.raises(OSError, match="certificate verify failed"):
            said_at(f"{its}/")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        assert said_at(f"{its}/") == SAYS


def made_up_for_this_machine(file: Path) -> Path:
    """A certificate that signs itself, with its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "made up")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(made.public_bytes(Encoding.PEM) + private)
    return file
