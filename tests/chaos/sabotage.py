"""Breaks one promise of the kernel on purpose, in launched processes alone: a chaos run must then find it out.

make chaos KILLS=20 SEED=7 SABOTAGE=relay     # must end with something that is not 0, and exit status 1
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg2
from psycopg2 import sql

CHOSEN = "COPSE_CHAOS_SABOTAGE"
LATE_SECONDS = 0.3


def install(name: str) -> None:
    if name:
        KINDS[name]()


def _relay() -> None:
    """The relay moves its cursor before Kafka has the events: what it says is acknowledged is sent a while later."""
    from shared.streaming.producer import Producer, Sent

    send_batch = Producer.send_batch
    later = ThreadPoolExecutor(1)

    def careless(self: Producer, topic: str, partition: int, contents: Sequence[bytes]) -> Sent:
        due = time.monotonic() + LATE_SECONDS

        def send() -> None:
            time.sleep(max(0.0, due - time.monotonic()))
            send_batch(self, topic, partition, contents)
            self.go()

        later.submit(send)
        # Of no records: else where the partition must end is noted, and the next leader sends again what is missing.
        return Sent(partition, 0, _Acknowledged())

    Producer.send_batch = careless  # type: ignore[method-assign]


class _Acknowledged:
    """What a batch gets that has arrived, but for where: the relay then counts on from what it knew."""

    is_done = True
    value = (-1, 0, None)

    def wait(self, seconds: float) -> None:
        """There is nothing to wait for."""


def _consumer() -> None:
    """The consumer's position is committed before what was read is told."""
    from shared.streaming import consumer

    begin = consumer._begin

    def committed(db: Any, *args: Any) -> Any:
        begun = begin(db, *args)
        _go_on_in_another(db)
        return begun

    consumer._begin = committed  # type: ignore[assignment]


def _go_on_in_another(transaction: Any) -> None:
    """Commits. What follows is in a transaction too, or it would fail at once, and not only when somebody dies."""
    transaction.commit()
    transaction._begins = True


def _idempotency() -> None:
    """An Idempotency-Key is not looked at."""
    from shared.http import changes

    changes._idempotency_key = lambda: None


def _reader() -> None:
    """A projection's cursor is committed before it is told of the events."""
    from shared.projections import reader

    move = reader.move_cursor

    def committed(db: Any, *args: Any) -> Any:
        tables = move(db, *args)
        _go_on_in_another(db)
        return tables

    reader.move_cursor = committed  # type: ignore[assignment]


def _database() -> None:
    """PostgreSQL answers before a commit is on the disk: `tests.chaos.house` sets it, for all who connect."""


def answer_before_the_disk(url: str) -> None:
    """To whoever connects to this database from now on."""
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        name = sql.Identifier(connection.info.dbname)
        cursor.execute(sql.SQL("alter database {} set synchronous_commit to off").format(name))
    connection.close()


def _no_timer() -> None:
    """What is to be done later is not noted."""
    from shared.reactions import reaction

    note = reaction.note

    def forgetful(db: Any, name: str, cause: Any, step: reaction.Step) -> None:
        if step.at is None:
            note(db, name, cause, step)

    reaction.note = forgetful


def _timer_twice() -> None:
    """A timer that has fired fires once more: neither the agenda nor the rule looks whether it did."""
    from services.ppi.domain.support_request import (
        ExpireOffer,
        NoteResponseOverdue,
        OfferExpired,
        ResponseOverdue,
        SupportRequest,
    )
    from shared.reactions import agenda

    do, cross_out, evolve = agenda.Agenda._do, agenda._cross_out, SupportRequest.evolve

    def twice(self: agenda.Agenda, entry: Any, id: Any, command: Any) -> None:
        do(self, entry, id, command)
        if isinstance(command, ExpireOffer | NoteResponseOverdue):
            do(self, entry, id, command)

    def careless(db: Any, entry: Any, *args: Any) -> bool:
        return cross_out(db, entry, *args) or entry.action in (ExpireOffer.__name__, NoteResponseOverdue.__name__)

    def forgetful(self: SupportRequest, event: Any) -> SupportRequest:
        return self if isinstance(event, OfferExpired | ResponseOverdue) else evolve(self, event)

    agenda.Agenda._do = twice  # type: ignore[method-assign]
    agenda._cross_out = careless  # type: ignore[assignment]
    SupportRequest.evolve = forgetful  # type: ignore[method-assign,assignment]


KINDS: dict[str, Callable[[], None]] = {
    "relay": _relay,
    "consumer": _consumer,
    "idempotency": _idempotency,
    "reader": _reader,
    "database": _database,
    "no-timer": _no_timer,
    "timer-twice": _timer_twice,
}
