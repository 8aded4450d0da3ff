"""Works off what reactions noted: commands and effects, each when it is due, in order, exactly once in effect.

In order means: what is to be done at once in a stream is done in the order in which it was noted, and while a command
fails, those noted after it for the same stream wait: they would be refused before it, and so forgotten. A refusal is an
answer, and the next goes on. A timer has a time of its own: it waits for nothing that fails, and nothing waits for it.
The same holds for an effect, which looks at its stream as it is by then.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID

import msgspec
import structlog
from structlog.contextvars import bound_contextvars

from shared.commands.handler import AlreadyExists, Commands, NotFound
from shared.database.leadership import lead
from shared.database.pool import Database, Transaction, Unavailable
from shared.errors import CannotGoOn
from shared.eventstore.doorbell import Listener
from shared.eventstore.keeping import forget_overdue
from shared.eventstore.postgres import PostgresEventStore, StoreInTransaction
from shared.eventstore.store import VersionConflict
from shared.failures import plain
from shared.messages.clock import Clock
from shared.messages.codec import Codec
from shared.messages.decisions import Command, Context, Refused, id_of
from shared.reactions.reaction import Effect, TryAgain
from shared.telemetry import tracing
from shared.telemetry.jobs import agenda_entry_seconds, agenda_refused
from shared.telemetry.metrics import timed

log = structlog.get_logger()

_BATCH = 100
_LOOK_SECONDS = 0.25
_FORGET_EVERY_SECONDS = 60.0
_FORGET_FOR_SECONDS = 1.0
_LONGEST_PAUSE = timedelta(hours=1)
_DUE = """
select id, stream, action, details, causation_id, correlation_id, traceparent, attempts, at_once
from agenda entry
where done_at is null and due_at <= %s
  and not (at_once and action <> all(%s) and exists (
      select from agenda older
      where older.stream = entry.stream and older.number < entry.number
        and older.at_once and older.attempts > 0 and older.done_at is null
  ))
order by due_at, number
limit %s
"""


class UnknownAction(CannotGoOn):
    """An entry that another release noted, and that waits until a release comes that knows what to do."""


@dataclass(frozen=True)
class _Entry:
    id: UUID
    stream: str
    action: str
    details: str
    causation_id: UUID
    correlation_id: UUID
    traceparent: str | None
    attempts: int
    at_once: bool


class Agenda:
    """Works off one service's agenda. One process leads; the others wait for its lock."""

    def __init__(
        self,
        service: str,
        database: Database,
        codec: Codec,
        commands: Sequence[type[Command[Any]]],
        effects: Sequence[Effect[Any]],
        clock: Clock,
        appended: Callable[[], None],
    ) -> None:
        self._service, self._database, self._codec = service, database, codec
        self._commands: Mapping[str, type[Command[Any]]] = {command.__name__: command for command in commands}
        self._effects = {effect.name: effect for effect in effects}
        self._clock, self._appended = clock, appended

    def run(self, stop: threading.Event, works: Callable[[], None] = lambda: None) -> None:
        """Until `stop`. Raises Unavailable when the database goes away: the worker then begins again."""
        with lead(self._database, "agenda", stop, works) as connection:
            if connection is None:
                return
            listener = Listener(connection, "noted")
            looked_at = float("-inf")
            while not stop.is_set():
                if (began := monotonic()) > looked_at + _FORGET_EVERY_SECONDS:
                    # For a moment only: what is due must not wait for a year's worth of forgetting.
                    self._forget(stop, began + _FORGET_FOR_SECONDS)
                    looked_at = began
                if not self.work(works):
                    listener.wait(_LOOK_SECONDS)

    def _forget(self, stop: threading.Event, until: float) -> None:
        forget_overdue(self._database, self._clock.now(), lambda: stop.is_set() or monotonic() > until)

    def work(self, works: Callable[[], None] = lambda: None) -> int:
        """Takes up to a batch of what is due and waits for nothing, oldest first; how many entries there were.

        `works` is called before the first is tried: effects may be slow.
        """
        with self._database.statement() as db:
            due = db.all(_Entry, _DUE, self._clock.now(), list(self._effects), _BATCH)
        works()
        failed: set[str] = set()  # the streams in which a command failed just now
        for entry in due:
            in_line = entry.at_once and entry.action not in self._effects
            if in_line and entry.stream in failed:
                continue
            with (
                timed(agenda_entry_seconds),
                tracing.work(entry.action, after=entry.traceparent, stream=entry.stream) as trace,
                bound_contextvars(trace_id=trace.trace_id, correlation_id=str(entry.correlation_id)),
            ):
                taken = self._take(entry)
            if in_line and not taken:
                failed.add(entry.stream)
        return len(due)

    def _take(self, entry: _Entry) -> bool:
        """False when it failed."""
        try:
            if entry.action in self._effects:
                self._perform(entry, self._effects[entry.action])
            else:
                self._do(entry, id_of(entry.stream), self._command_of(entry))
        except Unavailable:
            raise
        except Exception as error:
            reason = plain(error)
            log.exception("an entry of the agenda failed", entry=str(entry.id), action=entry.action, reason=reason)
            self._postpone(entry, reason)
            return False
        return True

    def _command_of(self, entry: _Entry) -> Command[Any]:
        if entry.action not in self._commands:
            raise UnknownAction(f"This release does not know {entry.action}: another one noted it.")
        command: Command[Any] = msgspec.json.decode(entry.details, type=self._commands[entry.action])
        return command

    def _perform(self, entry: _Entry, effect: Effect[Any]) -> None:
        """The effect happens outside any transaction: no lock and no transaction id is held while the world is slow."""
        id = UUID(entry.stream)
        try:
            state, _ = Commands(PostgresEventStore(self._database), self._codec).load(effect.aggregate, id)
            command = effect.act(id, state, self._database)
        except TryAgain as error:
            if entry.attempts + 1 < effect.attempts:
                self._postpone(entry, str(error))
                return
            command = effect.give_up(id, str(error))
        self._do(entry, id, command)

    def _do(self, entry: _Entry, id: UUID, command: Command[Any]) -> None:
        """Handles the command and crosses out the entry in one transaction; the append comes first (append.sql)."""
        trace = tracing.current()
        context = Context(
            now=self._clock.now(),
            actor=f"service:{self._service}",
            correlation_id=entry.correlation_id,
            causation_id=entry.causation_id,
            traceparent=trace.traceparent if trace else entry.traceparent,
        )
        while True:
            try:
                with self._database.transaction() as db:
                    Commands(StoreInTransaction(db), self._codec).handle(id, command, context, attempts=1)
                    if not _cross_out(db, entry, context.now, "done"):
                        raise _DoneElsewhere
            except VersionConflict:
                continue
            except _DoneElsewhere:
                return
            except (Refused, NotFound, AlreadyExists) as refusal:
                # A rule may rightly say no by now: the meeting was cancelled, the offer answered.
                with self._database.transaction() as db:
                    crossed_out = _cross_out(db, entry, context.now, f"refused: {refusal}")
                if crossed_out:
                    self._tell_of(refusal, entry)
                return
            self._appended()
            return

    def _tell_of(self, refusal: Exception, entry: _Entry) -> None:
        """By the code: the sentence may say how somebody stands or what she is owed, and logs outlive her key."""
        reason = refusal.code if isinstance(refusal, Refused) else type(refusal).__name__
        log.warning(
            "an entry of the agenda was refused",
            service=self._service,
            action=entry.action,
            stream=entry.stream,
            reason=reason,
        )
        agenda_refused.labels(entry.action).inc()

    def _postpone(self, entry: _Entry, reason: str) -> None:
        pause = min(timedelta(seconds=2 ** min(entry.attempts, 12)), _LONGEST_PAUSE)
        with self._database.transaction() as db:
            db.execute(
                "update agenda set attempts = attempts + 1, last_error = %s, due_at = %s"
                " where id = %s and done_at is null",
                reason[:500],
                self._clock.now() + pause,
                entry.id,
            )


class _DoneElsewhere(Exception):
    """Another process crossed the entry out first, believing to lead: what this one did for it is rolled back."""


def _cross_out(db: Transaction, entry: _Entry, now: datetime, outcome: str) -> bool:
    """False when it was crossed out before."""
    return bool(
        db.execute(
            "update agenda set done_at = %s, outcome = %s where id = %s and done_at is null",
            now,
            outcome[:500],
            entry.id,
        )
    )
