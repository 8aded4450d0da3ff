"""Two services with a log between them, each process of which can be killed or frozen at any step.

`notebooks` writes; `readers` keeps their lines and copies each, by a reaction, into a notebook of its own.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event as Stop
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID, uuid5

import pytest
from kafka import TopicPartition

from shared.commands.handler import AlreadyExists, Commands
from shared.database.pool import Database, Transaction, Unavailable
from shared.dead_letters import letters
from shared.dead_letters.breaker import Policy
from shared.dead_letters.letters import Holder
from shared.dead_letters.mending import Mending, NoSuchLetter
from shared.eventstore.postgres import PostgresEventStore, StoreInTransaction
from shared.eventstore.store import AlreadyAnswered, NewEvent, Request, Write
from shared.messages.clock import Clock
from shared.messages.codec import Codec
from shared.messages.decisions import Context, Refused
from shared.messages.recorded import BEGINNING, Metadata, Position, Recorded, Stored
from shared.operations.topics import refill
from shared.operations.watched import Watched
from shared.projections.projection import Projection, make_tables
from shared.projections.reader import Fenced, Reader, cursor_of
from shared.reactions.agenda import Agenda
from shared.reactions.reaction import Do, Reaction, Step
from shared.streaming.broker import BrokerUnavailable
from shared.streaming.cloudevents import Malformed, Received, topic_of
from shared.streaming.consumer import Consumer
from shared.streaming.past import CannotRebuild
from shared.streaming.rebuilding import Rebuilding
from shared.streaming.relay import CannotPublish, Relay
from shared.streaming.telling import Telling
from tests.kernel.log import PARTITIONS, InMemory, Log, Outcome, Poll
from tests.kernel.machines.processes import Fate, Killed, Mortal
from tests.kernel.notebook import EVENTS, Append, LineWritten, Notebook, NotebookOpened, Open
from tests.servers import emptied

WRITES, READS = "notebooks", "readers"
TOPIC = topic_of(WRITES)
FOREIGN = [UUID(int=nth) for nth in range(1, 4)]
SLOW = UUID(int=9)  # written to by transactions that stay open for long
TABLES = Path(__file__).with_name("pages.sql")
BEGUN = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
WET, LATER = "wet", "later"
ENDS = (Killed, Unavailable, BrokerUnavailable, CannotPublish, Fenced)
"""What a worker survives: it begins again, as does a killed process."""


def nothing() -> None:
    """Nobody does anything meanwhile."""


class Turned(Clock):
    """A clock that stands still until it is turned, to and fro."""

    def __init__(self) -> None:
        self.at = BEGUN

    def now(self) -> datetime:
        return self.at


def copy_of(notebook: UUID) -> UUID:
    """The notebook of `readers` into which the lines of a foreign one are copied."""
    return uuid5(notebook, "copy")


OWN = {copy_of(each): each for each in (*FOREIGN, SLOW)}


@dataclass
class House:
    """Both services, what was acknowledged to those who wrote, and what is known of faults."""

    writing: Database
    reading: Database
    log: Log = field(default_factory=Log)
    clock: Turned = field(default_factory=Turned)
    acknowledged: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    wet: bool = True
    illiterate: bool = False
    slow: list[Any] = field(default_factory=list)
    requests: int = 0
    refilling: bool = False
    reached: dict[int, tuple[int, int]] = field(default_factory=dict)
    """By partition the filling and the place in it that the consumer may not fall behind."""
    relayed_once: Position = BEGINNING  # what the relay may not fall behind

    def __post_init__(self) -> None:
        for each in (self.writing, self.reading):
            emptied(each)
        self.codec = Codec(EVENTS, seal=_as_it_is, unseal=lambda text, _: text)
        self.contract = Codec(EVENTS, seal=_as_it_is, unseal=lambda text, _: text, lenient=True)
        self.pages = self._pages()
        self.copying = _copying()
        self.subscribers: list[Any] = [self.pages, self.copying]
        make_tables(self.pages, self.reading, [TOPIC])

    def _pages(self) -> Projection:
        pages = Projection("pages", version=1, tables=TABLES)

        @pages.on(LineWritten)
        def _(event: LineWritten, recorded: Recorded, db: Transaction) -> None:
            db.execute(
                "insert into pages select %s, %s, %s, count(*) from pages where notebook = %s",
                recorded.id,
                recorded.version,
                event.text,
                recorded.id,
            )
            if event.text.startswith(WET) and self.wet and recorded.id not in OWN:
                raise ValueError(WET)

        return pages

    # -- what each process does

    def context(self) -> Context:
        return Context(now=self.clock.now(), actor="member:0190", correlation_id=UUID(int=7))

    def write(
        self, notebook: UUID, kind: str = "line", fate: Fate | None = None, meanwhile: Callable[[], None] = nothing
    ) -> None:
        """One request with a key, sent again until it is answered, as a client does that got no answer."""
        self.requests += 1
        text = f"{kind} {self.requests}"
        request = Request("member:0190", text, "f", "{}")

        def ask(database: Database) -> None:
            commands = Commands(PostgresEventStore(database), self.codec)
            _, version = commands.load(Notebook, notebook)
            command = Append(text=text) if version else Open(title=text)
            commands.handle(notebook, command, self.context(), request=lambda _: request)

        try:
            ask(Mortal(self.writing, fate, meanwhile))
        except (Killed, AlreadyExists):  # it died, or another opened the notebook while it was frozen
            with suppress(AlreadyAnswered):
                ask(self.writing)
        with pytest.raises(AlreadyAnswered):
            ask(self.writing)
        self.acknowledged[Notebook.stream(notebook)].append(text)

    def publish(
        self, outcomes: Sequence[Outcome] = (), fate: Fate | None = None, meanwhile: Callable[[], None] = nothing
    ) -> None:
        """A relay from its start until everything is published, or to its kill; nothing while another leads."""
        if self.refilling:
            return  # as the guide says: the relay is stopped until the topic may be refilled
        stop = Stop()
        process = Mortal(self.writing, fate, meanwhile)
        relay = Relay(WRITES, process, InMemory(log=self.log, outcomes=outcomes, step=process.sending))
        with suppress(*ENDS):
            relay.run(stop, works=stop.set)
        if not self.log.shortened:
            self.relayed_once = self.relayed()  # also when another, who sleeps, began before it

    def publish_without_the_lead(
        self, outcomes: Sequence[Outcome], fate: Fate | None, meanwhile: Callable[[], None]
    ) -> None:
        """One batch by a process whose lock is worth nothing: compare-and-set alone must then keep the cursor."""
        process = Mortal(self.writing, fate, meanwhile)
        broker = InMemory(log=self.log, outcomes=outcomes, step=process.sending)
        with suppress(*ENDS), broker.producer() as producer:
            Relay(WRITES, process, broker).publish(producer)

    def consume(
        self, script: Sequence[Poll], fate: Fate | None = None, meanwhile: Callable[[], None] = nothing
    ) -> None:
        """A member of the group from its start to its end, or to its kill."""
        stop = Stop()
        broker = InMemory(log=self.log, script=script, finished=stop.set)
        consumer = Consumer(
            READS,
            Mortal(self.reading, fate, meanwhile),
            broker,
            {WRITES: self.contract},
            self.subscribers,
            policy=Policy(longest_run=1000, fewest=1000, pause_seconds=0),
        )
        try:
            consumer.run(cast(Stop, _Until(stop)))
        except ENDS:
            return

    def read(self, fate: Fate | None = None, meanwhile: Callable[[], None] = nothing) -> int:
        """A batch of its own events for each subscriber of `readers`."""
        try:
            return Reader(Mortal(self.reading, fate, meanwhile), self.codec, self.subscribers).advance_all()
        except ENDS:
            return 0

    def work(self, fate: Fate | None = None, meanwhile: Callable[[], None] = nothing) -> int:
        """The agenda of `readers`. One that is illiterate can open notebooks and write nothing."""
        known = [Open] if self.illiterate else [Open, Append]
        agenda = Agenda(READS, Mortal(self.reading, fate, meanwhile), self.codec, known, [], self.clock, lambda: None)
        try:
            return agenda.work()
        except ENDS:
            return 0

    def rebuilding(self, fate: Fate | None = None, meanwhile: Callable[[], None] = nothing) -> Rebuilding:
        database = Mortal(self.reading, fate, meanwhile)
        return Rebuilding(self.pages, database, InMemory(log=self.log), self.codec, {WRITES: self.contract})

    def rebuild(
        self,
        what: Callable[[Rebuilding], object] = Rebuilding.rebuild,
        fate: Fate | None = None,
        meanwhile: Callable[[], None] = nothing,
    ) -> bool:
        try:
            what(self.rebuilding(fate, meanwhile))
        except (*ENDS, CannotRebuild):
            return False
        return True

    def mending(self, fate: Fate | None = None, meanwhile: Callable[[], None] = nothing) -> Mending:
        telling = Telling({WRITES: self.contract}, self.subscribers)
        return Mending(telling, Mortal(self.reading, fate, meanwhile), wait=lambda _: None)

    def mend(self, nth: int, *, skip: bool, fate: Fate | None = None, meanwhile: Callable[[], None] = nothing) -> None:
        """Retries or skips what holds one of the streams."""
        holders = self.holders()
        if not holders:
            return
        letter = holders[nth % len(holders)].id
        mending = self.mending(fate, meanwhile)
        try:
            mending.skip(letter, "operator", "a machine said so") if skip else mending.retry(letter)
        except (*ENDS, NoSuchLetter, Refused):
            return

    def holders(self) -> list[Holder]:
        with self.reading.transaction() as db:
            return letters.holders(db)

    def begin_slow_write(self) -> None:
        """A transaction that has its id, and its events, long before it commits."""
        opened = self.writing.transaction()
        db = opened.__enter__()
        stored = StoreInTransaction(db).read(Notebook.stream(SLOW))
        text = f"slow {len(stored)}"
        event = LineWritten(text=text) if stored else NotebookOpened(title=text)
        made = NewEvent(UUID(int=10_000 + len(stored)), *self.codec.encode(event, UUID(int=0), Notebook.stream(SLOW)))
        StoreInTransaction(db).append(
            [Write(Notebook.stream(SLOW), len(stored), (made,))], Metadata.of(self.context()), self.clock.now()
        )
        self.slow = [opened, text]

    def end_slow_write(self) -> None:
        opened, text = self.slow
        opened.__exit__(None, None, None)
        self.acknowledged[Notebook.stream(SLOW)].append(text)
        self.slow = []

    def turn(self, hours: int) -> None:
        self.clock.at += timedelta(hours=hours)

    def come_to_rest(self) -> None:
        """All goes well from here on: what was broken is mended, and everybody works until nothing is left to do."""
        if self.slow:
            self.end_slow_write()
        if self.refilling:
            self.refill()
        self.wet = self.illiterate = False
        self.clock.at = max(self.clock.at, BEGUN) + timedelta(days=1000)
        for _ in range(100):
            before = self._places()
            self.publish()
            self.consume([Poll(frozenset(range(PARTITIONS)), 500)] * 2)
            for holder in self.holders():
                self.mending().retry(holder.id)
            for holder in self.holders():  # what still fails now is malformed
                assert holder.version is None, holder.reason
                self.mending().skip(holder.id, "operator", "malformed")
            self.read()
            self.work()
            if self._places() == before:
                return
        raise AssertionError("it never comes to rest")

    def _places(self) -> list[str]:
        with self.reading.transaction() as here, self.writing.transaction() as there:
            return [
                *there.all(str, "select readers::text from readers"),
                *here.all(str, "select name || xid::text || position from readers"),
                *here.all(str, "select c::text from consumer_positions c"),
                *here.all(str, "select count(*)::text from agenda where done_at is null"),
                *here.all(str, "select count(*)::text from dead_letters"),
                *here.all(str, "select count(*)::text from events"),
            ]

    def close(self) -> None:
        if self.slow:
            self.end_slow_write()

    def put(self, partition: int, key: bytes | None, headers: list[tuple[str, bytes]], value: bytes | None) -> None:
        """A record that no relay sent, but one has noted: what none has noted is missed by nobody when it is lost."""
        self.log.append(TopicPartition(TOPIC, partition), key, value, headers)
        self.publish()

    def read_again(self, share: float) -> None:
        """Sets the consumer back to a part of where it is, as a restored backup of its position would."""
        self.reached = {}
        with self.reading.transaction() as db:
            db.execute("update consumer_positions set next_offset = floor(next_offset * %s)::bigint", share)

    def lose_broker(self) -> None:
        self.log.keep(0)
        self.refilling = True

    def refill(self) -> None:
        """`copse topics refill`, on this log."""
        writing = self._watched(WRITES, Mortal(self.writing))
        refill(writing, InMemory(log=self.log), [self._watched(READS, self.reading)])
        self.refilling = False
        self.reached = {}
        self.relayed_once = BEGINNING

    def lose_records(self, share: float) -> None:
        """The topic is shorter, or empty: relay and consumer must see it by themselves, however late they look."""
        self.log.keep(share)

    def _watched(self, name: str, database: Database) -> Watched:
        service = SimpleNamespace(name=name, confined=frozenset())  # no more is asked of it
        return Watched(cast(Any, service), database)

    # -- what is there

    def stored(self) -> list[Stored]:
        return PostgresEventStore(self.writing).read_all(BEGINNING, 10_000)

    def in_log(self, partition: int) -> list[Stored | None]:
        found: list[Stored | None] = []
        for record in cast(list[Received], self.log.records(TopicPartition(TOPIC, partition))):
            try:
                found.append(Telling({WRITES: self.contract}, []).read(TOPIC, record))
            except Malformed:
                found.append(None)
        return found

    def copies(self) -> list[Stored]:
        return PostgresEventStore(self.reading).read_all(BEGINNING, 10_000)

    def unpublished(self, most: int) -> list[Stored]:
        return PostgresEventStore(self.writing).read_all(self.relayed(), most)

    def relayed(self) -> Position:
        return cursor_of(self.writing, "relay")


class _Until(Stop):
    """Stops a loop after the last poll; a pause in it takes no time."""

    def __init__(self, stop: Stop) -> None:
        super().__init__()
        self._stop = stop

    def is_set(self) -> bool:
        return self._stop.is_set()

    def wait(self, timeout: float | None = None) -> bool:  # noqa: ARG002
        return self._stop.is_set()


def _as_it_is(_: UUID, text: str, __: str) -> str:
    return text


def _copying() -> Reaction:
    copying = Reaction("copying")

    @copying.on(NotebookOpened)
    def _(event: NotebookOpened, recorded: Recorded, db: Transaction) -> Iterable[Step]:
        return [] if recorded.id in OWN else [Do(copy_of(recorded.id), Open(title=event.title))]

    @copying.on(LineWritten)
    def _(event: LineWritten, recorded: Recorded, db: Transaction) -> Iterable[Step]:
        if recorded.id in OWN:
            return []
        at = recorded.recorded_at + timedelta(days=1) if event.text.startswith(LATER) else None
        return [Do(copy_of(recorded.id), Append(text=str(recorded.version)), at=at)]

    return copying
