"""The three pages of a worker, for those inside: `/healthz`, `/readyz` and `/metrics`."""

import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PLAIN = "text/plain; charset=utf-8"
Page = Callable[[], tuple[int, str, bytes]]
"""Gives status, content type and body."""


def serve(host: str, port: int, pages: Mapping[str, Page]) -> None:
    """Answers in threads of its own until the process ends. Raises OSError when the port is taken."""

    class Pages(BaseHTTPRequestHandler):
        timeout = 10  # seconds; a silent client must not keep a thread

        def do_GET(self) -> None:
            page = pages.get(self.path.partition("?")[0])
            status, kind, body = page() if page else (404, PLAIN, b"There is nothing at this address.")
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Health checks are not worth a line each."""

    server = ThreadingHTTPServer((host, port), Pages)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
