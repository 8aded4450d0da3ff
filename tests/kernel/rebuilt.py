"""A service whose read model is made from its own notebooks and from those of another, with Kafka between them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import msgspec

from shared.commands.handler import Commands
from shared.database.pool import Database, Transaction
from shared.eventstore.postgres import PostgresEventStore
from shared.messages.codec import Codec
from shared.messages.decisions import Context
from shared.messages.recorded import Recorded
from shared.projections.copies import live_places
from shared.projections.projection import Projection, make_tables
from shared.projections.reader import Reader, cursor_of
from shared.streaming.broker import Broker
from shared.streaming.builder import Builder
from shared.streaming.cloudevents import topic_of
from shared.streaming.consumer import Consumer
from shared.streaming.rebuilding import Rebuilding
from shared.streaming.relay import Relay
from tests.kernel.conftest import BeginningAgain, Job, at_work
from tests.kernel.notebook import Append, LineWritten, NotebookOpened, Open
from tests.servers import eventually

TABLES = Path(__file__).with_name("shelf.sql")
_PACE_SECONDS = 0.02


def shelf_projection(name: str = "shelf", version: int = 1, shout: bool = False, tables: Path = TABLES) -> Projection:
    """Counts, so that an event told twice or never shows. `shout` writes texts in capitals: another version's rows."""
    shelf = Projection(name, version=version, tables=tables)

    @shelf.on(NotebookOpened)
    def _(event: NotebookOpened, recorded: Recorded, db: Transaction) -> None:
        db.write(
            "insert into shelf (notebook, title, neighbours) select %s, %s, count(*) from shelf where title = %s",
            recorded.id,
            event.title,
            event.title,
        )

    @shelf.on(LineWritten)
    def _(event: LineWritten, recorded: Recorded, db: Transaction) -> None:
        text = event.text.upper() if shout else event.text
        db.write(
            "insert into shelf_lines (notebook, version, text) values (%s, %s, %s)",
            recorded.id,
            recorded.version,
            text,
        )
        moved = db.execute(
            "update shelf set lines = lines + 1, letters = letters + %s, last = %s where notebook = %s",
            len(text),
            msgspec.json.encode({"text": text}).decode(),
            recorded.id,
        )
        assert moved == 1, "a line came before its notebook"

    return shelf


@dataclass
class World:
    """The service under test (`home`) and another that it reads (`abroad`)."""

    home: Database
    abroad: Database
    broker: Broker
    codec: Codec
    contract: Codec
    context: Context
    shelf: Projection = field(default_factory=shelf_projection)
    service: str = field(default_factory=lambda: f"home-{uuid4().hex[:8]}")
    other: str = field(default_factory=lambda: f"abroad-{uuid4().hex[:8]}")

    @property
    def topic(self) -> str:
        return topic_of(self.other)

    @property
    def contracts(self) -> dict[str, Codec]:
        return {self.other: self.contract}

    def write(self, database: Database, notebook: UUID, *texts: str, title: str | None = None) -> None:
        """Opens a notebook (with a title) or writes lines."""
        commands = Commands(PostgresEventStore(database), self.codec)
        if title:
            commands.handle(notebook, Open(title=title), self._now())
        for text in texts:
            commands.handle(notebook, Append(text=text), self._now(), attempts=1000)

    def _now(self) -> Context:
        return replace(self.context, now=datetime.now(UTC))

    def make(self) -> None:
        make_tables(self.shelf, self.home, [self.topic])

    def reader(self, *projections: Projection) -> Reader:
        return Reader(self.home, self.codec, projections or [self.shelf])

    def consumer(self, *projections: Projection) -> Consumer:
        return Consumer(self.service, self.home, self.broker, self.contracts, projections or [self.shelf])

    def builder(self, *projections: Projection) -> Builder:
        return Builder(projections or [self.shelf], self.home, self.broker, self.codec, self.contracts)

    def rebuilding(self, projection: Projection | None = None) -> Rebuilding:
        return Rebuilding(projection or self.shelf, self.home, self.broker, self.codec, self.contracts)

    @contextmanager
    def worker(self, *projections: Projection) -> Iterator[None]:
        """What tells the projections of events, here and from abroad."""
        relay = Relay(self.other, self.abroad, self.broker)
        jobs: list[Job] = [relay, self.reader(*projections), self.consumer(*projections)]
        with at_work(*(BeginningAgain(job) for job in jobs)):
            yield

    @contextmanager
    def traffic(self, writers: int = 2) -> Iterator[Callable[[], int]]:
        """Writers who go on at home and abroad until this ends. Gives how much each has written at least.

        They take breath between two notebooks: what they write must be told in the end, on one core too."""
        stop, written = threading.Event(), [0] * (2 * writers)

        def keep_writing(nth: int, database: Database) -> None:
            while not stop.is_set():
                notebook = uuid4()
                self.write(database, notebook, *(f"{nth}.{line}" for line in range(4)), title=f"busy {notebook}")
                written[nth] += 5
                stop.wait(_PACE_SECONDS)

        targets = [self.home, self.abroad] * writers
        threads = [threading.Thread(target=keep_writing, args=(nth, each)) for nth, each in enumerate(targets)]
        for thread in threads:
            thread.start()
        try:
            yield lambda: min(written)
        finally:
            stop.set()
            for thread in threads:
                thread.join()

    def lines(self, table: str = "shelf") -> list[str]:
        with self.home.transaction() as db:
            return db.all(str, f"select text from {table}.shelf_lines order by notebook, version")

    def all_told(self) -> None:
        """Waits until the projection was told of every event there is, no more and no less."""
        with self.home.transaction() as here, self.abroad.transaction() as there:
            count = "select count(*) from events where type = 'line-written'"
            expected = (here.value(int, count) or 0) + (there.value(int, count) or 0)
        try:
            eventually(lambda: len(self.lines()) >= expected, f"all {expected} lines are told", seconds=90)
        except AssertionError as error:
            with self.home.transaction() as here, self.abroad.transaction() as there:
                state = {
                    "relay": cursor_of(self.abroad, "relay"),
                    "sent": PostgresEventStore(self.abroad).newest(),
                    "stored": there.value(str, "select max((xid, position)::text) from events"),
                    "positions": self.positions(),
                    "failures": here.all(str, "select name || ': ' || failure from readers where failure is not null"),
                    "places": here.all(str, "select p::text from projection_places p"),
                    "running": here.all(
                        str,
                        "select datname || ' ' || state || ' ' || coalesce(backend_xid::text, '-') || ' ' || query"
                        " from pg_stat_activity where datname is not null",
                    ),
                }
            raise AssertionError(f"{error}: {state}") from error
        assert len(self.lines()) == expected

    def positions(self) -> dict[int, int]:
        """How far the consumer has come in each partition of the topic."""
        with self.home.transaction() as db:
            return {partition: at for (_, partition), at in live_places(db, "shelf", [self.topic]).foreign.items()}

    def in_use(self) -> int | None:
        with self.home.transaction() as db:
            return db.value(int, "select version from projections where name = 'shelf'")

    def schemas(self) -> set[str]:
        with self.home.transaction() as db:
            return set(db.all(str, "select nspname::text from pg_namespace where nspname ~ '^shelf'"))

    def waits(self, statement: str) -> bool:
        """Whether some session waits for a lock with a statement that begins so, perhaps behind its transaction."""
        with self.home.transaction() as db:
            waiting = (
                "select query from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
            )
            return any(query.removeprefix("begin;").startswith(statement) for query in db.all(str, waiting))
