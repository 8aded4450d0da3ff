"""A stand-in for Kafka in memory, for tests that decide themselves what fails and who reads what.

It has the interface of `shared.streaming.broker.Broker`, so the real relay, consumer and rebuild run on it. What only
a real broker can show (rebalances, sessions, timeouts) is tested with one: test_consumer_groups.py.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from enum import Enum, auto
from types import SimpleNamespace
from typing import Any

from kafka import TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import IllegalStateError, KafkaTimeoutError
from kafka.record import MemoryRecords

from shared.streaming.broker import Broker
from shared.streaming.cloudevents import Headers
from shared.streaming.producer import Sent, _Records

PARTITIONS = 2  # few, so that streams meet in one


@dataclass(frozen=True)
class Record:
    """As a consumer meets it."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class Outcome(Enum):
    """What becomes of one batch that is sent. Kafka writes a batch whole or not at all."""

    ACKNOWLEDGED = auto()
    LATE = auto()  # acknowledged, but not at once
    WITHOUT_PLACE = auto()  # acknowledged, when it had arrived before, by a broker that does not say where
    UNACKNOWLEDGED = auto()  # it is there, but the answer is lost
    STRAY = auto()  # given up, and then it is there all the same, behind the next one of its partition
    SILENT = auto()  # neither there nor refused, and nothing behind it is sent
    LOST = auto()


@dataclass
class Log:
    """Every record of every topic, each partition in order of offsets."""

    partitions: dict[TopicPartition, list[Record]] = field(default_factory=dict)
    strays: dict[TopicPartition, bytes] = field(default_factory=dict)
    shortened: bool = False
    """It lost records, and no relay has looked at it since."""
    rearranged: bool = False

    def append(self, partition: TopicPartition, key: bytes | None, value: bytes | None, headers: Headers) -> int:
        """The offset that the record got."""
        there = self.partitions.setdefault(partition, [])
        there.append(Record(partition.partition, len(there), key, value, headers))
        return len(there) - 1

    def append_batch(self, partition: TopicPartition, encoded: bytes) -> int:
        """As a broker takes it from a request; the offset of its first record."""
        first = len(self.records(partition))
        self._append(partition, encoded)
        if stray := self.strays.pop(partition, None):
            self._append(partition, stray)
        return first

    def _append(self, partition: TopicPartition, encoded: bytes) -> None:
        batch = MemoryRecords(encoded).next_batch()
        assert batch.validate_crc()
        for record in batch:
            self.append(partition, record.key, record.value, list(record.headers))

    def records(self, partition: TopicPartition) -> Sequence[Record]:
        return self.partitions.get(partition, [])

    def keep(self, share: float) -> None:
        """Loses the end of each partition, as when an older copy of the disk is restored; all for 0."""
        for partition, records in self.partitions.items():
            self.partitions[partition] = records[: int(len(records) * share)]
        self.strays.clear()
        self.shortened = True

    def rearrange(self, partition: TopicPartition, offsets: Sequence[int]) -> None:
        """The records at these offsets, in this order, are all that is there: disorder that older relays left."""
        self.rearranged = True
        there, self.partitions[partition] = self.records(partition), []
        for each in (there[offset] for offset in offsets):
            self.append(partition, each.key, each.value, each.headers)


class _Acknowledgement:
    """Of one batch: what `Sent` asks of kafka-python's future."""

    def __init__(self, asked_before: int = 0) -> None:
        """It is done at once, or when it was asked for so often in vain."""
        self._asked_before = asked_before
        self.value: tuple[int, int, Callable[[int], Exception] | None] | None = None

    @property
    def is_done(self) -> bool:
        self._asked_before -= 1
        return self.value is not None and self._asked_before < 0

    def wait(self, seconds: float) -> None:
        """Time does not pass here."""

    def late(self) -> None:
        self._asked_before = 2

    def fail(self, reason: str) -> None:
        self.value, self._asked_before = (-1, -1, lambda _: KafkaTimeoutError(reason)), 0

    @property
    def in_doubt(self) -> bool:
        return self.value is None or self._asked_before > 0


class Producer:
    """Of the producer what the relay uses. `outcomes` are those of the next batches; then all is well.

    After one failure it gives up: what is on its way fails too, though it may be there.
    """

    def __init__(
        self, log: Log, outcomes: Sequence[Outcome], step: Callable[[], AbstractContextManager[None]] = nullcontext
    ) -> None:
        """Whatever arrives at the broker arrives inside a `step` of the process."""
        self._log, self._outcomes, self._step = log, list(outcomes), step
        self._waiting: list[tuple[TopicPartition, bytes, _Acknowledgement]] = []
        self._on_their_way: list[_Acknowledgement] = []
        self._stuck: set[TopicPartition] = set()
        self._given_up = False

    def partitions_for(self, topic: str) -> set[int]:  # noqa: ARG002
        return set(range(PARTITIONS))

    def send_batch(self, topic: str, partition: int, contents: Sequence[bytes]) -> Sent:
        if self._given_up:
            raise IllegalStateError("the producer has given up")
        records = _Records(contents)
        records.close()
        acknowledgement = _Acknowledgement()
        self._waiting.append((TopicPartition(topic, partition), bytes(records.buffer()), acknowledgement))
        return Sent(partition, len(contents), acknowledgement)

    def go(self) -> None:
        with self._step():
            failed = False
            for place, encoded, acknowledgement in self._waiting:
                self._on_their_way.append(acknowledgement)
                failed |= self._deliver(place, encoded, acknowledgement, failed)
            self._waiting = []
            if failed:
                self.give_up()

    def give_up(self) -> None:
        self._given_up = True
        for each in self._on_their_way:
            if each.in_doubt:
                each.fail("given up")

    def _deliver(
        self, place: TopicPartition, encoded: bytes, acknowledgement: _Acknowledgement, failed_before: bool
    ) -> bool:
        """Whether it failed. In flight together with one of another partition that fails, it may be there."""
        outcome = self._outcomes.pop(0) if self._outcomes else Outcome.ACKNOWLEDGED
        if place in self._stuck or (failed_before and outcome is Outcome.ACKNOWLEDGED):
            return False  # never sent: it fails with the producer
        match outcome:
            case Outcome.SILENT:
                self._stuck.add(place)
                return False
            case Outcome.LOST:
                acknowledgement.fail("lost")
            case Outcome.STRAY:
                self._log.strays[place] = encoded
                acknowledgement.fail("given up, but on its way")
            case _:
                first = self._log.append_batch(place, encoded)
                acknowledgement.value = (-1 if outcome is Outcome.WITHOUT_PLACE else first, -1, None)
                if outcome is Outcome.UNACKNOWLEDGED:
                    acknowledgement.fail("the answer is lost")
                elif outcome is Outcome.LATE:
                    acknowledgement.late()
                return outcome is Outcome.UNACKNOWLEDGED
        self._stuck.add(place)
        return True


class Admin:
    """Of kafka-python's what looks at topics. Every topic is there, and as it must be."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def describe_topics(self, names: Sequence[str]) -> list[dict[str, Any]]:
        partitions = [{"partition_index": nth} for nth in range(PARTITIONS)]
        return [{"name": name, "error_code": 0, "partitions": partitions} for name in names]

    def describe_configs(self, wanted: Sequence[Any], config_filter: str) -> dict[str, Any]:  # noqa: ARG002
        return {"topic": {each.name: {"max.message.bytes": {"value": 1024 * 1024}} for each in wanted}}

    def list_partition_offsets(self, wanted: Mapping[TopicPartition, OffsetSpec]) -> dict[TopicPartition, Any]:
        return {
            place: SimpleNamespace(offset=0 if spec is OffsetSpec.EARLIEST else len(self._log.records(place)))
            for place, spec in wanted.items()
        }


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

    def position(self, partition: TopicPartition) -> int:
        return self._places[partition]

    def pause(self, *partitions: TopicPartition) -> None:
        self._paused.update(partitions)

    def resume(self, *partitions: TopicPartition) -> None:
        self._paused.difference_update(partitions)

    def beginning_offsets(self, partitions: Sequence[TopicPartition]) -> Mapping[TopicPartition, int]:
        return dict.fromkeys(partitions, 0)

    def end_offsets(
        self,
        partitions: Sequence[TopicPartition],
        timeout_ms: int | None = None,  # noqa: ARG002
    ) -> Mapping[TopicPartition, int]:
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
    """The broker as one process sees it: what becomes of its batches, and its own share of the partitions."""

    servers: str = "memory"
    log: Log = field(default_factory=Log)
    outcomes: Sequence[Outcome] = ()
    step: Callable[[], AbstractContextManager[None]] = nullcontext
    script: Sequence[Poll] = ()
    finished: Callable[[], None] = lambda: None

    @contextmanager
    def producer(self) -> Iterator[Any]:
        with self.speaking():
            self.log.shortened = False  # a relay looks at the topic before it has a producer
            yield Producer(self.log, self.outcomes, self.step)

    @contextmanager
    def administering(self) -> Iterator[Any]:
        with self.speaking():
            yield Admin(self.log)

    @contextmanager
    def consumer(self, group: str) -> Iterator[Any]:  # noqa: ARG002
        with self.speaking():
            yield Consumer(self.log, self.script, self.finished)

    @contextmanager
    def reader_of_the_past(self) -> Iterator[Any]:
        with self.speaking():
            yield Consumer(self.log, (), lambda: None)
