"""An event as a Kafka record: CloudEvents 1.0, Kafka binding, binary mode. The value is the event's JSON as stored.

Attributes that the specification does not name are extensions: `sequence` is the stream version, `position` the place
in the producer's event table; `actor`, `onbehalfof` and `channel` say who, for whom and how, never by name, and
`session` in which assisted session; `filling` to which filling of its topic a record belongs, unless it is the first.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol, TypeVar
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from shared.eventstore.outbox import ToPublish
from shared.messages.decisions import id_of
from shared.messages.events import Instant
from shared.messages.recorded import Metadata, Position, Stored

Headers = list[tuple[str, bytes]]

T = TypeVar("T")


class Unread(Protocol):
    """The headers of a record that nobody has looked at yet (shared/streaming/readable.py)."""

    def __iter__(self) -> Iterator[tuple[str, bytes | None]]: ...

    def texts(self) -> Mapping[str, str] | None:
        """What each header holds, when nothing about them is out of the ordinary; else None."""


class Received(msgspec.Struct, frozen=True, gc=False):
    """A record as Kafka gave it."""

    offset: int
    key: bytes | None
    headers: Headers | Unread
    value: bytes | None


UNREADABLE = "unreadable-headers"
"""The one header of a record whose own cannot be read (shared/streaming/readable.py)."""

_PREFIX = "org.copse."
_FILLING = "ce_filling"
_A_FILLING = re.compile("[1-9][0-9]{0,8}")
_TYPE = re.compile(r"org\.copse\.[a-z0-9-]+\.(?P<name>[a-z0-9.-]{1,100})\.v(?P<version>[1-9][0-9]{0,3})")
_LONGEST_STREAM = 200
_NONE_OF_OURS = "a record is not a Copse event"


class Malformed(Exception):
    """A record of a topic that is not one of our events."""


def topic_of(service: str) -> str:
    return f"copse.{service}.v1"


def service_of(topic: str) -> str:
    return topic.removeprefix("copse.").removesuffix(".v1")


@dataclass(frozen=True, slots=True)
class _Who:
    """An event's metadata as the headers give it: text."""

    actor: str
    channel: str
    correlation_id: str
    on_behalf_of: str | None = None
    session: str | None = None
    causation_id: str | None = None
    traceparent: str | None = None


_who = msgspec.json.Decoder(_Who)


def headers_of(stored: Stored | ToPublish, service: str, filling: int = 0) -> Headers:
    """The record's headers. Every value is text in UTF-8."""
    who = _who.decode(stored.metadata)
    stream = stored.stream.encode()
    headers = [
        *_of_type(service, stored.type, stored.schema_version),
        ("ce_id", str(stored.event_id).encode()),
        ("ce_subject", stream),
        ("ce_time", stored.recorded_at.astimezone(UTC).isoformat().replace("+00:00", "Z").encode()),
        ("ce_partitionkey", stream),
        ("ce_sequence", str(stored.version).encode()),
        ("ce_position", str(stored.position).encode()),
        ("ce_actor", who.actor.encode()),
        ("ce_channel", who.channel.encode()),
        ("ce_correlationid", who.correlation_id.encode()),
    ]
    if who.on_behalf_of is not None:
        headers.append(("ce_onbehalfof", who.on_behalf_of.encode()))
    if who.session is not None:
        headers.append(("ce_session", who.session.encode()))
    if who.causation_id is not None:
        headers.append(("ce_causationid", who.causation_id.encode()))
    if who.traceparent is not None:
        headers.append(("ce_traceparent", who.traceparent.encode()))
    if filling:
        headers.append((_FILLING, str(filling).encode()))
    return headers


@lru_cache(maxsize=1000)
def _of_type(service: str, name: str, schema_version: int) -> tuple[tuple[str, bytes], ...]:
    """What is the same in every record of one type and version."""
    texts = {
        "ce_specversion": "1.0",
        "ce_type": f"{_PREFIX}{service}.{name}.v{schema_version}",
        "ce_source": f"/copse/{service}",
        "ce_dataschema": f"urn:copse:schema:{service}:{name}:{schema_version}",
        "content-type": "application/json",
    }
    return tuple((header, text.encode()) for header, text in texts.items())


def stored_from(headers: Headers | Unread, value: bytes | None) -> Stored:
    """The event in a record. Raises Malformed when it is not one; the text names the header, never what it holds."""
    if not isinstance(headers, list) and (texts := headers.texts()) and (stored := _at_once(texts, value)):
        return stored
    texts = _texts(headers)
    name, schema_version = _header(texts, "ce_type", _type)
    metadata = Metadata(
        actor=_header(texts, "ce_actor", str),
        channel=_header(texts, "ce_channel", str),
        correlation_id=_header(texts, "ce_correlationid", _uuid),
        on_behalf_of=texts.get("ce_onbehalfof"),
        session=_header(texts, "ce_session", _uuid) if "ce_session" in texts else None,
        causation_id=_header(texts, "ce_causationid", _uuid) if "ce_causationid" in texts else None,
        traceparent=texts.get("ce_traceparent"),
    )
    try:
        data = (value or b"").decode()
    except UnicodeDecodeError as error:
        raise Malformed(f"{_NONE_OF_OURS}: its value is not text") from error
    return Stored(
        position=_header(texts, "ce_position", Position.parse),
        event_id=_header(texts, "ce_id", _uuid),
        stream=_header(texts, "ce_subject", _stream),
        version=_header(texts, "ce_sequence", _version),
        type=name,
        schema_version=schema_version,
        data=data,
        metadata=msgspec.json.encode(metadata).decode(),
        recorded_at=_header(texts, "ce_time", _instant),
    )


class _Attributes(msgspec.Struct, frozen=True, gc=False, rename=lambda name: f"ce_{name}"):
    """What `_at_once` has msgspec look at in one go. No less strict than `stored_from`, which says what is wrong."""

    type: str
    id: UUID
    subject: str
    time: Instant
    sequence: str
    position: str
    actor: str
    channel: str
    correlationid: UUID
    onbehalfof: str | None = None
    session: UUID | UnsetType = UNSET
    causationid: UUID | UnsetType = UNSET
    traceparent: str | None = None


def _at_once(texts: Mapping[str, str], value: bytes | None) -> Stored | None:
    """The same in a fraction of the time, for records as they should be. None when anything is amiss: `stored_from`
    then finds out what."""
    try:
        read = msgspec.convert(texts, _Attributes)
        name, schema_version = _type(read.type)
        xid, number = read.position.split(".")
        metadata = Metadata(
            actor=read.actor,
            channel=read.channel,
            correlation_id=read.correlationid,
            on_behalf_of=read.onbehalfof,
            session=read.session or None,
            causation_id=read.causationid or None,
            traceparent=read.traceparent,
        )
        return Stored(
            position=Position(int(xid), int(number)),
            event_id=read.id,
            stream=_stream(read.subject),
            version=_version(read.sequence),
            type=name,
            schema_version=schema_version,
            data=(value or b"").decode(),
            metadata=msgspec.json.encode(metadata).decode(),
            recorded_at=read.time,
        )
    except ValueError:
        return None


def sources_of(headers: Headers | Unread) -> list[str]:
    """What a record says of where it comes from: once, if it is one of ours. Raises Malformed when it has no texts."""
    if not isinstance(headers, list) and (texts := headers.texts()):
        return [texts["ce_source"]] if "ce_source" in texts else []
    return [(text or b"").decode(errors="replace") for name, text in headers if name == "ce_source"]


def filling_of(headers: Headers | Unread) -> int:
    """Which filling of its topic a record belongs to; 0 for the first, and for what is no record of ours."""
    texts = None if isinstance(headers, list) else headers.texts()
    if texts is None:
        texts = {name: (text or b"").decode(errors="replace") for name, text in headers}
    filling = texts.get(_FILLING, "")
    return int(filling) if _A_FILLING.fullmatch(filling) else 0


def stream_named_by(headers: Headers | Unread, key: bytes | None) -> str | None:
    """The stream that a record belongs to, whatever else is wrong with it; None when it names none, or two."""
    subjects = [text for name, text in headers if name == "ce_subject"]
    named: set[str] = set()
    for each in (*subjects, key):
        try:
            named.add(_stream((each or b"").decode()))
        except ValueError:
            continue
    return named.pop() if len(named) == 1 else None


def _texts(headers: Headers | Unread) -> dict[str, str]:
    texts: dict[str, str] = {}
    for name, text in headers:
        if name == UNREADABLE:
            raise Malformed(f"{_NONE_OF_OURS}: the name of one of its headers is not text")
        try:
            texts[name] = (text or b"").decode()  # Kafka allows a header without a value
        except UnicodeDecodeError as error:
            raise Malformed(f"{_NONE_OF_OURS}: one of its headers is not text") from error
    return texts


def _header(texts: dict[str, str], name: str, parse: Callable[[str], T]) -> T:
    if name not in texts:
        raise Malformed(f"{_NONE_OF_OURS}: it has no header {name}")
    try:
        return parse(texts[name])
    except ValueError as error:
        raise Malformed(f"{_NONE_OF_OURS}: its header {name} is not valid") from error


def _uuid(text: str) -> UUID:
    """In half the time that the class itself takes."""
    try:
        return msgspec.convert(text, UUID)
    except msgspec.ValidationError as error:
        raise ValueError from error


@lru_cache(maxsize=1024)  # a topic has few types
def _type(text: str) -> tuple[str, int]:
    match = _TYPE.fullmatch(text)
    if match is None:
        raise ValueError
    return match["name"], int(match["version"])


@lru_cache(maxsize=4096)  # one stream's events come close together
def _stream(text: str) -> str:
    """A name that PostgreSQL can keep and index, and that ends in the stream's id."""
    if len(text) > _LONGEST_STREAM or not text.isprintable():
        raise ValueError
    id_of(text)
    return text


def _version(text: str) -> int:
    version = int(text)
    if not 1 <= version < 2**31:  # what the event table can hold
        raise ValueError
    return version


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError
    return instant
