"""Samples of events, made from their types alone: one with everything filled in, one with as little as may be."""

from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import NAMESPACE_URL, UUID, uuid5

from shared.messages.even_length import evenly
from shared.messages.events import Sealed

_AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
_PLAIN: dict[object, Any] = {bool: True, int: 7, float: 2.5, datetime: _AT, date: _AT.date()}


def full(event: type) -> Any:
    """Every field filled in; lists hold one of each kind."""
    return _of(event, event.__name__, filled=True)


def bare(event: type) -> Any:
    """Fields with a default have it; lists are empty, and what may be None is."""
    return _of(event, event.__name__, filled=False)


def _of(hint: Any, name: str, *, filled: bool) -> Any:
    """A value of a type. Text and ids are made from the field's name, so that no two fields hold the same."""
    origin, inner = get_origin(hint), get_args(hint)
    if hasattr(hint, "__supertype__"):
        return _of(hint.__supertype__, name, filled=filled)
    if isinstance(hint, type) and is_dataclass(hint):
        hints = get_type_hints(hint, include_extras=True)
        given = [each for each in fields(hint) if filled or each.default is each.default_factory is MISSING]
        return hint(**{each.name: _of(hints[each.name], f"{name}.{each.name}", filled=filled) for each in given})
    if isinstance(hint, type) and issubclass(hint, Enum):
        return next(iter(hint))
    if origin is Annotated:
        holds = next((note.holds for note in inner[1:] if isinstance(note, Sealed)), None)
        if holds and filled:
            return evenly(_of(holds, name, filled=True))
        return _of(inner[0], name, filled=filled)
    if origin is Literal:
        return inner[0]
    if origin in (Union, UnionType):
        if type(None) in inner and not filled:
            return None
        return _of(next(each for each in inner if each is not type(None)), name, filled=filled)
    if origin is tuple and inner[-1] is not Ellipsis:
        return tuple(_of(each, f"{name}.{nth}", filled=filled) for nth, each in enumerate(inner))
    if origin in (tuple, list, frozenset):
        return origin([_of(inner[0], f"{name}.0", filled=True)] if filled else [])
    if origin is dict:
        return {_of(inner[0], f"{name}.key", filled=True): _of(inner[1], name, filled=True)} if filled else {}
    if hint is str:
        return f"{name}: Zoë"
    if hint is UUID:
        return uuid5(NAMESPACE_URL, name)
    if hint in _PLAIN:
        return _PLAIN[hint]
    raise TypeError(f"{name}: no sample of {hint} can be made; teach shared/testing/samples.py")
