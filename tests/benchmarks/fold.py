"""How long a long stream takes to become a state: folded, and with the reading and decoding before it.

The fold by the CPU time of this process, which a busy machine disturbs less; the load by the clock on the wall, because
its reader waits for PostgreSQL.
"""

import gc
from collections.abc import Callable, Iterator
from time import monotonic, process_time
from uuid import UUID, uuid4

from services.meetings.domain.meeting import Meeting, MeetingPlanned, PlaceTaken, Way
from shared.commands.handler import Commands, fold
from shared.eventstore.postgres import PostgresEventStore
from shared.eventstore.store import NewEvent, Write
from shared.messages.codec import Codec
from shared.messages.events import Event, MemberId
from shared.messages.ids import uuid7
from tests.benchmarks.bench import Bench
from tests.benchmarks.harness import CannotMeasure, Row, below
from tests.benchmarks.payload import CONTEXT, METADATA
from tests.benchmarks.store_append import nobody
from tests.kernel.notebook import EVENTS, LineWritten, Notebook

LENGTH = 1_000
_TIMES = 20


def run(bench: Bench) -> Iterator[Row]:
    meeting: list[Event] = [
        MeetingPlanned(
            community=UUID(int=1), title="One", about="Many", starts_at=CONTEXT.now, ends_at=CONTEXT.now, places=LENGTH
        ),
        *(PlaceTaken(member=MemberId(uuid4()), way=Way.ONLINE) for _ in range(LENGTH - 1)),
    ]
    if len(fold(Meeting(), meeting).coming) != LENGTH - 1:
        raise CannotMeasure("the meeting is not what its events say")
    gc.collect()
    gc.freeze()  # as a web process does
    milliseconds = [_milliseconds(process_time, lambda: fold(Meeting(), meeting)) for _ in range(bench.rounds)]
    yield Row("fold of a meeting of 1,000 events (CPU time)", "ms", below(10), milliseconds)
    with bench.events() as database:
        store, codec, id = PostgresEventStore(database), Codec(EVENTS, seal=nobody, unseal=nobody), uuid7()
        stream = Notebook.stream(id)
        ids = [uuid7() for _ in range(LENGTH)]
        events = [NewEvent(each, *codec.encode(LineWritten(text=f"line {each}"), each, stream)) for each in ids]
        store.append([Write(stream, 0, tuple(events))], METADATA, CONTEXT.now)
        commands = Commands(store, codec)
        milliseconds = [_milliseconds(monotonic, lambda: commands.load(Notebook, id)) for _ in range(bench.rounds)]
        yield Row("load of 1,000 events (read, decode, fold)", "ms", below(10), milliseconds)


def _milliseconds(clock: Callable[[], float], act: Callable[[], object]) -> float:
    """For one call, on average."""
    act()
    began = clock()
    for _ in range(_TIMES):
        act()
    return (clock() - began) / _TIMES * 1000
