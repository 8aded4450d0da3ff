"""A reaction that is new to a database: what happened before is no business of its own, unless it says so."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from shared.commands.handler import Commands
from shared.database.pool import Database
from shared.eventstore.postgres import PostgresEventStore, StoreInTransaction
from shared.messages.codec import Codec
from shared.messages.decisions import Context
from shared.messages.recorded import BEGINNING
from shared.projections.reader import Reader, begin_reading, cursor_of
from shared.reactions.reaction import Do, Reaction
from tests.kernel.house import compose, copse, known_to_copse
from tests.kernel.notebook import Append, Notebook, NotebookOpened, Open
from tests.servers import KafkaServer, all_readable

ONE, TWO, THREE = UUID(int=1), UUID(int=2), UUID(int=3)


class Past:
    """A database in which ONE was opened before any of the reactions was there."""

    def __init__(self, database: Database, codec: Codec, context: Context) -> None:
        self.database, self.codec, self.context = database, codec, context
        self.open(ONE)
        all_readable(database)

    def open(self, id: UUID) -> None:
        Commands(PostgresEventStore(self.database), self.codec).handle(id, Open(title="Tuesday"), self.context)

    def react(self, reaction: Reaction) -> None:
        all_readable(self.database)
        Reader(self.database, self.codec, [reaction]).advance_all()

    def welcomed(self) -> list[str]:
        with self.database.statement() as db:
            return db.all(str, "select stream from agenda order by number")


@pytest.fixture
def past(database: Database, codec: Codec, context: Context) -> Past:
    return Past(database, codec, context)


def welcoming(name: str = "welcoming", *, from_the_beginning: bool = False) -> Reaction:
    reaction = Reaction(name, from_the_beginning=from_the_beginning)
    reaction.on(NotebookOpened)(lambda _event, recorded, _db: [Do(recorded.id, Append(text="welcome"))])
    return reaction


def streams(*ids: UUID) -> list[str]:
    return [Notebook.stream(each) for each in ids]


def test_does_nothing_about_the_past(past: Past) -> None:
    past.react(welcoming())
    assert past.welcomed() == []
    past.open(TWO)
    past.react(welcoming())
    assert past.welcomed() == streams(TWO)


def test_is_told_of_the_past_when_it_says_so(past: Past) -> None:
    past.open(TWO)
    past.react(welcoming(from_the_beginning=True))
    assert past.welcomed() == streams(ONE, TWO)


def test_under_another_name_does_nothing_again(past: Past) -> None:
    past.react(welcoming("before", from_the_beginning=True))
    past.react(welcoming("after"))
    assert past.welcomed() == streams(ONE)


def test_keeps_its_place_when_the_next_release_is_migrated(past: Past) -> None:
    begin_reading(past.database, [welcoming()])
    past.open(TWO)
    all_readable(past.database)
    begin_reading(past.database, [welcoming()])
    past.react(welcoming())
    assert past.welcomed() == streams(TWO)


def test_misses_nothing_that_was_not_committed_yet_when_it_began(past: Past) -> None:
    with past.database.transaction() as slow:
        commands = Commands(StoreInTransaction(slow), past.codec)
        commands.handle(TWO, Open(title="slow"), past.context, attempts=1)
        past.open(THREE)
        begin_reading(past.database, [welcoming()])
    past.react(welcoming())
    assert past.welcomed() == streams(TWO, THREE)


@pytest.fixture
def migrate(
    database: Database,
    keys: Database,
    kafka: KafkaServer,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Callable[[], None]:
    """`copse migrate` of a release that has the reaction."""
    monkeypatch.setenv("KEYRING_DATABASE_URL", keys.url)
    monkeypatch.setenv("KEYRING_MASTER_KEY", "A" * 43 + "=")
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka.address)
    monkeypatch.setenv("OIDC_ISSUER", "http://127.0.0.1:1")
    service = compose("gardens_new", tmp_path, aggregates=[Notebook], reactions=[welcoming()])
    known_to_copse(monkeypatch, service, database.url)

    def run() -> None:
        told = copse("migrate", "gardens_new")
        assert told.exit_code == 0, told.output

    return run


def test_misses_nothing_between_the_migration_of_a_new_database_and_its_first_look(
    migrate: Callable[[], None], database: Database, codec: Codec, context: Context
) -> None:
    """People come as soon as web is there, which may be before the worker is."""
    migrate()
    past = Past(database, codec, context)
    past.react(welcoming())
    assert past.welcomed() == streams(ONE)


def test_misses_nothing_between_the_migration_of_an_old_database_and_its_first_look(
    past: Past, migrate: Callable[[], None]
) -> None:
    migrate()
    assert cursor_of(past.database, "welcoming") > BEGINNING
    past.open(TWO)
    past.react(welcoming())
    assert past.welcomed() == streams(TWO)
