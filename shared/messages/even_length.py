"""A value as text to be sealed, of a length that tells nothing.

Sealing hides a text but not how long it is, and among a dozen known words the length alone says which one it was. So
the JSON is filled up with spaces to whole blocks.
"""

from typing import TypeVar

import msgspec

from shared.messages.events import ERASED

T = TypeVar("T")

BLOCK = 2048
"""Bytes. What people choose from a list fits into one; long words of their own take more."""


def evenly(value: object) -> str:
    """The value as JSON, for a `Personal[str | None]` field; read it with `read_evenly`."""
    text = msgspec.json.encode(value).decode()
    return text + " " * (-len(text.encode()) % BLOCK)


def read_evenly(text: str | None, kind: type[T]) -> T | None:
    """What `evenly` was given, or None when it is erased. Raises msgspec.DecodeError (or ValidationError)."""
    return None if text is None or text == ERASED else msgspec.json.decode(text, type=kind)
