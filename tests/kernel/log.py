"""A stand-in for Kafka in memory, for tests that decide themselves what fails and who reads what.

It has the interface of `shared.streaming.broker.Broker`, so the real relay, consumer and rebuild run on it. What only
a real broker can show (rebalances, sessions, timeouts) is tested with one: test_consumer_groups.py.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any
from zlib import crc32

from kafka import TopicPartition
from kafka.errors import KafkaTimeoutError
from kafka.future import Future

from shared.streaming.broker import Broker
from shared.streaming.cloudevents import Headers

PARTITIONS = 2  # few, so that streams meet in one


@dataclass(frozen=True)
class Record:
    """As a consumer meets it."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class Sent(Enum):
    """What becomes of one record that is sent."""

    ACKNOWLEDGED = auto()
    UNACKNOWLEDGED = auto()  # it is there, but the answer is lost
    LOST = auto()


@dataclass
class Log:
    """Every record of every topic, each partition in order of offsets."""

    partitions: dict[TopicPartition, list[Record]] = field(default_factory=dict)

    def append(self, partition: TopicPartition, key: bytes | None, value: bytes | None, headers: Headers) -> int:
        """The offset that the record got."""
        there = self.partitions.setdefault(partition, [])
        there.append(Record(partition.partition, len(there), key, value, headers))
        return len(there) - 1

    def records(self, partition: TopicPartition) -> Sequence[Record]:
        return self.partitions.get(partition, [])

    def replaced_by_an_empty_one(self) -> None:
        self.partitions.clear()


class Acknowledgement(Future):  # type: ignore[misc]  # kafka-python ships no types
    """What `send` gives: done at once, or failed at once."""

    def get(self, timeout: float | None = None) -> object:  # noqa: ARG002
        if self.failed():
            raise self.exception
        return self.value


class Producer:
    """Sends each record to the partition of its key. `fates` says what becomes of the next ones; then all is well."""

    def __init__(self, log: Log, fates: Sequence[Sent]) -> None:
        self._log, self._fates = log, list(fates)

    def send(
        self, topic: str, value: bytes | None = None, key: bytes | None = None, headers: Headers | None = None
    ) -> Acknowledgement:
        fate = self._fates.pop(0) if self._fates else Sent.ACKNOWLEDGED
        partition = partition_of(topic, key or b"")
        done = Acknowledgement()
        if fate is not Sent.LOST:
            self._log.append(partition, key, value, headers or [])
        if fate is Sent.ACKNOWLEDGED:
            done.success(None)
        else:
            done.failure(KafkaTimeoutError(f"{topic}: {fate}"))
        return done

    def flush(self, timeout: float | None = None) -> None:
        """Everything is sent already. As with the real one, that says nothing of what failed."""


def partition_of(topic: str, key: bytes) -> TopicPartition:
    return TopicPartition(topic, crc32(key) % PARTITIONS)


@dataclass(frozen=True)
class Poll:
    """What one call of `poll` brings: which partitions the group gives to this member, and up to how many records."""

    partitions: frozenset[int]
    records: int


class Consumer:
    """Of the consumer of kafka-python what the house uses. A member of a group follows its script of polls."""

    def __init__(self, log: Log, script: Sequence[Poll], finished: Callable[[], None]) -> None:
        """`finished` is called by the first poll after the script, which brings nothing."""
        self._log, self._script, self._finished = log, list(script), finished
        self._topics: list[str] = []
        self._listener: Any = None
        self._places: dict[TopicPartition, int] = {}
        self._paused: set[TopicPartition] = set()

    def partitions_for_topic(self, topic: str) -> set[int]:  # noqa: ARG002
        return set(range(PARTITIONS))

    def subscribe(self, topics: Sequence[str], listener: Any = None) -> None:
        self._topics, self._listener = list(topics), listener

    def assign(self, partitions: Sequence[TopicPartition]) -> None:
        self._places = {each: self._places.get(each, 0) for each in partitions}

    def seek(self, partition: TopicPartition, offset: int) -> None:
        assert partition in self._places, f"{partition} is not assigned"
        self._places[partition] = offset

    def pause(self, *partitions: TopicPartition) -> None:
        self._paused.update(partitions)

    def resume(self, *partitions: TopicPartition) -> None:
        self._paused.difference_update(partitions)

    def beginning_offsets(self, partitions: Sequence[TopicPartition]) -> Mapping[TopicPartition, int]:
        return dict.fromkeys(partitions, 0)

    def end_offsets(self, partitions: Sequence[TopicPartition]) -> Mapping[TopicPartition, int]:
        return {each: len(self._log.records(each)) for each in partitions}

    def poll(self, timeout_ms: int = 0, max_records: int = 500) -> dict[TopicPartition, list[Record]]:  # noqa: ARG002
        most = max_records
        if self._listener:
            if not self._script:
                self._finished()
                return {}
            step = self._script.pop(0)
            self._rebalance({TopicPartition(topic, nth) for topic in self._topics for nth in step.partitions})
            most = step.records
        found = {}
        for partition in sorted(self._places.keys() - self._paused):
            there = self._log.records(partition)
            if self._places[partition] > len(there):
                self._places[partition] = 0  # auto_offset_reset="earliest"
            records = list(there[self._places[partition] :][:most])
            self._places[partition] += len(records)
            if records:
                found[partition] = records
        return found

    def _rebalance(self, given: set[TopicPartition]) -> None:
        taken, new = self._places.keys() - given, given - self._places.keys()
        if taken:
            self._listener.on_partitions_revoked(taken)
        self._places = {each: place for each, place in self._places.items() if each in given}
        if new:
            self._places.update(dict.fromkeys(new, 0))
            self._listener.on_partitions_assigned(new)


@dataclass(frozen=True, slots=True)
class InMemory(Broker):
    """The broker as one process sees it: what becomes of its records, and its own share of the partitions."""

    servers: str = "memory"
    log: Log = field(default_factory=Log)
    fates: Sequence[Sent] = ()
    script: Sequence[Poll] = ()
    finished: Callable[[], None] = lambda: None

    @contextmanager
    def producer(self) -> Iterator[Any]:
        with self.speaking():
            yield Producer(self.log, self.fates)

    @contextmanager
    def consumer(self, group: str) -> Iterator[Any]:  # noqa: ARG002
        with self.speaking():
            yield Consumer(self.log, self.script, self.finished)

    @contextmanager
    def reader_of_the_past(self) -> Iterator[Any]:
        with self.speaking():
            yield Consumer(self.log, (), lambda: None)
