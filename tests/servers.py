"""The real servers that the whole suite shares: one PostgreSQL, one Kafka, and databases by the dozen.

Embedded ones by default (`deploy/embedded`); COPSE_TEST_SERVERS=containers runs the images of production instead.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import psycopg2
from psycopg2 import sql

import shared
from deploy.embedded.kafka import Kafka
from deploy.embedded.ports import free_port
from deploy.embedded.postgres import Postgres
from shared.database.migrate import migrate
from shared.database.pool import Database
from shared.eventstore.postgres import FUNCTIONS

IN_CONTAINERS = os.environ.get("COPSE_TEST_SERVERS") == "containers"
POSTGRES_SETTINGS = {
    # An automatic ANALYZE takes a transaction id, and until it ends no reader of any database of the server goes past
    # it: a test that has just appended and reads at once would now and then miss its own event.
    "autovacuum_analyze_threshold": f"{2**31 - 1}",
}
POSTGRES_IMAGE = "postgres:17"
KAFKA_IMAGE = "apache/kafka:4.3.1"

_SHARED = Path(shared.__path__[0])
_LOOK_AGAIN_SECONDS = 0.01


class PostgresServer(Protocol):
    """A PostgreSQL that answers."""

    def url(self, database: str = "postgres") -> str:
        """The address of one of its databases, for its owner."""


class KafkaServer(Protocol):
    """A Kafka that answers until it is stopped; a stopped one starts again with all its records."""

    @property
    def address(self) -> str:
        """For KAFKA_BOOTSTRAP_SERVERS; the same after every start."""

    def start(self) -> None:
        """Returns when it takes records."""

    def stop(self) -> None: ...


def eventually(holds: Callable[[], object], what: str, seconds: float = 15) -> None:
    """Returns as soon as `holds()`. Fails with `what` when it does not within the limit."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, f"not within {seconds:g} s: {what}"
        time.sleep(_LOOK_AGAIN_SECONDS)


def all_readable(database: Database) -> None:
    """Waits until readers may read every event that is there now.

    Whoever writes anywhere on the server holds them back for a moment: a doorbell, a test's database that is dropped.
    Events of a restored dump to which this server has not counted yet are not waited for.
    """
    with database.statement() as db:
        newest = db.value(
            str,
            "select xid::text from events where xid < (select pg_snapshot_xmax(pg_current_snapshot()))"
            " order by events.xid desc limit 1",
        )

    def below_the_horizon() -> bool:
        with database.statement() as db:
            return bool(db.value(bool, "select %s::xid8 < pg_snapshot_xmin(pg_current_snapshot())", newest))

    if newest:
        eventually(below_the_horizon, "every event is below the horizon of readers")


_EMPTIED = """
do $$
declare each text;
begin
    for each in select nspname from pg_namespace where nspname !~ '^(pg_|public$|information_schema$)' loop
        execute format('drop schema %I cascade', each);
    end loop;
    for each in select tablename from pg_tables where schemaname = 'public' and tablename !~ 'yoyo' loop
        execute format('delete from %I', each);
    end loop;
end $$
"""


def emptied(database: Database) -> None:
    """Forgets what the last test left in a database: quicker than a new one for each test."""
    with database.transaction() as db:
        db.execute(_EMPTIED)


class Databases:
    """Makes databases that nobody used before, as copies of ones that are migrated once."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._numbers = count(1)
        self._templates: dict[str, str] = {}

    def empty(self) -> str:
        """The address of a database with nothing in it."""
        return self._made(f"test_{next(self._numbers)}", None)

    def for_events(self) -> str:
        """The address of one with the event table and all that readers keep."""
        return self._copy("events", [_SHARED / "eventstore/migrations"], FUNCTIONS)

    def for_keys(self) -> str:
        """The address of an empty keyring."""
        return self._copy("keys", [_SHARED / "privacy/migrations"], [])

    def _copy(self, kind: str, folders: list[Path], functions: list[Path]) -> str:
        if kind not in self._templates:
            database = Database(self._made(f"template_{kind}", None), application="tests", size=1)
            migrate(database, folders, functions)
            database.close()
            self._templates[kind] = f"template_{kind}"
        return self._made(f"test_{next(self._numbers)}", self._templates[kind])

    def _made(self, name: str, template: str | None) -> str:
        copied = sql.SQL(" template {}").format(sql.Identifier(template)) if template else sql.SQL("")
        self._run(sql.SQL("create database {}").format(sql.Identifier(name)) + copied)
        return self._server.url(name)

    def drop(self, url: str) -> None:
        """Forgets a database and ends whatever is still connected to it."""
        name = str(psycopg2.extensions.parse_dsn(url)["dbname"])
        self._run(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))

    def _run(self, statement: sql.Composable) -> None:
        connection = psycopg2.connect(self._server.url())
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
        finally:
            connection.close()


@contextmanager
def postgres_server(folder: Path) -> Iterator[PostgresServer]:
    """The PostgreSQL of this run. Raises when it cannot be started: nothing is tested without it."""
    if IN_CONTAINERS:
        _must_have_an_engine()
        with _postgres_container() as server:
            yield server
    else:
        with Postgres(folder, settings=POSTGRES_SETTINGS) as embedded:
            yield embedded


@contextmanager
def kafka_server(folder: Path) -> Iterator[KafkaServer]:
    """The Kafka of this run."""
    if IN_CONTAINERS:
        _must_have_an_engine()
        with _kafka_container() as server:
            yield server
    else:
        with Kafka(folder) as embedded:
            yield embedded


def _must_have_an_engine() -> None:
    from testcontainers.core.docker_client import DockerClient

    try:
        DockerClient().client.ping()
    except Exception as error:
        raise RuntimeError(
            "COPSE_TEST_SERVERS=containers needs a Docker engine, and none answers. Start one, or leave the variable"
            " out to test with embedded servers."
        ) from error


class _PostgresContainer:
    def __init__(self, container: Any) -> None:
        self._container = container

    def url(self, database: str = "postgres") -> str:
        host, port = self._container.get_container_host_ip(), self._container.get_exposed_port(5432)
        return f"postgresql://copse:copse@{host}:{port}/{database}"


@contextmanager
def _postgres_container() -> Iterator[PostgresServer]:
    from testcontainers.community.postgres import PostgresContainer

    container = PostgresContainer(POSTGRES_IMAGE, username="copse", password="copse", dbname="copse")
    container.with_command(["postgres", *(f"-c{name}={value}" for name, value in POSTGRES_SETTINGS.items())])
    with container:
        yield _PostgresContainer(container)


class _KafkaContainer:
    """The port on this machine is chosen beforehand, because the broker must say it to its clients."""

    def __init__(self, container: Any, port: int) -> None:
        self._container, self._port = container, port

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._port}"

    def start(self) -> None:
        self._container.get_wrapped_container().start()
        self.wait_until_ready()

    def stop(self) -> None:
        self._container.get_wrapped_container().stop()

    def wait_until_ready(self) -> None:
        eventually(self._answers, f"Kafka in a container answers on {self.address}", seconds=60)

    def _answers(self) -> bool:
        from kafka import KafkaAdminClient
        from kafka.errors import KafkaError

        try:
            admin = KafkaAdminClient(bootstrap_servers=self.address, bootstrap_timeout_ms=2_000)
        except (KafkaError, OSError):
            return False
        try:
            return bool(admin.describe_cluster()["brokers"])
        except (KafkaError, OSError):
            return False
        finally:
            admin.close()


@contextmanager
def _kafka_container() -> Iterator[KafkaServer]:
    from testcontainers.core.container import DockerContainer

    port = free_port()
    settings = {
        "NODE_ID": "1",
        "PROCESS_ROLES": "broker,controller",
        "LISTENERS": f"PLAINTEXT://:{port},CONTROLLER://:9093",
        "ADVERTISED_LISTENERS": f"PLAINTEXT://127.0.0.1:{port}",
        "CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "LOG_DIRS": "/var/lib/kafka/data",
        "OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "OFFSETS_TOPIC_NUM_PARTITIONS": "4",
        "AUTO_CREATE_TOPICS_ENABLE": "false",
        "GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "BROKER_SESSION_TIMEOUT_MS": "3000",
        "BROKER_HEARTBEAT_INTERVAL_MS": "500",
    }
    # It writes its configuration at each start; 1000 is the image's user (as in docker-compose.yml).
    container = DockerContainer(KAFKA_IMAGE).with_bind_ports(port, port)
    container = container.with_tmpfs_mount("/opt/kafka/config", "uid=1000")
    for name, value in settings.items():
        container = container.with_env(f"KAFKA_{name}", value)
    with container:
        server = _KafkaContainer(container, port)
        server.wait_until_ready()
        yield server
