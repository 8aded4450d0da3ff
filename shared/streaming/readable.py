"""How consumers read records: any header's name, and none before somebody asks for it.

A header's name may be any bytes to Kafka. kafka-python 3.0.12 reads names as UTF-8 inside poll(): it raises once, and
from then on returns nothing and never ends, with the whole batch before its next record. Everything else about such a
record is in its place, so it is handed on with one header that says what is wrong.

It also spends most of a consumer's time here: on headers, in two calls for each name and value, and on thirteen things
that it says of each record. Here a record is what Copse asks for, and keeps its headers as the bytes that they are;
`Headers` reads them when it is gone through. Records of one kind differ in what their headers hold, hardly ever in
their names and lengths: `texts` remembers such layouts, cuts the bytes at their places in one call, and is right when
all between them is the same. tests/kernel/test_unreadable_headers.py fails when a release changes what is used.
"""

from collections.abc import Iterator, Mapping, Sequence
from struct import Struct
from typing import Any, NamedTuple

import msgspec
from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError
from kafka.record.util import decode_varint

from shared.streaming.cloudevents import UNREADABLE, Received

_ONE_BYTE = frozenset(range(0, 0x80, 2))  # what a length of less than 64 looks like; nearly all are
_FORMAT_WITH_HEADERS = 2  # of Kafka's records, since 2017

UNPACKED_BY_KAFKA_PYTHON = Fetcher.PartitionRecords._unpack_records
_names: dict[bytes, str] = {}
_MOST_NAMES = 1000  # of all services together there are twenty; whoever sends others must not fill the memory


class _Layout(NamedTuple):
    """Where the values of some headers lie; `between` is every byte that belongs to no value."""

    names: tuple[str, ...]
    between: tuple[bytes, ...]
    cut: Struct


_Cut = tuple[tuple[str, ...], Sequence[bytes]]
"""The names of some headers, and what each holds."""
_layouts: dict[tuple[int, int], list[_Layout]] = {}
"""By the number of headers and of their bytes."""
_MOST_LAYOUTS = 1000
_MOST_ALIKE = 8


class Headers(msgspec.Struct, gc=False):
    """The headers of one record: pairs of a name and a value, which may be None."""

    _raw: bytes
    _count: int
    _named: Mapping[str, str] | None = None

    def __repr__(self) -> str:
        return repr(list(self))

    def __iter__(self) -> Iterator[tuple[str, bytes | None]]:
        raw = self._raw
        try:
            return iter([(name, raw[at:end] if at <= end else None) for name, at, end in self._places()])
        except (UnicodeDecodeError, CorruptRecordError, IndexError):
            return iter([(UNREADABLE, b"")])

    def texts(self) -> Mapping[str, str] | None:
        """What each header holds, when it is ASCII throughout and no two have the same name: as relays send them."""
        if self._named is None and (cut := self._as_others_lie() or self._learn()):
            self._named = _by_name(*cut)
        return self._named

    def _as_others_lie(self) -> _Cut | None:
        raw = self._raw
        alike = _layouts.get((self._count, len(raw)), [])
        for nth, layout in enumerate(alike):
            parts = layout.cut.unpack(raw)
            if parts[::2] == layout.between:
                if nth:
                    alike.insert(0, alike.pop(nth))  # the next record is tried against it first
                return layout.names, parts[1::2]
        return None

    def _learn(self) -> _Cut | None:
        """The same for a layout that was not seen before, which is then known."""
        raw = self._raw
        try:
            places = self._places()
        except (UnicodeDecodeError, CorruptRecordError, IndexError):
            return None
        names, values = tuple(name for name, _, _ in places), [raw[at:end] for _, at, end in places]
        if len(set(names)) < len(names) or UNREADABLE in names:
            return None
        if not all(at <= end for _, at, end in places) or not b"".join(values).isascii():
            return None
        ends = [0, *(end for _, _, end in places)]
        between = tuple(raw[before:at] for before, (_, at, _) in zip(ends, places, strict=False))
        sizes = (f"{len(each)}s{end - at}s" for each, (_, at, end) in zip(between, places, strict=True))
        if len(_layouts) >= _MOST_LAYOUTS:
            _layouts.clear()
        alike = _layouts.setdefault((self._count, len(raw)), [])
        if len(alike) >= _MOST_ALIKE:
            alike.clear()
        alike.insert(0, _Layout(names, between, Struct("=" + "".join(sizes))))
        return names, values

    def _places(self) -> list[tuple[str, int, int]]:
        """Name, and where the value begins and ends; it ends before it begins when there is none."""
        raw, at = self._raw, 0
        places: list[tuple[str, int, int]] = []
        for _ in range(self._count):
            length, at = (raw[at] >> 1, at + 1) if raw[at] in _ONE_BYTE else _number(raw, at)
            end = at + length
            name = _names.get(raw[at:end]) or _text(raw[at:end])
            length, at = (raw[end] >> 1, end + 1) if raw[end] in _ONE_BYTE else _number(raw, end)
            if length < 0:
                places.append((name, at, -1))
            else:
                places.append((name, at, at := at + length))
        if at != len(raw):
            raise CorruptRecordError
        return places


def _by_name(names: Sequence[str], values: Sequence[bytes]) -> Mapping[str, str] | None:
    """The values as texts; None when one is not ASCII. All are decoded in one call: one for each would take as long as
    all the rest. What divides them is in no value, or else there are too many."""
    together = b"\0".join(values)
    if not together.isascii():
        return None
    texts = together.decode("ascii").split("\0")
    if len(texts) != len(names):
        return {name: value.decode("ascii") for name, value in zip(names, values, strict=True)}
    return dict(zip(names, texts, strict=True))


class Placed(Received, frozen=True, gc=False):
    """The same with where it was read: what a consumer's poll gives, and what kafka-python asks of it."""

    topic: str
    partition: int
    leader_epoch: int


def go_past_unreadable_headers() -> None:
    """Changes how every consumer of this process reads records. Doing it again changes nothing."""
    Fetcher.PartitionRecords._unpack_records = _unpack


def _unpack(fetched: Any, place: Any, records: Any, *_deserializers: object) -> Iterator[Placed]:
    """What Kafka sent of one partition, record by record, as kafka-python's own generator would: it says before each
    how far the partition was read, and looks at the checksum of each batch."""
    last = None
    while (batch := records.next_batch()) is not None:
        last = batch
        if fetched.check_crcs and not batch.validate_crc():
            raise CorruptRecordError(f"a batch at offset {batch.base_offset} of {place} is not what was sent")
        if batch.magic < _FORMAT_WITH_HEADERS:
            raise CorruptRecordError(f"a batch at offset {batch.base_offset} of {place} is older than Kafka 0.11")
        fetched.leader_epoch = batch.leader_epoch
        fetched.bytes_read += batch.size_in_bytes
        if not batch.is_control_batch:
            for record in _records_of(batch, place.topic, place.partition):
                fetched.next_fetch_offset = record.offset + 1
                fetched.records_read += 1
                yield record
    if last is not None:
        fetched.next_fetch_offset = last.next_offset  # the last records of a batch may be compacted away
    fetched.drain()


def _records_of(batch: Any, topic: str, partition: int) -> Iterator[Placed]:
    """The records of a batch. Each one's own length says where the one after it begins."""
    batch._maybe_uncompress()
    raw, at, base, epoch = bytes(batch._buffer), batch._pos, batch.base_offset, batch.leader_epoch
    try:
        for _ in range(batch.records_count):
            length, first = _number(raw, at)
            end = first + length
            _, at = _number(raw, first + 1)  # its time, behind a byte of attributes, of which there are none
            nth, at = _number(raw, at)
            key, at = _bytes(raw, at)
            value, at = _bytes(raw, at)
            count, at = _number(raw, at)
            if at > end or end > len(raw):
                raise CorruptRecordError(f"a record of {length} bytes is longer than that")
            yield Placed(base + nth, key, Headers(raw[at:end], count), value, topic, partition, epoch)
            at = end
    except (IndexError, ValueError) as error:
        raise CorruptRecordError("a batch ends within a record") from error
    if at != len(raw):
        raise CorruptRecordError(f"{len(raw) - at} bytes are left behind a batch's last record")


def _number(raw: bytes, at: int) -> tuple[int, int]:
    """A signed number (zigzag, seven bits a byte) and the place behind it. Most are of one byte or two."""
    first = raw[at]
    if first < 0x80:
        return (first >> 1) ^ -(first & 1), at + 1
    second = raw[at + 1]
    if second < 0x80:
        return ((first & 0x7F | second << 7) >> 1) ^ -(first & 1), at + 2
    number, behind = decode_varint(raw, at)
    return number, behind


def _bytes(raw: bytes, at: int) -> tuple[bytes | None, int]:
    length, at = _number(raw, at)
    return (None, at) if length < 0 else (raw[at : at + length], at + length)


def _text(name: bytes) -> str:
    known = name.decode()
    if len(_names) < _MOST_NAMES:
        _names[name] = known
    return known
