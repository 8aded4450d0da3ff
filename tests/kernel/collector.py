"""An OpenTelemetry collector as small as can be: takes OTLP/HTTP in JSON, and keeps the spans."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Collector:
    address: str
    spans: list[dict[str, Any]] = field(default_factory=list)
    refuses: bool = False
    headers: dict[str, str] = field(default_factory=dict)

    def named(self, name: str) -> list[dict[str, Any]]:
        return [each for each in self.spans if each["name"] == name]

    def take(self, document: Any) -> None:
        """Raises KeyError for what is not in OTLP's form."""
        for resource in document["resourceSpans"]:
            service = attributes(resource["resource"]["attributes"])["service.name"]
            for scope in resource["scopeSpans"]:
                for span in scope["spans"]:
                    assert int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"])
                    assert (len(span["traceId"]), len(span["spanId"])) == (32, 16)
                    self.spans.append({**span, "service": service, "attributes": attributes(span["attributes"])})


def attributes(said: Any) -> dict[str, Any]:
    return {
        each["key"]: int(each["value"]["intValue"]) if "intValue" in each["value"] else each["value"]["stringValue"]
        for each in said
    }


@contextmanager
def collector() -> Iterator[Collector]:
    """Runs one on a free port."""

    class Traces(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            right = self.path == "/v1/traces" and self.headers["Content-Type"] == "application/json"
            if right and not here.refuses:
                here.headers.update({name.lower(): value for name, value in self.headers.items()})
                here.take(json.loads(body))
            self.send_response(200 if right and not here.refuses else 503)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: object) -> None:
            """Not of interest."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Traces)
    here = Collector(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()
