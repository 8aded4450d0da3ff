"""An event as a Kafka record: CloudEvents 1.0, Kafka binding, binary mode. The value is the event's JSON as stored.

Attributes that the specification does not name are extensions: `sequence` is the stream version, `position` the place
in the producer's event table; `actor`, `onbehalfof` and `channel` say who, for whom and how, never by name.
"""

from datetime import UTC, datetime
from uuid import UUID

import msgspec

from shared.messages.recorded import Metadata, Position, Stored

Headers = list[tuple[str, bytes]]

_PREFIX = "org.copse."


class Malformed(Exception):
    """A record of a topic that is not one of our events."""


def topic_of(service: str) -> str:
    return f"copse.{service}.v1"


def headers_of(stored: Stored, service: str) -> Headers:
    """The record's headers. Every value is text in UTF-8."""
    metadata = msgspec.json.decode(stored.metadata, type=Metadata)
    texts = {
        "ce_specversion": "1.0",
        "ce_id": str(stored.event_id),
        "ce_source": f"/copse/{service}",
        "ce_type": f"{_PREFIX}{service}.{stored.type}.v{stored.schema_version}",
        "ce_subject": stored.stream,
        "ce_time": stored.recorded_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "ce_partitionkey": stored.stream,
        "ce_sequence": str(stored.version),
        "ce_position": str(stored.position),
        "ce_dataschema": f"urn:copse:schema:{service}:{stored.type}:{stored.schema_version}",
        "ce_actor": metadata.actor,
        "ce_channel": metadata.channel,
        "ce_correlationid": str(metadata.correlation_id),
        "content-type": "application/json",
    }
    optional = {
        "ce_onbehalfof": metadata.on_behalf_of,
        "ce_causationid": str(metadata.causation_id) if metadata.causation_id else None,
        "ce_traceparent": metadata.traceparent,
    }
    texts.update({name: text for name, text in optional.items() if text is not None})
    return [(name, text.encode()) for name, text in texts.items()]


def stored_from(headers: Headers, value: bytes | None) -> Stored:
    """The event in a record. Raises Malformed when it is not one."""
    try:
        texts = {name: text.decode() for name, text in headers}
        name, _, schema_version = texts["ce_type"].removeprefix(_PREFIX).partition(".")[2].rpartition(".v")
        metadata = Metadata(
            actor=texts["ce_actor"],
            channel=texts["ce_channel"],
            correlation_id=UUID(texts["ce_correlationid"]),
            on_behalf_of=texts.get("ce_onbehalfof"),
            causation_id=UUID(texts["ce_causationid"]) if "ce_causationid" in texts else None,
            traceparent=texts.get("ce_traceparent"),
        )
        return Stored(
            position=Position.parse(texts["ce_position"]),
            event_id=UUID(texts["ce_id"]),
            stream=texts["ce_subject"],
            version=int(texts["ce_sequence"]),
            type=name,
            schema_version=int(schema_version),
            data=(value or b"").decode(),
            metadata=msgspec.json.encode(metadata).decode(),
            recorded_at=datetime.fromisoformat(texts["ce_time"]),
        )
    except (KeyError, ValueError) as error:
        raise Malformed(f"a record is not a Copse event: {type(error).__name__} {error}") from error
