"""What an event is: a frozen fact in the past tense, with a stable name and version.

    @event("place-taken")
    class PlaceTaken:
        member: MemberId

The class name may change; the registered name and version may not, because they are stored for ever.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, NewType, TypeVar, dataclass_transform
from uuid import UUID

from msgspec import Meta

T = TypeVar("T")

Event = object
"""Any class made by `@event`. The registry refuses everything else when it is appended."""

MemberId = NewType("MemberId", UUID)
"""A person, wherever she appears. It says nothing about her; her name is sealed under it."""

Instant = Annotated[datetime, Meta(tz=True)]
"""A moment with its offset. A naive datetime is refused when it is read."""

Fields = dict[str, object]
"""The fields of a stored event as JSON gives them."""

Upcaster = Callable[[Fields], Fields]
"""Turns the fields of one version of an event into those of the next. Pure, and never changed once shipped."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """Marks a field as personal: stored and sent only encrypted under the key of one person.

    `of` names the sibling field that holds that person's id; without it she is the one whose stream it is.
    `also` names a sibling that lists other people whose words or names the text holds: it is sealed under each of
    their keys too, so that nobody can read it once one of them is erased.
    `holds` is what the text is the JSON of, where it is no words (`shared/messages/even_length.py`).
    """

    of: str | None = None
    also: str | None = None
    holds: type | None = None


Personal = Annotated[T, Sealed()]
"""A personal field of the person whose stream this is. `str` or `str | None` only."""

ERASED: Final = "[erased]"
"""What a sealed field reads as once the person's key is destroyed (`None` where the field may be empty)."""


@dataclass(frozen=True, slots=True)
class EventType:
    """The stable name of an event and how old versions of it are read.

    `upcasters[i]` turns version i+1 into version i+2, so there is one fewer than `version`.
    """

    name: str
    version: int
    upcasters: tuple[Upcaster, ...]


_TYPES: dict[type, EventType] = {}


@dataclass_transform(frozen_default=True, kw_only_default=True)
def event(name: str, *, version: int = 1, upcasters: tuple[Upcaster, ...] = ()) -> Callable[[type[T]], type[T]]:
    """Makes a class an event. `name` is kebab-case and unique within its service."""
    if len(upcasters) != version - 1:
        raise TypeError(f"{name}: version {version} needs {version - 1} upcasters, one per step, not {len(upcasters)}")

    def make(cls: type[T]) -> type[T]:
        made = dataclass(frozen=True, slots=True, kw_only=True)(cls)
        _TYPES[made] = EventType(name, version, upcasters)
        return made

    return make


def type_of(cls: type) -> EventType | None:
    """The event type of a class, or None when it is not an event."""
    return _TYPES.get(cls)


def events_defined_in(namespace: Mapping[str, object], module: str) -> list[type]:
    """The event classes that a module defines itself (imported ones belong to their own module)."""
    return [
        value
        for value in namespace.values()
        if isinstance(value, type) and value in _TYPES and value.__module__ == module
    ]
