"""Tells one projection again of what was recorded, into tables of its own, up to where the service has come.

The service's own events come from its event table, the others' from their topics, read from the first record by a
consumer without a group. All are told in the order in which they were recorded, so that tables which depend on two
sources come out as they did when the events were new. Streams are de-duplicated by version as the consumer does.

Each batch is a short transaction. One for the whole build would hold back the snapshot horizon, and with it every
relay and reader of the service, for as long as the build takes. Their commits do not wait for the disk: what a crash
of the database takes away, it takes with the place that was reached, and the switch's own commit secures all.
"""

import gc
import heapq
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from time import monotonic

from kafka import KafkaConsumer

from shared.database.pool import Busy, Database, Transaction
from shared.dead_letters.letters import skipped
from shared.eventstore.postgres import PostgresEventStore
from shared.messages.codec import Codec
from shared.messages.recorded import Position, Recorded, Stored
from shared.projections.copies import Partition, Places, save_places
from shared.projections.projection import Projection, into
from shared.projections.reader import forget_if_the_server_crashes
from shared.streaming.broker import Broker
from shared.streaming.past import CannotRebuild, Next, OwnEvents, Pages, Source, Topics

_OBJECTS_BETWEEN_LOOKS = 50_000
_LONGEST_SILENCE_SECONDS = 30.0


class NotYet(Exception):
    """The place was not reached within the time given. What was told until then stays told."""


class Replay:
    """A projection's tables on their way from one place to another. Used by one thread."""

    def __init__(
        self,
        projection: Projection,
        tables: str,
        database: Database,
        codec: Codec,
        contracts: Mapping[str, Codec],
        begun: Places,
        consumer: KafkaConsumer | None,
        broker: Broker,
        reading: ThreadPoolExecutor,
    ) -> None:
        """`contracts` maps topics to codecs; `reading` is one thread. Use `replaying` to make one."""
        self._projection, self._tables, self._database, self._broker = projection, tables, database, broker
        types = {name for each in projection.events if (name := codec.name_of(each))}
        self._own = OwnEvents(Pages(PostgresEventStore(database), types, codec.read, reading), codec, begun.own)
        with database.transaction() as db:
            passed_over = skipped(db, list(contracts))
        self._topics = Topics(consumer, contracts, begun.foreign, passed_over)
        self.told = 0

    @property
    def own(self) -> Position:
        """How far it has come in the service's own events."""
        return self._own.target

    def reach(self, target: Places, within_seconds: float | None = None) -> int:
        """Tells everything up to `target`; how many events and records that were.

        Raises NotYet when time is up, CannotRebuild when Kafka no longer holds what was read, or whatever a handler
        raised.
        """
        until = monotonic() + within_seconds if within_seconds is not None else None
        self._own.target = target.own
        with self._broker.speaking():
            self._topics.aim(target.foreign)
        passed, silent_since = 0, monotonic()
        while True:
            sources: list[Source] = [self._own, *self._topics.sources.values()]
            open_ones = [each for each in sources if not each.reached()]
            if not open_ones:
                self._topics.must_be_whole()
                break
            if until and monotonic() > until:
                raise NotYet
            if more := self._tell_more(open_ones):
                passed, silent_since = passed + more, monotonic()
                continue
            with self._broker.speaking():
                if self._topics.fetch():
                    silent_since = monotonic()
            if monotonic() > silent_since + _LONGEST_SILENCE_SECONDS:
                raise CannotRebuild(f"Kafka at {self._broker.servers} is silent before all past events were read.")
        self._save()
        return passed

    def must_know_what_was_seen(self, db: Transaction) -> None:
        """To be called where the consumer stands still and this has reached it. Raises CannotRebuild when it was set
        back: what it has seen it passes over, so tables without that would never be told."""
        seen = "select topic, stream, version from consumer_streams where topic = any(%s)"
        self._topics.must_know(db.rows(seen, self._topics.names))

    def _tell_more(self, sources: list[Source]) -> int:
        """Tells the next batch, in the order of recording; how many events and records that was."""
        if sources == [self._own]:
            own = self._own.take_many(self._projection.told_at_once)
            if own:
                self._tell(own, own[-1].position, {})
            return len(own)
        batch = list(self._merged(sources))
        if batch:
            self._tell(
                [_recorded(event, each.codec) for each in batch for event in each.events],
                next((each.own for each in reversed(batch) if each.own), None),
                {each.partition: each.following for each in batch if each.partition},
            )
        return len(batch)

    def _merged(self, sources: list[Source]) -> Iterator[Next]:
        """Up to a batch: ends where a source would have to wait for more."""
        heap = []
        for nth, source in enumerate(sources):
            head = source.head()
            if head is None:
                return
            heap.append((head.recorded_at, nth, head))
        heapq.heapify(heap)
        for _ in range(self._projection.told_at_once):
            _, nth, head = heap[0]
            yield head
            source = sources[nth]
            source.take()
            following = None if source.reached() else source.head()
            if following:
                heapq.heapreplace(heap, (following.recorded_at, nth, following))
            elif source.reached():
                heapq.heappop(heap)
                if not heap:
                    return
            else:
                return

    def _tell(self, recorded: Sequence[Recorded], own: Position | None, foreign: Mapping[Partition, int]) -> None:
        try:
            with self._database.transaction() as db:
                forget_if_the_server_crashes(db)
                save_places(db, self._tables, own, foreign)
                into(db, self._tables)
                self._projection.tell_all(recorded, db)
        except Busy as busy:  # the sources are past these events already: who tried again would leave them out
            raise CannotRebuild(f"The past could not be told to {self._projection.name}: {busy}. Try again.") from busy
        self.told += len(recorded)

    def _save(self) -> None:
        """The places themselves, beyond the last event that the projection reads."""
        with self._database.transaction() as db:
            forget_if_the_server_crashes(db)
            save_places(db, self._tables, self._own.target, {k: s.target for k, s in self._topics.sources.items()})


def _recorded(event: Stored | Recorded, codec: Codec) -> Recorded:
    return event if isinstance(event, Recorded) else codec.decode(event)


@contextmanager
def _looking_for_cycles_seldom() -> Iterator[None]:
    """A page is tens of thousands of objects without a cycle, which Python would go through every 700. Not never: what
    else the process does may leave some."""
    before = gc.get_threshold()
    gc.set_threshold(max(before[0], _OBJECTS_BETWEEN_LOOKS), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def replaying(
    projection: Projection,
    tables: str,
    database: Database,
    broker: Broker,
    codec: Codec,
    contracts: Mapping[str, Codec],
    begun: Places,
) -> Iterator[Replay]:
    """A replay into `tables`, which stand at `begun`. Raises BrokerUnavailable."""
    with (
        _looking_for_cycles_seldom(),
        broker.reader_of_the_past() if contracts else nullcontext() as consumer,
        ThreadPoolExecutor(1, "reading ahead") as reading,
    ):
        yield Replay(projection, tables, database, codec, contracts, begun, consumer, broker, reading)
