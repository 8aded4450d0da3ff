"""kafka-python's producer, given batches whose records are encoded already.

Its own `send` costs 65 to 90 µs for an event with 17 headers, nearly all of it in checking, measuring and copying each
header; encoding here costs a tenth (docs/adr/0015-relay-batches.md). What is hard stays kafka-python's: connections,
retries, idempotence, one batch of a partition in flight at a time. It has no public way to take a batch, so this file
reaches into it, and is the only one that does; tests/kernel/test_producer.py fails when a release changes what is used.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from time import time
from typing import Any

from kafka import KafkaProducer, TopicPartition
from kafka.errors import IllegalStateError
from kafka.partitioner.default import murmur2
from kafka.producer.producer_batch import ProducerBatch
from kafka.record.memory_records import MemoryRecordsBuilder

from shared.streaming.cloudevents import Headers

BATCH_BYTES = 512 * 1024  # of one partition; every topic takes twice that
_RECORD_FORMAT = 2
_OVERHEAD_BYTES = 96  # of a batch around its records, and of a record around its content, generously


def varint(number: int) -> bytes:
    """A signed number as Kafka's record format writes it: zigzag, seven bits a byte, the least first."""
    left = number << 1 if number >= 0 else (-number << 1) - 1
    encoded = bytearray()
    while left > 0x7F:
        encoded.append(0x80 | left & 0x7F)
        left >>= 7
    encoded.append(left)
    return bytes(encoded)


_VARINTS = [varint(number) for number in range(4096)]
_NO_TIME_SINCE_THE_FIRST = varint(0)
_ATTRIBUTES = b"\0"


def _length(number: int) -> bytes:
    return _VARINTS[number] if number < len(_VARINTS) else varint(number)


@cache
def _header_name(name: str) -> bytes:
    encoded = name.encode()
    return varint(len(encoded)) + encoded


def content(key: bytes, value: bytes, headers: Headers) -> bytes:
    """A record but for its place in a batch: key, value and headers in Kafka's record format, version 2."""
    parts = [_length(len(key)), key, _length(len(value)), value, _length(len(headers))]
    for name, text in headers:
        parts += (_header_name(name), _length(len(text)), text)
    return b"".join(parts)


def size_in_batch(encoded: bytes) -> int:
    """At most how many bytes a batch of this one record has."""
    return len(encoded) + _OVERHEAD_BYTES


@lru_cache(maxsize=2_000)
def partition_of(key: bytes, partitions: int) -> int:
    """Where Kafka's own clients put a key. Remembered, because this too is Python: 9 µs each."""
    return int((murmur2(key) & 0x7FFFFFFF) % partitions)


class _Records(MemoryRecordsBuilder):  # type: ignore[misc]  # kafka-python ships no types
    """A batch that is full from the start."""

    def __init__(self, contents: Sequence[bytes]) -> None:
        super().__init__(_RECORD_FORMAT, compression_type=0, batch_size=0)
        parts: list[bytes] = []
        for nth, each in enumerate(contents):
            place = _length(nth)
            parts += (
                _length(len(each) + len(place) + 2),
                _ATTRIBUTES,
                _NO_TIME_SINCE_THE_FIRST,
                place,
                each,
            )
        builder = self._builder
        builder._buffer += b"".join(parts)
        builder._num_records = self._next_offset = len(contents)
        builder._last_offset = len(contents) - 1
        builder._first_timestamp = builder._max_timestamp = int(time() * 1000)


@dataclass(frozen=True, slots=True)
class Sent:
    """One batch of one partition on its way."""

    partition: int
    records: int
    _acknowledgement: Any

    def arrived(self, wait_seconds: float = 0) -> bool:
        """Whether it was acknowledged. Raises KafkaError when it failed."""
        if wait_seconds:
            self._acknowledgement.wait(wait_seconds)
        if not self._acknowledgement.is_done:
            return False
        _, _, failure = self._acknowledgement.value
        if failure is not None:
            raise failure(0)
        return True

    @property
    def first_offset(self) -> int:
        """Of one that has arrived: where its first record stands, or -1 when it had arrived once before and the broker
        does not say where."""
        return int(self._acknowledgement.value[0])


class Producer(KafkaProducer):  # type: ignore[misc]
    """One batch that fails ends it: nothing of what comes after in the same partition is sent any more.

    `answered` is called, in the sending thread, for each batch that was acknowledged or failed.
    """

    answered: Callable[[], None] = staticmethod(lambda: None)

    def send_batch(self, topic: str, partition: int, contents: Sequence[bytes]) -> Sent:
        """Puts one batch behind those that wait for their partition. Raises IllegalStateError after `give_up`."""
        place = TopicPartition(topic, partition)
        batch = ProducerBatch(place, _Records(contents))
        batch.produce_future.add_callback(self._has_answer)
        waiting = self._accumulator
        waiting._appends_in_progress.increment()
        try:
            with waiting._tp_lock(place):
                if waiting._closed:
                    raise IllegalStateError("the producer has given up")
                waiting._batches[place].append(batch)
                waiting._incomplete.add(batch)
        finally:
            waiting._appends_in_progress.decrement()
        return Sent(partition, len(contents), batch.produce_future)

    def go(self) -> None:
        """Wakes the thread that sends: once for many batches."""
        self._sender.wakeup()

    def give_up(self) -> None:
        """Fails all that is not acknowledged, at once.

        close() alone would not: it flushes first, and when that takes too long it raises and leaves the thread sending
        for ever, old events behind those of the next producer.
        """
        self._sender.force_close()

    def _has_answer(self, outcome: tuple[int, int, object]) -> None:
        """In the sending thread, before it takes the partition's next batch."""
        if outcome[2] is not None:
            self.give_up()
        self.answered()
