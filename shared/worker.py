"""The worker process of a service: relay, reader, consumer, agenda and builder, each in a thread of its own.

A job that loses PostgreSQL or Kafka begins again after a pause. Any other end of a job ends the process, so that
whoever started it notices: a worker that limps is worse than one that is started anew.
"""

import signal
import threading
from collections.abc import Callable, Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import structlog

from shared.database.pool import TooSlow, Unavailable
from shared.projections.reader import Fenced, Reader
from shared.projections.subscriber import Subscriber
from shared.reactions.agenda import Agenda
from shared.service import Running
from shared.streaming.broker import Broker, BrokerUnavailable
from shared.streaming.builder import Builder
from shared.streaming.consumer import Consumer
from shared.streaming.relay import Relay

log = structlog.get_logger()

JOBS = ("relay", "reader", "consumer", "agenda", "builder")
Job = Callable[[threading.Event], None]

_PAUSE_SECONDS = 1.0


class Worker:
    """Runs some or all jobs of one service until it is told to stop."""

    def __init__(self, running: Running, only: Iterable[str] = JOBS) -> None:
        service, database = running.service, running.database
        broker = Broker(running.settings.kafka)
        subscribers: list[Subscriber[Any]] = [*service.projections, *service.reactions]
        jobs: Mapping[str, Job] = {
            "relay": Relay(service.name, database, broker).run,
            "reader": Reader(database, running.codec, subscribers, running.doorbell.ring).run,
            "consumer": Consumer(
                service.name, database, broker, running.contracts, subscribers, running.doorbell.ring
            ).run,
            "agenda": Agenda(
                service.name,
                database,
                running.codec,
                service.commands,
                service.effects,
                running.clock,
                running.doorbell.ring,
            ).run,
            "builder": Builder(service.projections, database, broker, running.codec, running.contracts).run,
        }
        self._jobs = {name: jobs[name] for name in only}
        self._service = service.name
        self._stop = threading.Event()
        self._ended: str | None = None
        self._waiting_for: dict[str, str] = {}

    def run(self, health_port: int | None = None, host: str = "127.0.0.1") -> int:
        """Until SIGTERM or SIGINT (then 0) or until a job ends by itself (then 1)."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop.set())
        threads = [
            threading.Thread(target=self._keep_running, args=(name, job), name=name, daemon=True)
            for name, job in self._jobs.items()
        ]
        for thread in threads:
            thread.start()
        if health_port:
            self._serve_health(host, health_port)
        log.info("worker started", service=self._service, jobs=list(self._jobs))
        self._stop.wait()
        for thread in threads:
            thread.join(timeout=10)
        log.info("worker stopped", service=self._service, because_of=self._ended)
        return 1 if self._ended else 0

    def _keep_running(self, name: str, job: Job) -> None:
        while not self._stop.is_set():
            try:
                self._waiting_for.pop(name, None)
                job(self._stop)
                return
            except (Unavailable, TooSlow, BrokerUnavailable, Fenced) as error:
                self._waiting_for[name] = str(error)
                log.warning("a job begins again", job=name, reason=str(error))
                self._stop.wait(_PAUSE_SECONDS)
            except BaseException as error:
                log.exception("a job ended", job=name)
                self._ended = f"{name}: {error}"
                self._stop.set()

    def _serve_health(self, host: str, port: int) -> None:
        worker = self

        class Health(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                waiting = worker._waiting_for if self.path.startswith("/readyz") else {}
                body = "\n".join(waiting.values() or ["ok"]).encode()
                self.send_response(503 if waiting else 200)
                self.send_header("Content-Type", "text/plain; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Health checks are not worth a line each."""

        server = ThreadingHTTPServer((host, port), Health)
        threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
