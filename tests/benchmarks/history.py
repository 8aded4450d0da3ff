"""What an append, a read, a batch and a published event cost among ten thousand events, and among millions.

Each size has a database of its own and they take turns, so that a slow moment of the machine hits all. The target is
flatness: what it costs at a size, to what it costs at the smallest one.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from time import monotonic
from uuid import UUID

from shared.database.pool import Database
from shared.eventstore.postgres import PostgresEventStore
from shared.eventstore.store import NewEvent, Write
from shared.messages.ids import uuid7
from shared.messages.recorded import Position
from shared.streaming.broker import Broker
from shared.streaming.cloudevents import topic_of
from shared.streaming.relay import Relay
from tests.benchmarks.backlog import load, relayed, stand, wait_for_relay
from tests.benchmarks.bench import Bench
from tests.benchmarks.harness import Peer, Row, flat
from tests.benchmarks.payload import CONTEXT, DATA, EVENT_TYPE, EVENTS_OF_A_STREAM, METADATA
from tests.kernel.conftest import at_work

SMALLEST = 10_000
BATCH = 500
PUBLISHED = 5_000
FLAT = flat(1.5)  # what two runs of the same thing differ by on a shared machine is up to a third
_TIMES = {"append": 300, "read of a stream": 300, "read_all of 500": 20}


@dataclass(frozen=True)
class History:
    """A database with so many events before anything is measured."""

    events: int
    database: Database

    @property
    def store(self) -> PostgresEventStore:
        return PostgresEventStore(self.database)


def run(bench: Bench) -> Iterator[Row]:
    sizes = [size for size in (SMALLEST, 100_000, 1_000_000, 10_000_000) if size <= bench.largest_history]
    with ExitStack() as ends:
        kafka = ends.enter_context(bench.kafka())
        histories = []
        for size in sizes:
            began = monotonic()
            database = ends.enter_context(bench.events())
            load(database, size)
            histories.append(History(size, database))
            bench.say(f"loaded {size:,} events in {monotonic() - began:.0f} s")
        bench.settle()
        broker = Broker(kafka.address)
        broker.make_topics([topic_of(f"history-{size}") for size in sizes], replicas=1)
        acts: dict[str, Callable[[History], float]] = {
            **{name: partial(_average, name) for name in _TIMES},
            "relay": partial(_relay, broker),
        }
        for name, act in acts.items():
            costs: dict[int, list[float]] = {size: [] for size in sizes}
            for nth in range(bench.rounds + 1):
                for history in histories:
                    cost = act(history)
                    if nth:  # the round before the first fills caches
                        costs[history.events].append(cost)
            yield from _rows(name, costs)


def _rows(name: str, costs: dict[int, list[float]]) -> Iterator[Row]:
    unit = "µs/event" if name == "relay" else "µs"
    base = Peer(f"at {SMALLEST:,} events", costs[SMALLEST])
    for size, rounds in costs.items():
        if size > SMALLEST:
            yield Row(f"history: {name} at {size:,} events", unit, FLAT, rounds, base)


def _average(name: str, history: History) -> float:
    """Microseconds of one."""
    made = {"append": _append, "read of a stream": _read, "read_all of 500": _read_all}[name]
    streams = random.sample(range(history.events // EVENTS_OF_A_STREAM), _TIMES[name])
    acts = [made(history, nth) for nth in streams]
    began = monotonic()
    for act in acts:
        act()
    return (monotonic() - began) / len(acts) * 1e6


def _append(history: History, nth: int) -> Callable[[], object]:
    """To a stream that is there, somewhere in the history."""
    store, stream = history.store, _stream(nth)
    version = len(store.read(stream))
    event = NewEvent(uuid7(), EVENT_TYPE, 1, DATA)
    return lambda: store.append([Write(stream, version, (event,))], METADATA, CONTEXT.now)


def _read(history: History, nth: int) -> Callable[[], object]:
    stream = _stream(nth)
    return lambda: history.store.read(stream)


def _read_all(history: History, nth: int) -> Callable[[], object]:
    number = min(nth * EVENTS_OF_A_STREAM, history.events - BATCH)
    with history.database.transaction() as db:
        xid = db.value(str, "select xid::text from events where position = %s", number + 1)
    after = Position(int(xid or 0), number)
    return lambda: history.store.read_all(after, BATCH)


def _stream(nth: int) -> str:
    return f"notebook-{UUID(f'00000000-0000-7000-8000-{nth:012x}')}"


def _relay(broker: Broker, history: History) -> float:
    """Microseconds of one event, of the last five thousand of the loaded history."""
    last = history.events
    stand(history.database, "relay", last - PUBLISHED)
    with at_work(Relay(f"history-{history.events}", history.database, broker)):
        wait_for_relay(history.database, last - PUBLISHED + 1)
        began, first = monotonic(), relayed(history.database)
        wait_for_relay(history.database, last)
        return (monotonic() - began) / (last - first) * 1e6
