"""Records whose headers kafka-python cannot read, so that they reach whoever parks them.

A header's name may be any bytes to Kafka. kafka-python 3.0.12 reads names as UTF-8 inside poll(): it raises once, and
from then on returns nothing and never ends, with the whole batch before its next record. Everything else about such a
record is in its place, so it is handed on with one header that says what is wrong. `go_past_unreadable_headers` is
called where consumers are made.
"""

from typing import Any

from kafka.errors import CorruptRecordError
from kafka.record.default_records import DefaultRecord, DefaultRecordBatch
from kafka.record.util import decode_varint

UNREADABLE = "unreadable-headers"

_read = DefaultRecordBatch._read_msg


def go_past_unreadable_headers() -> None:
    """Changes how every consumer of this process reads records. Doing it again changes nothing."""
    DefaultRecordBatch._read_msg = _read_whatever_its_headers


def _read_whatever_its_headers(batch: Any) -> Any:
    start = batch._pos
    try:
        return _read(batch)
    except (UnicodeDecodeError, CorruptRecordError):
        record, batch._pos = _without_headers(batch, start)
        return record


def _without_headers(batch: Any, start: int) -> tuple[Any, int]:
    """The record and the place behind it. Its own length says where that is."""
    buffer = batch._buffer
    length, first = decode_varint(buffer, start)
    _, at = decode_varint(buffer, first)
    since_first, at = decode_varint(buffer, at)
    nth, at = decode_varint(buffer, at)
    key, at = _bytes(buffer, at)
    value, _ = _bytes(buffer, at)
    time = batch.max_timestamp if batch.timestamp_type == batch.LOG_APPEND_TIME else batch.first_timestamp + since_first
    headers = [(UNREADABLE, b"")]
    record = DefaultRecord(length, batch.base_offset + nth, time, batch.timestamp_type, key, value, headers)
    return record, first + length


def _bytes(buffer: Any, at: int) -> tuple[bytes | None, int]:
    length, at = decode_varint(buffer, at)
    return (None, at) if length < 0 else (bytes(buffer[at : at + length]), at + length)
