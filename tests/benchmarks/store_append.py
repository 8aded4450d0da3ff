"""How many events a second the store takes: eight processes, one event each time, beside two peers in turns.

All three write the same 600 bytes and the same metadata to streams of ten events, with the version that they expect,
through one connection for each process, to one server with synchronous commits. message-db is called through psycopg2
as the store is; pyeventsourcing brings its own driver (psycopg 3).
"""

from collections.abc import Iterator
from contextlib import ExitStack
from uuid import UUID

from deploy.embedded.environment import CannotInstall
from shared.commands.handler import Commands
from shared.database.pool import Database
from shared.eventstore.doorbell import Doorbell
from shared.eventstore.postgres import PostgresEventStore
from shared.eventstore.store import NewEvent, Write
from shared.messages.codec import Codec
from shared.messages.ids import uuid7
from tests.benchmarks import peers
from tests.benchmarks.bench import Bench
from tests.benchmarks.clients import Act, Fleet
from tests.benchmarks.harness import Peer, Row, at_least, times_peer
from tests.benchmarks.payload import CONTEXT, DATA, EVENT_TYPE, EVENTS_OF_A_STREAM, METADATA, TEXT
from tests.kernel.notebook import EVENTS, Append, Open

CLIENTS = 8
SECONDS = 4.0


def store_writer(url: str) -> Act:
    """One event through the event store, with the version that is expected."""
    store = PostgresEventStore(Database(url, application="copse-bench", size=1))
    stream, version = "", EVENTS_OF_A_STREAM

    def append() -> None:
        nonlocal stream, version
        if version == EVENTS_OF_A_STREAM:
            stream, version = f"notebook-{uuid7()}", 0
        store.append([Write(stream, version, (NewEvent(uuid7(), EVENT_TYPE, 1, DATA),))], METADATA, CONTEXT.now)
        version += 1

    return append


def commander(url: str) -> Act:
    """One command as a web process handles it: load, fold, decide, encode, append, ring the doorbell."""
    database = Database(url, application="copse-bench", size=1)
    codec = Codec(EVENTS, seal=nobody, unseal=nobody)
    commands = Commands(PostgresEventStore(database), codec, Doorbell(database).ring)
    notebook, lines = UUID(int=0), EVENTS_OF_A_STREAM

    def command() -> None:
        nonlocal notebook, lines
        if lines == EVENTS_OF_A_STREAM:
            notebook, lines = uuid7(), 1
            commands.handle(notebook, Open(title="Tuesday"), CONTEXT)
        else:
            commands.handle(notebook, Append(text=TEXT), CONTEXT)
            lines += 1

    return command


def nobody(*_: object) -> str:
    """Seals and unseals where no event has a personal field."""
    raise AssertionError("nothing of this is sealed")


def run(bench: Bench) -> Iterator[Row]:
    with ExitStack() as ends:
        bench.say(f"starting {5 * CLIENTS} clients")
        made = {
            "store": ends.enter_context(Fleet(CLIENTS, store_writer, bench.databases.for_events())),
            "commands": ends.enter_context(Fleet(CLIENTS, commander, bench.databases.for_events())),
        }
        message_db, missing = peers.MESSAGE_DB, ""
        try:
            url = bench.databases.empty()
            peers.install_message_db(url)
            made["message-db"] = ends.enter_context(Fleet(CLIENTS, peers.message_db_writer, url))
        except CannotInstall as problem:
            missing = f" (not to be had: {problem})"
        eventsourcing = peers.eventsourcing_name()
        for name, writer in (("recorder", peers.eventsourcing_recorder), ("app", peers.eventsourcing_application)):
            url = bench.databases.empty()
            writer(url, make_tables=True)()
            made[name] = ends.enter_context(Fleet(CLIENTS, writer, url))

        rates: dict[str, list[float]] = {name: [] for name in made}
        for nth in range(bench.rounds + 1):
            for name, fleet in made.items():
                bench.settle()
                rate = fleet.rate(SECONDS if nth else 1.0)
                if nth:  # the round before the first warms caches and connections
                    rates[name].append(rate)
            if nth:
                bench.say(", ".join(f"{name} {rate[-1]:,.0f}/s" for name, rate in rates.items()))

    ours, commands = rates["store"], rates["commands"]
    yield Row("store append, 8 clients, one event each", "events/s", at_least(5_000), ours)
    for factor, name, key in ((2, message_db + missing, "message-db"), (5, eventsourcing, "recorder")):
        peer = Peer(name, rates.get(key, ()))
        yield Row(f"store append beside {name.split()[0]}", "events/s", times_peer(factor), ours, peer)
    application = Peer(f"{eventsourcing} application", rates["app"])
    yield Row("command (load, decide, append, ring), 8 clients", "commands/s", times_peer(5), commands, application)
