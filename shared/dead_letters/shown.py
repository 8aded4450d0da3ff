"""What a parked message looks like to whoever mends it: what it is and of which shape, never what it says of anybody.

A text is shown only when it is an id, a time or sealed: a message lies here because something is wrong with it, and
what should have been sealed may not be.
"""

import re
from dataclasses import asdict
from typing import Any

import msgspec

from shared.dead_letters.letters import Holder, Letter
from shared.streaming.cloudevents import Received

_SAFE = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"  # an id
    r"|\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?"  # a day or a time
)
_SAFE_HEADER = re.compile(r"[A-Za-z0-9 ./:_+-]{1,200}")
_OURS = {
    "ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "ce_time", "ce_partitionkey", "ce_sequence",
    "ce_position", "ce_dataschema", "ce_actor", "ce_channel", "ce_correlationid", "ce_onbehalfof", "ce_session",
    "ce_causationid", "ce_traceparent", "ce_filling", "content-type",
}  # fmt: skip
_SHOWN_AS_THEY_ARE = (
    "id", "topic", "partition", "offset", "stream", "version", "type", "error", "attempts", "parked_at",
)  # fmt: skip
_DEEPEST = 8


def summary(holder: Holder) -> dict[str, Any]:
    """One row of a list, in JSON's terms."""
    plain: dict[str, Any] = msgspec.to_builtins({**asdict(holder), "reason": holder.reason})
    del plain["error"]
    return plain


def details(letter: Letter) -> dict[str, Any]:
    """One message with its headers and the shape of its value, in JSON's terms."""
    received = letter.received()
    plain: dict[str, Any] = msgspec.to_builtins({name: getattr(letter, name) for name in _SHOWN_AS_THEY_ARE})
    return {
        **plain,
        "headers": [_header(name, text or b"") for name, text in received.headers],
        "value": _value(received),
    }


def _header(name: str, value: bytes) -> dict[str, str]:
    text = value.decode(errors="replace")
    shown = name in _OURS and _SAFE_HEADER.fullmatch(text)
    return {
        "name": name if _SAFE_HEADER.fullmatch(name) else f"a name of {len(name)} characters",
        "value": text if shown else f"[{len(value)} bytes]",
    }


def _value(received: Received) -> object:
    if received.value is None:
        return None
    try:
        return _shape(msgspec.json.decode(received.value), _DEEPEST)
    except (msgspec.DecodeError, RecursionError):
        return f"[{len(received.value)} bytes that are not JSON]"


def _shape(value: object, deeper: int) -> object:
    if not deeper:
        return "[...]"
    match value:
        case dict():
            return {_name(str(name)): _shape(inner, deeper - 1) for name, inner in value.items()}
        case list():
            return [_shape(inner, deeper - 1) for inner in value]
        case str() if value.startswith("sealed:"):
            return "[sealed]"
        case str() if not _SAFE.fullmatch(value):
            return f"[text of {len(value)} characters]"
    return value


def _name(field: str) -> str:
    return field if re.fullmatch(r"[a-z_][a-z0-9_]{0,60}", field) else f"[a name of {len(field)} characters]"
