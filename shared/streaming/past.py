"""The past that a replay tells: the service's own events in pages, those of others by partition, each from the first.

Whatever a source holds next is its head; a replay takes the earliest head of all.
"""

import sys
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Protocol

import msgspec
from kafka import KafkaConsumer, TopicPartition

from shared.dead_letters.letters import Skipped
from shared.errors import CannotGoOn
from shared.eventstore.postgres import PostgresEventStore
from shared.messages.codec import Codec
from shared.messages.recorded import Page, Position, Recorded, Stored, Unread
from shared.projections.copies import Partition
from shared.streaming.cloudevents import Malformed, Received, service_of, stored_from
from shared.streaming.telling import Telling

_AT_ONCE = datetime.min.replace(tzinfo=UTC)  # what cannot be read has no time: it is passed first
_READ_AT_ONCE = 1_000  # larger pages are out of the processor's caches before they are told
_POLL_MILLISECONDS = 200
_EVERY_RECORD = sys.maxsize  # kafka-python 3.0.12 never gives out what a poll left of a partition that is then paused


class CannotRebuild(CannotGoOn):
    """The tables cannot be made anew; those in use are as they were."""


class Next(msgspec.Struct, frozen=True, gc=False):
    """One event; or a record, with the events that it brings: one as a rule, none when it is passed over."""

    recorded_at: datetime
    events: Sequence[Stored | Recorded]
    codec: Codec
    own: Position | None = None
    partition: Partition | None = None
    following: int = 0


class Source(Protocol):
    def head(self) -> Next | None:
        """The next event, when it is here."""

    def take(self) -> None:
        """Goes past it."""

    def reached(self) -> bool: ...


class Pages:
    """The pages of the event table. While one is told, a thread reads and decodes the next, and none beyond that: it
    has the interpreter for itself whenever the other waits for PostgreSQL."""

    def __init__(
        self,
        store: PostgresEventStore,
        types: Collection[str],
        decode: Callable[[Unread], Recorded],
        reading: ThreadPoolExecutor,
    ) -> None:
        self._store, self.types, self._decode, self._reading = store, types, decode, reading
        self._ahead: tuple[Position, Future[Page]] | None = None

    def after(self, place: Position, target: Position) -> Page:
        """Events after a place, none beyond `target`; its end is `place` only when there are none now. Raises
        Unavailable."""
        ahead, self._ahead = self._ahead, None
        page = ahead[1].result() if ahead and ahead[0] == place else None
        if page is None or page.end == place:  # what was not there may have come
            page = self._read(place, target)
        if page.full and page.end < target:
            self._ahead = page.end, self._reading.submit(self._read, page.end, target)
        return page

    def _read(self, place: Position, target: Position) -> Page:
        page = self._store.read_page(place, target, self.types, _READ_AT_ONCE)
        for each in page.events:
            self._decode(each)
        return page


class OwnEvents:
    """The service's event table, of which only what the projection reads is told."""

    def __init__(self, pages: Pages, codec: Codec, begun: Position) -> None:
        self._pages, self._codec, self._at = pages, codec, begun
        self._read_to = begun
        self._waiting: deque[Recorded] = deque()
        self.target = begun

    def reached(self) -> bool:
        return not self._pages.types or self._at >= self.target or not self._more()

    def head(self) -> Next | None:
        if not self._more():
            return None
        first = self._waiting[0]
        return Next(first.recorded_at, [first], self._codec, own=first.position)

    def take(self) -> None:
        self._at = self._waiting.popleft().position

    def take_many(self, most: int) -> list[Recorded]:
        """The next that are here, and goes past them."""
        many = [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))] if self._more() else []
        if many:
            self._at = many[-1].position
        return many

    def _more(self) -> bool:
        """Whether there is a next event; it is here then."""
        while not self._waiting and self._read_to < self.target:
            page = self._pages.after(self._read_to, self.target)
            if page.end == self._read_to:
                break
            self._read_to = page.end
            self._waiting.extend(page.events)
        return bool(self._waiting)


class Topics:
    """The partitions that a projection reads, all through one consumer, each from its first record."""

    def __init__(
        self,
        consumer: KafkaConsumer | None,
        codecs: Mapping[str, Codec],
        begun: Mapping[Partition, int],
        passed_over: Sequence[Skipped],
    ) -> None:
        self._consumer, self._codecs, self._begun = consumer, codecs, begun
        self._skipped = {
            (each.topic, each.stream, version)
            for each in passed_over
            if each.first_version and each.last_version
            for version in range(each.first_version, each.last_version + 1)
        }
        self._skipped_offsets = {
            (each.topic, each.partition, each.offset) for each in passed_over if not each.first_version
        }
        self._versions: dict[tuple[str, str], int] = {}
        self._early: dict[tuple[str, str], dict[int, Stored]] = {}
        self.sources: dict[Partition, _Records] = {}

    @property
    def names(self) -> list[str]:
        return list(self._codecs)

    def aim(self, target: Mapping[Partition, int]) -> None:
        """Sets how far each partition is to be read. Raises CannotRebuild when Kafka does not hold all of that."""
        new = [each for each, offset in target.items() if each not in self.sources and offset > 0]
        for partition, offset in target.items():
            if partition in new:
                codec, at = self._codecs[partition[0]], self._begun.get(partition, 0)
                self.sources[partition] = _Records(partition, codec, at, self._due, self._skipped_offsets)
            if partition in self.sources:
                self.sources[partition].target = offset
        if not new or self._consumer is None:
            return
        self._consumer.assign([TopicPartition(*each) for each in self.sources])
        added = [TopicPartition(*each) for each in new]
        first, end = self._consumer.beginning_offsets(added), self._consumer.end_offsets(added)
        for each in added:
            if first[each] > 0 or end[each] < target[each.topic, each.partition]:
                raise CannotRebuild(
                    f"{each.topic} partition {each.partition} holds offsets {first[each]} to {end[each]}, but the"
                    f" service has read 0 to {target[each.topic, each.partition]}. Bring the topic back to its full"
                    " length (copse topics refill), then rebuild."
                )
            self._consumer.seek(each, 0)

    def fetch(self) -> int:
        """Waits for more records; how many came."""
        if self._consumer is None:
            return 0
        for partition, source in self.sources.items():
            full = source.wants_no_more()
            (self._consumer.pause if full else self._consumer.resume)(TopicPartition(*partition))
        polled = self._consumer.poll(timeout_ms=_POLL_MILLISECONDS, max_records=_EVERY_RECORD)
        for partition, records in polled.items():
            self.sources[partition.topic, partition.partition].add(records)
        return sum(map(len, polled.values()))

    def must_be_whole(self) -> None:
        """Raises CannotRebuild for a gap, which the consumer would hold too."""
        for (topic, stream), early in self._early.items():
            before = self._versions.get((topic, stream), 0)
            raise CannotRebuild(f"{topic}: {stream} jumps from version {before} to {min(early)}.")

    def must_know(self, seen: Iterable[tuple[str, str, int]]) -> None:
        """Raises CannotRebuild when a stream (topic, stream, version) did not come so far here, or came further.

        Of tables that had begun already the former is not looked at: there it is enough not to stand behind them.
        """
        versions = {(topic, stream): version for topic, stream, version in seen}
        for (topic, number), offset in self._begun.items():
            target = self.sources[topic, number].target if (topic, number) in self.sources else 0
            if target < offset:
                raise CannotRebuild(
                    f"{topic} is being read again: the consumer stands at {target} of partition {number}, and these"
                    f" tables at {offset}. Wait until it has caught up (copse status), then try again."
                )
        for (topic, stream), version in self._versions.items():
            if version > versions.get((topic, stream), 0):
                raise CannotRebuild(
                    f"{topic} had lost records, and the consumer has not noticed it yet: it stands behind version"
                    f" {version} of {stream}, which it has not seen. New tables would be told of it twice. Wait until"
                    " its worker has read the topic again (copse status), then rebuild."
                )
        for (topic, stream), version in () if self._begun else versions.items():
            if self._versions.get((topic, stream), 0) < version:
                raise CannotRebuild(
                    f"{topic} is being read again: the consumer stands before version {version} of {stream}, which it"
                    " has seen. It would pass over what is missing in new tables. Wait until it has caught up"
                    " (copse status), then rebuild."
                )

    def _due(self, topic: str, stored: Stored) -> list[Stored]:
        """What a record brings: nothing when its version was met before, or passed over by an operator (then nobody
        was told of it), or comes too early; else its event, with those that came too early and only waited for it.

        A relay whose batch was written in part leaves such records: it sends the missing ones later.
        """
        key = topic, stored.stream
        if stored.version > self._versions.get(key, 0):
            self._early.setdefault(key, {})[stored.version] = stored
        early, due = self._early.get(key, {}), []
        while (following := self._versions.get(key, 0) + 1) in early or (*key, following) in self._skipped:
            self._versions[key] = following
            waited = early.pop(following, None)
            if waited and (*key, following) not in self._skipped:
                due.append(waited)
        if not early:
            self._early.pop(key, None)
        return due


class _Records:
    """One partition. What lies before its beginning is only looked at for the streams' versions."""

    def __init__(
        self,
        partition: Partition,
        codec: Codec,
        begun: int,
        due: Callable[[str, Stored], list[Stored]],
        skipped_offsets: Set[tuple[str, int, int]],
    ) -> None:
        self._partition, self._codec, self._at, self._due = partition, codec, begun, due
        self._skipped_offsets = skipped_offsets
        self._waiting: deque[Next] = deque()
        self._fetched: deque[Received] = deque()
        self.target = begun

    def add(self, records: list[Received]) -> None:
        self._fetched.extend(records)

    def _stored(self, record: Received) -> Stored | None:
        """None for what an operator passed over. Raises Malformed for anything else that is no event."""
        was_skipped = (*self._partition, record.offset) in self._skipped_offsets
        return self._unless_malformed(record) if was_skipped else stored_from(record.headers, record.value)

    def _unless_malformed(self, record: Received) -> Stored | None:
        """A topic that was filled again may hold an event where an operator once skipped what was none."""
        topic, _ = self._partition
        try:
            return Telling({service_of(topic): self._codec}, []).read(topic, record)
        except Malformed:
            return None

    def wants_no_more(self) -> bool:
        return len(self._fetched) + len(self._waiting) >= _READ_AT_ONCE or self.reached()

    def reached(self) -> bool:
        return self._at >= self.target

    def head(self) -> Next | None:
        while not self._waiting and self._fetched and self._fetched[0].offset < self.target:
            record = self._fetched.popleft()  # what lies further on may be anything: the consumer has not met it yet
            offset, stored = record.offset, self._stored(record)
            due = self._due(self._partition[0], stored) if stored else []
            if offset >= self._at:
                told = [each for each in due if self._codec.knows(each.type)]
                at = stored.recorded_at if stored else _AT_ONCE
                self._waiting.append(Next(at, told, self._codec, partition=self._partition, following=offset + 1))
        return self._waiting[0] if self._waiting else None

    def take(self) -> None:
        self._at = self._waiting.popleft().following
