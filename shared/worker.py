"""The worker process of a service: relay, reader, consumer, agenda and builder, each in a thread of its own.

A job that loses PostgreSQL or Kafka, or waits for something to be mended, begins again after a pause. Any other end of
a job ends the process, so that whoever started it notices: a worker that limps is worse than one that is started anew.
"""

import gc
import signal
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import structlog

from shared.database.pool import TooSlow
from shared.errors import CannotGoOn
from shared.failures import plain
from shared.messages.clock import Clock
from shared.operations.service_status import PlacesRead, ServiceStatus
from shared.operations.watched import Watched
from shared.projections.reader import Fenced, Reader
from shared.projections.subscriber import Subscriber
from shared.reactions.agenda import Agenda
from shared.service import Running
from shared.streaming.broker import Broker
from shared.streaming.builder import Builder
from shared.streaming.consumer import Consumer
from shared.streaming.relay import Relay
from shared.telemetry import metrics
from shared.telemetry.jobs import job_ready, job_restarts
from shared.telemetry.state import StateOfService
from shared.worker_pages import PLAIN, serve

log = structlog.get_logger()

JOBS = ("relay", "reader", "consumer", "agenda", "builder")
Works = Callable[[], None]
Job = Callable[[threading.Event, Works], None]
"""Runs until the event is set. Calls the other each time when it did its work, or found that another process leads."""

_PAUSE_SECONDS = 1.0
_KAFKA_PATIENCE_SECONDS = 3  # of somebody who asks for metrics
_IN_THE_BACKGROUND = ("builder",)  # what it does first may take hours, and nobody waits for it


class Worker:
    """Runs some or all jobs of one service until it is told to stop."""

    def __init__(self, running: Running, only: Iterable[str] = JOBS) -> None:
        service, database = running.service, running.database
        settings = running.settings
        broker = Broker(settings.kafka, instance=settings.instance, session_seconds=settings.session_seconds)
        subscribers: list[Subscriber[Any]] = [*service.projections, *service.reactions]
        jobs: Mapping[str, Job] = {
            "relay": Relay(service.name, database, broker, service.confined).run,
            "reader": Reader(database, running.codec, subscribers, running.agenda_bell.ring).run,
            "consumer": Consumer(
                service.name, database, broker, running.contracts, subscribers, running.agenda_bell.ring
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
        self._not_ready = {name: f"{name}: begins" for name in self._jobs if name not in _IN_THE_BACKGROUND}
        self._state = StateOfService(
            Watched(service, database), running.clock, "worker", partial(_ask_kafka, broker, running.clock)
        )

    def run(self, health_port: int | None = None, host: str = "127.0.0.1") -> int:
        """Until SIGTERM or SIGINT (then 0) or until a job ends by itself (then 1)."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop.set())
        threads = [
            threading.Thread(target=self._keep_running, args=(name, job), name=name, daemon=True)
            for name, job in self._jobs.items()
        ]
        for name in self._jobs:
            job_ready.labels(name).set(name not in self._not_ready)
        gc.freeze()  # all that is loaded stays: let nobody look through it for cycles, thousands of times a minute
        gc.enable()
        for thread in threads:
            thread.start()
        if health_port:
            serve(host, health_port, {"/healthz": _up, "/readyz": self._ready, "/metrics": self._metrics})
        log.info("worker started", service=self._service, jobs=list(self._jobs))
        self._stop.wait()
        for thread in threads:
            thread.join(timeout=10)
        log.info("worker stopped", service=self._service, because_of=self._ended)
        return 1 if self._ended else 0

    def _keep_running(self, name: str, job: Job) -> None:
        while not self._stop.is_set():
            try:
                job(self._stop, partial(self._works, name))
                if not self._stop.is_set():
                    self._works(name)  # there is nothing for it to do in this service
                return
            except (CannotGoOn, TooSlow, Fenced) as error:
                self._does_not_work(name, str(error))
                log.warning("a job begins again", job=name, reason=str(error))
                job_restarts.labels(name).inc()
                self._stop.wait(_PAUSE_SECONDS)
            except BaseException as error:
                log.exception("a job ended", job=name, reason=plain(error))
                self._ended = f"{name}: {plain(error)}"
                self._stop.set()

    def _works(self, name: str) -> None:
        if self._not_ready.pop(name, None):
            job_ready.labels(name).set(1)

    def _does_not_work(self, name: str, reason: str) -> None:
        """It stays so during each new attempt, until one succeeds: a worker that can do nothing must not look ready."""
        self._not_ready[name] = reason
        job_ready.labels(name).set(0)

    def _ready(self) -> tuple[int, str, bytes]:
        reasons = list(self._not_ready.values())
        return 503 if reasons else 200, PLAIN, "\n".join(reasons or ["ok"]).encode()

    def _metrics(self) -> tuple[int, str, bytes]:
        return 200, metrics.CONTENT_TYPE, metrics.counted() + self._state.text()


def _up() -> tuple[int, str, bytes]:
    return 200, PLAIN, b"ok"


def _ask_kafka(broker: Broker, clock: Clock, status: ServiceStatus, read: PlacesRead) -> str | None:
    from shared.operations.status import fill_consumers  # Kafka's administration takes memory; not all ask for metrics

    return fill_consumers([(status, read)], replace(broker, patience_seconds=_KAFKA_PATIENCE_SECONDS), clock)
