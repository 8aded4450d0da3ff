"""A fresh event store, keyring and notebook for each test of the kernel."""

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from kafka import KafkaAdminClient

from deploy.demo.configuration import SERVICES
from shared.commands.handler import Commands
from shared.database import leadership
from shared.database.pool import Database
from shared.errors import CannotGoOn
from shared.eventstore.postgres import PostgresEventStore
from shared.messages.clock import Clock
from shared.messages.codec import Codec
from shared.messages.decisions import Context
from shared.privacy.keyring import Keyring
from shared.projections.reader import Fenced
from shared.streaming.cloudevents import topic_of
from tests.kernel.line import broker, line, to_kafka  # noqa: F401  # fixtures
from tests.kernel.notebook import EVENTS
from tests.servers import Databases, KafkaServer, emptied, eventually

NewDatabase = Callable[[Callable[[Databases], str]], str]
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def events_url(databases: Databases) -> str:
    return databases.for_events()


@pytest.fixture(scope="session")
def other_url(databases: Databases) -> str:
    return databases.for_events()


@pytest.fixture(scope="session")
def keys_url(databases: Databases) -> str:
    return databases.for_keys()


@pytest.fixture
def database(events_url: str) -> Iterator[Database]:
    """Connections to an event database with no events."""
    yield from _connected(events_url)


@pytest.fixture
def elsewhere(other_url: str) -> Iterator[Database]:
    """Connections to the database of another service."""
    yield from _connected(other_url)


@pytest.fixture
def keys(keys_url: str) -> Iterator[Database]:
    """Connections to a keyring with no keys."""
    yield from _connected(keys_url)


def _connected(url: str) -> Iterator[Database]:
    database = Database(url, application="copse-test")
    emptied(database)
    yield database
    database.close()


@pytest.fixture
def plain_account(database: Database) -> Iterator[str]:
    """The address of `database` for an account that sees its rows and nothing of other accounts."""
    name = f"plain_{uuid4().hex[:8]}"
    url = urlsplit(database.url)
    with database.transaction() as db:
        db.execute(f"create role {name} login password 'plain' in role pg_read_all_data")
    yield url._replace(netloc=f"{name}:plain@{url.hostname}:{url.port}").geturl()
    with database.transaction() as db:
        db.execute(f"drop role {name}")


@pytest.fixture
def store(database: Database) -> PostgresEventStore:
    return PostgresEventStore(database)


@pytest.fixture
def master_key() -> bytes:
    return secrets.token_bytes(32)


@pytest.fixture
def keyring(keys: Database, master_key: bytes) -> Keyring:
    return Keyring(keys, master_key)


@pytest.fixture
def codec(keyring: Keyring) -> Codec:
    """Of the notebook's events."""
    return Codec(EVENTS, seal=keyring.seal, unseal=keyring.unseal)


@pytest.fixture
def commands(store: PostgresEventStore, codec: Codec) -> Commands:
    return Commands(store, codec)


@pytest.fixture
def context() -> Context:
    return Context(now=NOW, actor="account:0190", correlation_id=uuid4())


class TurnedClock(Clock):
    """A clock whose file the test writes."""

    def __init__(self, file: Path) -> None:
        super().__init__(str(file))
        self._written = file

    def turn(self, seconds: float) -> None:
        self._written.write_text(str(seconds))


@pytest.fixture
def clock(tmp_path: Path) -> TurnedClock:
    return TurnedClock(tmp_path / "clock")


class Job(Protocol):
    """What a worker runs in a thread: the relay, the reader, the consumer or the agenda."""

    def run(self, stop: threading.Event) -> None: ...


@dataclass(frozen=True)
class BeginningAgain:
    """A job that begins again when it loses PostgreSQL, Kafka or its place, as the worker lets it."""

    job: Job

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                self.job.run(stop)
            except (CannotGoOn, Fenced):
                stop.wait(0.05)


def forget_topics_of_services(kafka: KafkaServer) -> None:
    """Those of the real services: earlier tests left their records in the Kafka that all tests share."""
    admin = KafkaAdminClient(bootstrap_servers=kafka.address)
    try:
        there = {topic_of(each) for each in SERVICES}
        admin.delete_topics([topic for topic in admin.list_topics() if topic in there])
        eventually(lambda: not there & set(admin.list_topics()), "the topics are gone")
    finally:
        admin.close()


def leader_of(database: Database, job: str) -> int | None:
    """The server process of the session that leads; writers and those who look whether to stand still hold advisory
    locks too."""
    held = (
        "select pid from pg_locks where locktype = 'advisory' and granted"
        " and database = (select oid from pg_database where datname = current_database())"
        " and objsubid = 1 and (classid::bigint << 32) | objid::bigint = %s"
    )
    with database.statement() as db:
        return db.value(int, held, leadership._key(job))


def end_the_leader(database: Database, job: str) -> None:
    """Its connection drops; when nobody leads just now, that of the next."""
    eventually(lambda: leader_of(database, job), f"somebody leads the {job}")
    with database.statement() as db:
        db.value(bool, "select pg_terminate_backend(%s, 5000)", leader_of(database, job))


@contextmanager
def at_work(*jobs: Job, may_end: type[Exception] | tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Runs jobs in threads, as the worker does. What ends one before its time fails the test, but for `may_end`."""
    stop = threading.Event()
    ended: list[BaseException] = []

    def keep(job: Job) -> None:
        try:
            job.run(stop)
        except may_end:
            return
        except BaseException as error:
            ended.append(error)

    threads = [threading.Thread(target=keep, args=(job,), daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    try:
        yield
    except BaseException as error:
        for each in ended:  # what it failed for may be this
            error.add_note(f"a job had ended: {each!r}")
        raise
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=20)
    assert not [thread for thread in threads if thread.is_alive()], "a job does not stop"
    if ended:
        raise ended[0]
