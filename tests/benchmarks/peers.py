"""The peers: message-db's SQL functions and pyeventsourcing in its default mode, each as its makers ship it.

message-db comes from the npm registry at the first run, its archive checked against the hash below; nothing of it is
kept in this repository. pyeventsourcing is in deploy/requirements/benchmarks.txt.
"""

import base64
import hashlib
import subprocess
import tarfile
from pathlib import Path
from uuid import UUID, uuid4

import psycopg2
from psycopg2.extensions import parse_dsn

from deploy.embedded.assets import Node
from deploy.embedded.environment import CannotInstall
from deploy.embedded.places import STATE
from tests.benchmarks.clients import Act
from tests.benchmarks.payload import DATA, EVENT_TYPE, EVENTS_OF_A_STREAM, METADATA_JSON

MESSAGE_DB = "message-db 1.3.1"
_ARCHIVE = "@eventide/message-db@1.3.1"
_SHA512 = "n3hdE5YAZNXTr2HK9gG0GJ6dusgdE544LTvS+21/yOEHBvNuUzNmXXw5vS05vpe6RSuhzTRy5Wg0q7c1VfJg+A=="
_FOLDER = STATE / "message-db-1.3.1"
# Their order in message-db's own install.sh. Its pgcrypto is left out: since version 13 PostgreSQL itself has the one
# function that is taken from it, and a small PostgreSQL may come without the extension.
_FUNCTIONS = (
    *("types/message", "functions/message-store-version", "functions/hash-64", "functions/acquire-lock"),
    *("functions/category", "functions/is-category", "functions/id", "functions/cardinal-id"),
    *("functions/stream-version", "functions/write-message"),
)
_INDEXES = ("indexes/messages-id", "indexes/messages-stream", "indexes/messages-category")


def install_message_db(url: str) -> None:
    """Makes message-db's table and functions in an empty database. Raises CannotInstall when it cannot be had."""
    sql = _message_db_sql()
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute("set client_min_messages to warning")
            for each in ("schema/message-store", "tables/messages", *_FUNCTIONS, *_INDEXES):
                cursor.execute("create schema if not exists message_store; set search_path to message_store, public")
                cursor.execute((sql / f"{each}.sql").read_text())
    finally:
        connection.close()


def message_db_writer(url: str) -> Act:
    """One `write_message` with the version that is expected, in one round trip: as its clients call it."""
    connection = psycopg2.connect(url, options="-c search_path=message_store,public")
    connection.autocommit = True
    cursor = connection.cursor()
    stream, version = "", EVENTS_OF_A_STREAM - 2

    def write() -> None:
        nonlocal stream, version
        version += 1
        if version == EVENTS_OF_A_STREAM - 1:
            stream, version = f"notebook-{uuid4()}", -1
        cursor.execute(
            "select write_message(%s, %s, %s, %s::jsonb, %s::jsonb, %s)",
            (str(uuid4()), stream, EVENT_TYPE, DATA, METADATA_JSON, version),
        )

    return write


def eventsourcing_name() -> str:
    """Its name with the version that is installed. Raises ImportError."""
    from importlib.metadata import version

    return f"pyeventsourcing {version('eventsourcing')}"


def eventsourcing_recorder(url: str, make_tables: bool = False) -> Act:
    """One event through pyeventsourcing's recorder, as `Application.save` calls it: its default mode locks the table.

    `make_tables` is for one process before all others: eight at once trip over each other.
    """
    from eventsourcing.persistence import InfrastructureFactory, StoredEvent
    from eventsourcing.utils import Environment

    recorder = InfrastructureFactory.construct(
        Environment("Notebooks", _settings(url, make_tables))
    ).application_recorder()
    state = (DATA + METADATA_JSON).encode()
    stream, version = UUID(int=0), EVENTS_OF_A_STREAM

    def insert() -> None:
        nonlocal stream, version
        version += 1
        if version > EVENTS_OF_A_STREAM:
            stream, version = uuid4(), 1
        recorder.insert_events([StoredEvent(stream, version, EVENT_TYPE, state)])

    return insert


def eventsourcing_application(url: str, make_tables: bool = False) -> Act:
    """One command of a pyeventsourcing application: load the aggregate, let it change, save it."""
    from eventsourcing.application import Application
    from eventsourcing.domain import Aggregate, event

    class Notebook(Aggregate):
        @event("Opened")
        def __init__(self) -> None:
            self.lines: list[str] = []

        @event("LineWritten")
        def write(self, text: str) -> None:
            self.lines.append(text)

    application: Application[UUID] = Application(_settings(url, make_tables))
    notebook, lines = UUID(int=0), EVENTS_OF_A_STREAM

    def command() -> None:
        nonlocal notebook, lines
        if lines == EVENTS_OF_A_STREAM:
            opened, lines = Notebook(), 1
            application.save(opened)
            notebook = opened.id
        else:
            found: Notebook = application.repository.get(notebook)
            found.write(DATA)
            application.save(found)
            lines += 1

    return command


def _settings(url: str, make_tables: bool) -> dict[str, str]:
    """Everything else is as it comes; the pool holds one connection, because each client is one process."""
    parts = parse_dsn(url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": parts["dbname"],
        "POSTGRES_HOST": parts["host"],
        "POSTGRES_PORT": parts["port"],
        "POSTGRES_USER": parts["user"],
        "POSTGRES_PASSWORD": parts["password"],
        "POSTGRES_POOL_SIZE": "1",
        "CREATE_TABLE": "y" if make_tables else "n",
    }


def _message_db_sql() -> Path:
    if not (_FOLDER / "database").exists():
        _FOLDER.mkdir(parents=True, exist_ok=True)
        node = Node.find()
        words = [str(node.npm), "pack", _ARCHIVE, "--silent", "--pack-destination", str(_FOLDER)]
        done = subprocess.run(words, capture_output=True, text=True, cwd=_FOLDER, stdin=subprocess.DEVNULL)
        archives = list(_FOLDER.glob("*.tgz"))
        if done.returncode or len(archives) != 1:
            raise CannotInstall(f"npm could not fetch {_ARCHIVE}: {done.stderr.strip()[-300:]}")
        content = archives[0].read_bytes()
        if base64.b64encode(hashlib.sha512(content).digest()).decode() != _SHA512:
            archives[0].unlink()
            raise CannotInstall(f"{_ARCHIVE} arrived with another SHA-512 than the one that is pinned here")
        with tarfile.open(archives[0]) as archive:
            for member in archive.getmembers():
                if member.isfile() and member.name.endswith(".sql") and ".." not in member.name:
                    target = _FOLDER / Path(member.name).relative_to("package")
                    target.parent.mkdir(parents=True, exist_ok=True)
                    file = archive.extractfile(member)
                    assert file is not None
                    target.write_bytes(file.read())
    return _FOLDER / "database"
