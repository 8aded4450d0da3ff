"""How consumers read records: any header's name, and none before somebody asks for it.

A header's name may be any bytes to Kafka. kafka-python 3.0.12 reads names as UTF-8 inside poll(): it raises once, and
from then on returns nothing and never ends, with the whole batch before its next record. Everything else about such a
record is in its place, so it is handed on with one header that says what is wrong.

It also spends half of a consumer's time on headers, in two calls for each name and value. Here a record keeps them as
the bytes that they are, and `Headers` reads them when it is gone through. tests/kernel/test_unreadable_headers.py fails
when a release changes what is used.
"""

from collections.abc import Iterator
from typing import Any

from kafka.errors import CorruptRecordError
from kafka.record.default_records import DefaultRecord, DefaultRecordBatch
from kafka.record.util import decode_varint

from shared.streaming.cloudevents import UNREADABLE

_ONE_BYTE = frozenset(range(0, 0x80, 2))  # what a length of less than 64 looks like; nearly all are

_read_by_kafka_python = DefaultRecordBatch._read_msg
_names: dict[bytes, str] = {}
_MOST_NAMES = 1000  # of all services together there are twenty; whoever sends others must not fill the memory


class Headers:
    """The headers of one record: pairs of a name and a value, which may be None."""

    __slots__ = ("_count", "_raw")

    def __init__(self, raw: bytes, count: int) -> None:
        self._raw, self._count = raw, count

    def __bool__(self) -> bool:
        """kafka-python adds up the sizes of headers that are there, and nobody asks for the sum."""
        return False

    def __repr__(self) -> str:
        return repr(list(self))

    def __iter__(self) -> Iterator[tuple[str, bytes | None]]:
        try:
            return iter(self._read())
        except (UnicodeDecodeError, CorruptRecordError, IndexError):
            return iter([(UNREADABLE, b"")])

    def _read(self) -> list[tuple[str, bytes | None]]:
        raw, at = self._raw, 0
        headers: list[tuple[str, bytes | None]] = []
        for _ in range(self._count):
            length, at = (raw[at] >> 1, at + 1) if raw[at] in _ONE_BYTE else _number(raw, at)
            end = at + length
            name = _names.get(raw[at:end]) or _text(raw[at:end])
            length, at = (raw[end] >> 1, end + 1) if raw[end] in _ONE_BYTE else _number(raw, end)
            if length < 0:
                headers.append((name, None))
            else:
                end = at + length
                headers.append((name, raw[at:end]))
                at = end
        if at != len(raw):
            raise CorruptRecordError
        return headers


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
    """A signed number (zigzag, seven bits a byte) and the place behind it. Most are of one byte."""
    first = buffer[at]
    if first < 0x80:
        return (first >> 1) ^ -(first & 1), at + 1
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
