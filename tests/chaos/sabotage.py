"""Breaks one promise of the kernel on purpose, in launched processes alone: a chaos run must then find it out.

make chaos KILLS=20 SEED=7 SABOTAGE=relay     # must end with something that is not 0, and exit status 1
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

CHOSEN = "COPSE_CHAOS_SABOTAGE"


def install(name: str) -> None:
    if name:
        KINDS[name]()


def _relay() -> None:
    """The relay moves its cursor before Kafka has the events."""
    from shared.streaming.relay import Relay

    publish: Callable[[Relay, Any], int] = Relay.publish

    def careless(self: Relay, producer: Any) -> int:
        return publish(self, _Careless(producer))

    Relay.publish = careless  # type: ignore[method-assign]


class _Careless:
    """A producer that says "acknowledged" at once, and sends a while later, in order."""

    def __init__(self, producer: Any) -> None:
        if not hasattr(producer, "later"):
            producer.later = ThreadPoolExecutor(1)
        self._producer = producer

    def send(self, *args: Any, **kwargs: Any) -> "_Careless":
        due = time.monotonic() + 0.3
        self._producer.later.submit(self._send, due, args, kwargs)
        return self

    def _send(self, due: float, args: Any, kwargs: Any) -> None:
        time.sleep(max(0.0, due - time.monotonic()))
        self._producer.send(*args, **kwargs)

    def get(self, timeout: float) -> None: ...


def _consumer() -> None:
    """The consumer's position is committed before what was read is told."""
    from shared.streaming import consumer

    move = consumer._move

    def committed(db: Any, *args: Any) -> None:
        move(db, *args)
        db.raw.commit()

    consumer._move = committed  # type: ignore[assignment]


def _idempotency() -> None:
    """An Idempotency-Key is not looked at."""
    from shared.http import changes

    changes._idempotency_key = lambda: None


def _reader() -> None:
    """A projection's cursor is committed before it is told of the events."""
    from shared.projections import reader

    move = reader.move_cursor

    def committed(db: Any, *args: Any) -> None:
        move(db, *args)
        db.raw.commit()

    reader.move_cursor = committed  # type: ignore[assignment]


def _database() -> None:
    """PostgreSQL answers before a commit is on the disk (`tests.chaos.house` sets it)."""


KINDS: dict[str, Callable[[], None]] = {
    "relay": _relay,
    "consumer": _consumer,
    "idempotency": _idempotency,
    "reader": _reader,
    "database": _database,
}
