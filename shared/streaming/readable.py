"""How consumers read records: any header's name, and none before somebody asks for it.

A header's name may be any bytes to Kafka. kafka-python 3.0.12 reads names as UTF-8 inside poll(): it raises once, and
from then on returns nothing and never ends, with the whole batch before its next record. Everything else about such a
record is in its place, so it is handed on with one header that says what is wrong.

It also spends half of a consumer's time on headers, in two calls for each name and value. Here a record keeps them as
the bytes that they are, and `Headers` reads them when it is gone through. Records of one kind differ in what their
headers hold, hardly ever in their names and lengths: `by_name` remembers such layouts, cuts the bytes at their places
in one call, and is right when all between them is the same. tests/kernel/test_unreadable_headers.py fails when a
release changes what is used.
"""

from collections.abc import Iterator, Mapping
from struct import Struct
from typing import Any, NamedTuple

from kafka.errors import CorruptRecordError
from kafka.record.default_records import DefaultRecord, DefaultRecordBatch
from kafka.record.util import decode_varint

from shared.streaming.cloudevents import UNREADABLE

_ONE_BYTE = frozenset(range(0, 0x80, 2))  # what a length of less than 64 looks like; nearly all are

_read_by_kafka_python = DefaultRecordBatch._read_msg
_names: dict[bytes, str] = {}
_MOST_NAMES = 1000  # of all services together there are twenty; whoever sends others must not fill the memory


class _Layout(NamedTuple):
    """Where the values of some headers lie; `between` is every byte that belongs to no value."""

    names: tuple[str, ...]
    between: tuple[bytes, ...]
    cut: Struct


_layouts: dict[tuple[int, int], list[_Layout]] = {}
"""By the number of headers and of their bytes."""
_MOST_LAYOUTS = 1000
_MOST_ALIKE = 8


class Headers:
    """The headers of one record: pairs of a name and a value, which may be None."""

    __slots__ = ("_count", "_named", "_raw")

    def __init__(self, raw: bytes, count: int) -> None:
        self._raw, self._count = raw, count
        self._named: Mapping[str, bytes] | None = None

    def __bool__(self) -> bool:
        """kafka-python adds up the sizes of headers that are there, and nobody asks for the sum."""
        return False

    def __repr__(self) -> str:
        return repr(list(self))

    def __iter__(self) -> Iterator[tuple[str, bytes | None]]:
        raw = self._raw
        try:
            return iter([(name, raw[at:end] if at <= end else None) for name, at, end in self._places()])
        except (UnicodeDecodeError, CorruptRecordError, IndexError):
            return iter([(UNREADABLE, b"")])

    def by_name(self) -> Mapping[str, bytes] | None:
        """What each header holds, when it is ASCII throughout and no two have the same name: as relays send them."""
        if self._named is None:
            alike = _layouts.get((self._count, len(self._raw)), [])
            for nth, layout in enumerate(alike):
                parts = layout.cut.unpack(self._raw)
                if parts[::2] == layout.between:
                    if nth:
                        alike.insert(0, alike.pop(nth))  # the next record is tried against it first
                    values = parts[1::2]
                    if b"".join(values).isascii():
                        self._named = dict(zip(layout.names, values, strict=True))
                    return self._named
            self._named = self._learn()
        return self._named

    def _learn(self) -> Mapping[str, bytes] | None:
        """The same for a layout that was not seen before, which is then known."""
        raw = self._raw
        try:
            places = self._places()
        except (UnicodeDecodeError, CorruptRecordError, IndexError):
            return None
        names = tuple(name for name, _, _ in places)
        if len(set(names)) < len(names) or UNREADABLE in names:
            return None
        if not all(at <= end and raw[at:end].isascii() for _, at, end in places):
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
        return {name: raw[at:end] for name, at, end in places}

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


def go_past_unreadable_headers() -> None:
    """Changes how every consumer of this process reads records. Doing it again changes nothing."""
    DefaultRecordBatch._read_msg = _read


def _read(batch: Any) -> Any:
    """The next record of a batch. Its own length says where the one after it begins."""
    if batch.is_control_batch:
        return _read_by_kafka_python(batch)
    buffer = batch._buffer
    length, first = _number(buffer, batch._pos)
    end = first + length
    since_first, at = _number(buffer, first + 1)  # behind a byte of attributes, of which there are none
    nth, at = _number(buffer, at)
    key, at = _bytes(buffer, at)
    value, at = _bytes(buffer, at)
    count, at = _number(buffer, at)
    if at > end or end > len(buffer):
        raise CorruptRecordError(f"a record of {length} bytes is longer than that")
    batch._pos = end
    kind = batch.timestamp_type
    time = batch.max_timestamp if kind == batch.LOG_APPEND_TIME else batch.first_timestamp + since_first
    headers = Headers(bytes(buffer[at:end]), count)
    return DefaultRecord(length, batch.base_offset + nth, time, kind, key, value, headers)


def _number(buffer: Any, at: int) -> tuple[int, int]:
    """A signed number (zigzag, seven bits a byte) and the place behind it. Most are of one byte or two."""
    first = buffer[at]
    if first < 0x80:
        return (first >> 1) ^ -(first & 1), at + 1
    second = buffer[at + 1]
    if second < 0x80:
        return ((first & 0x7F | second << 7) >> 1) ^ -(first & 1), at + 2
    number, behind = decode_varint(buffer, at)
    return number, behind


def _bytes(buffer: Any, at: int) -> tuple[bytes | None, int]:
    length, at = _number(buffer, at)
    return (None, at) if length < 0 else (bytes(buffer[at : at + length]), at + length)


def _text(name: bytes) -> str:
    known = name.decode()
    if len(_names) < _MOST_NAMES:
        _names[name] = known
    return known
