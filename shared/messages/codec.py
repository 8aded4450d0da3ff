"""Events to JSON and back: strict, with personal fields sealed, and old versions brought up to date."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Union, cast, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec

from shared.messages.decisions import Refused, id_of
from shared.messages.events import ERASED, Event, EventType, Fields, Sealed, type_of
from shared.messages.recorded import Content, Recorded, Stored, Unread

Seal = Callable[[UUID, str, str], str]
"""(subject, text, associated data) -> sealed text."""
Unseal = Callable[[str, str], str | None]
"""(sealed text, associated data) -> text, or None when the key is destroyed."""


_READ_FIELDS = msgspec.json.Decoder(Fields)
LARGEST_EVENT_BYTES = 256 * 1024
"""Of an event's JSON: a quarter of what a topic takes at once, so that whatever is recorded can also be published."""


class TooLarge(Refused):
    """An event that could be stored but might not pass through Kafka. Nothing was written."""

    def __init__(self, size: int) -> None:
        super().__init__(
            "too-large",
            f"This is too long to be recorded: {size:,} bytes, and at most {LARGEST_EVENT_BYTES:,} can be. Shorten its"
            " texts, or split it, and send it again.",
        )


class UnknownEvent(Exception):
    """A stored type or version that this release has no class for."""


class Codec:
    """Encodes and decodes the events of one service, or those that a consumer's contract names."""

    def __init__(self, classes: Iterable[type], *, seal: Seal, unseal: Unseal, lenient: bool = False) -> None:
        """`lenient` ignores fields that the class does not name: right for a contract, wrong for one's own events."""
        self._seal, self._unseal, self._lenient = seal, unseal, lenient
        self._types: dict[str, _Known] = {}
        for cls in classes:
            known = type_of(cls)
            if known is None:
                raise TypeError(f"{cls.__name__} is not an event: decorate it with @event")
            if known.name in self._types:
                raise TypeError(f"two events are named {known.name}: {cls.__name__} and {self._types[known.name].cls}")
            self._types[known.name] = _known(cls, known, lenient)

    def name_of(self, cls: type) -> str | None:
        """The name under which events of a class are stored, or None when it is not one of these."""
        known = type_of(cls)
        return known.name if known and known.name in self._types and self._types[known.name].cls is cls else None

    def knows(self, name: str) -> bool:
        return name in self._types

    def encode(self, event: Event, event_id: UUID, stream: str) -> tuple[str, int, str]:
        """(type name, version, JSON). Raises TypeError for a class that this service does not own, and TooLarge.

        Raises msgspec.ValidationError for an event that could not be read back, such as one with a naive datetime:
        once stored, it would stop its stream and every reader for ever.
        """
        cls = type(event)
        known = type_of(cls)
        if known is None or self.name_of(cls) is None:
            raise TypeError(f"{cls.__name__} is not an event of this service")
        if not self._types[known.name].personal:
            data = msgspec.json.encode(event)
            msgspec.json.decode(data, type=cls)
            return known.name, known.version, _within_limits(data).decode()
        plain = cast(Fields, msgspec.to_builtins(event))
        msgspec.convert(plain, cls)

        def seal(text: str, owner: UUID, path: str) -> str:
            return self._seal(owner, text, f"{event_id}/{path}")

        _each_personal(cls, plain, id_of(stream), "", seal)
        return known.name, known.version, _within_limits(msgspec.json.encode(plain)).decode()

    def decode(self, stored: Stored) -> Recorded:
        """Raises UnknownEvent for an unknown type or a newer version, msgspec.ValidationError for wrong fields."""
        return Recorded(
            event=self._event(stored, stored.data),
            event_id=stored.event_id,
            stream=stored.stream,
            version=stored.version,
            position=stored.position,
            who=stored.metadata,
            recorded_at=stored.recorded_at,
        )

    def event(self, content: Content) -> Event:
        """The event alone. Raises as `decode` does."""
        return self._event(content, content.data)

    def read(self, unread: Unread) -> Recorded:
        """Puts the event in the place of its JSON, and gives the same object back. Raises as `decode` does."""
        if type(unread.event) is msgspec.Raw:
            msgspec.structs.force_setattr(unread, "event", self._event(unread, unread.event))
        return unread

    def _event(self, of: Stored | Unread | Content, data: str | msgspec.Raw) -> Event:
        known = self._types.get(of.type)
        if known is None:
            raise UnknownEvent(f"no event named {of.type} is known here")
        if of.schema_version == known.as_it_stands:
            try:
                if known.only_these:
                    known.only_these.decode(data)
                return known.event.decode(data)
            except msgspec.DecodeError:
                pass  # what is wrong is said below
        return self._step_by_step(known, of, data)

    def _step_by_step(self, known: "_Known", stored: Stored | Unread | Content, data: str | msgspec.Raw) -> Event:
        cls, version = known.cls, stored.schema_version
        if not 1 <= version <= known.event_type.version:
            raise UnknownEvent(f"{stored.type} version {version} is newer than this release reads")
        plain = _READ_FIELDS.decode(data)
        if version < known.event_type.version:
            for upcaster in known.event_type.upcasters[version - 1 :]:
                plain = upcaster(plain)
        if not self._lenient and (known.nested or not plain.keys() <= known.names):
            unknown = sorted(_unknown_in(cls, plain, ""))
            if unknown:
                raise msgspec.ValidationError(f"{stored.type} has unknown fields: {', '.join(unknown)}")
        if known.personal:

            def unseal(text: str, _owner: UUID, path: str) -> str | None:
                return self._unseal(text, f"{stored.event_id}/{path}")

            _each_personal(cls, plain, id_of(stored.stream), "", unseal)
        return msgspec.convert(plain, cls)


def _within_limits(data: bytes) -> bytes:
    if len(data) > LARGEST_EVENT_BYTES:
        raise TooLarge(len(data))
    return data


@dataclass(frozen=True, slots=True)
class _Field:
    """What sealing must know of one field: worked out once per class, because type hints are slow to read."""

    name: str
    sealed: Sealed | None
    may_be_none: bool
    inner: tuple[type, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """What reading must know of one event class: worked out once."""

    cls: type
    event_type: EventType
    names: frozenset[str]
    personal: bool
    nested: bool
    event: msgspec.json.Decoder[Event]
    only_these: msgspec.json.Decoder[msgspec.Struct] | None
    """Refuses fields that the class does not name; None where they are passed over."""
    as_it_stands: int
    """The version whose JSON these two read at once. 0: none, for something is sealed, or must be looked into."""


def _known(cls: type, event_type: EventType, lenient: bool) -> _Known:
    nested, names, personal = any(field.inner for field in _fields_of(cls)), _names_of(cls), _has_personal(cls)
    only_these = msgspec.defstruct(
        cls.__name__, [(name, msgspec.Raw, msgspec.Raw()) for name in sorted(names)], forbid_unknown_fields=True
    )
    return _Known(
        cls,
        event_type,
        names,
        personal,
        nested,
        msgspec.json.Decoder(cls),
        None if lenient else msgspec.json.Decoder(only_these),
        0 if personal or (nested and not lenient) else event_type.version,
    )


@cache
def _fields_of(cls: type) -> tuple[_Field, ...]:
    return tuple(
        _Field(name, sealed, bool(sealed) and _may_be_none(hint), tuple(_dataclasses_in(hint)))
        for name, hint in get_type_hints(cls, include_extras=True).items()
        for sealed in [_seal_of(hint)]
    )


@cache
def _names_of(cls: type) -> frozenset[str]:
    return frozenset(field.name for field in fields(cls))


def _unknown_in(cls: type, plain: Fields, prefix: str) -> Iterator[str]:
    """The paths of what `plain` holds and the class, or a dataclass inside it, does not name."""
    yield from (prefix + name for name in plain.keys() - _names_of(cls))
    for field in _fields_of(cls):
        for inner in field.inner:
            for index, part in _parts(plain.get(field.name)):
                yield from _unknown_in(inner, part, f"{prefix}{field.name}/{index}/")


def _parts(value: object) -> Iterable[tuple[int, Fields]]:
    """The dataclasses in a field's value, numbered: those of a list, the one that it is, or none."""
    each = value if isinstance(value, list | tuple) else [value]
    return ((nth, cast(Fields, part)) for nth, part in enumerate(each) if isinstance(part, dict))


def _has_personal(cls: type) -> bool:
    return any(field.sealed or any(map(_has_personal, field.inner)) for field in _fields_of(cls))


def _each_personal(
    cls: type, plain: Fields, stream_owner: UUID, prefix: str, change: Callable[[str, UUID, str], str | None]
) -> None:
    """Replaces every personal text in `plain` by what `change(text, owner, path)` gives, in place."""
    for field in _fields_of(cls):
        value = plain.get(field.name)
        if value is None:
            continue
        if field.sealed:
            owner = UUID(str(plain[field.sealed.of])) if field.sealed.of else stream_owner
            others = cast(Sequence[object], plain.get(field.sealed.also) or ()) if field.sealed.also else ()
            changed: str | None = str(value)
            for each in (owner, *(UUID(str(other)) for other in others)):  # one seal around the other
                changed = change(changed, each, prefix + field.name) if changed is not None else None
            plain[field.name] = changed if changed is not None or field.may_be_none else ERASED
            continue
        for inner in field.inner:
            for index, part in _parts(value):
                _each_personal(inner, part, stream_owner, f"{prefix}{field.name}/{index}/", change)


def _seal_of(hint: object) -> Sealed | None:
    if get_origin(hint) is Annotated:
        return next((note for note in get_args(hint)[1:] if isinstance(note, Sealed)), None)
    return None


def _may_be_none(hint: object) -> bool:
    inner = get_args(hint)[0]
    return get_origin(inner) in (Union, UnionType) and type(None) in get_args(inner)


def _dataclasses_in(hint: object) -> list[type]:
    """The dataclasses inside a hint such as `tuple[Speaker, ...]` or `Speaker | None`."""
    if isinstance(hint, type) and is_dataclass(hint):
        return [hint]
    return [found for inner in get_args(hint) for found in _dataclasses_in(inner)]
