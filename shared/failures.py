"""What may be kept and logged of a failure: what and where, never the value that it failed on.

The texts of others quote what they were given: PostgreSQL the whole row that lacked something, Python the word that is
no number. What was sealed in the event would stand in `copse status` and in the logs, and outlive its key there.
"""

from pathlib import Path
from traceback import extract_tb

import msgspec

from shared.database.pool import TooSlow
from shared.dead_letters.breaker import BreakerOpen
from shared.errors import CannotGoOn
from shared.messages.codec import UnknownEvent
from shared.streaming.cloudevents import Malformed
from shared.streaming.streams import GapFound

_IN_OUR_WORDS = (CannotGoOn, TooSlow, BreakerOpen, Malformed, UnknownEvent, GapFound)
_NAMES_ONLY_CODE = (AttributeError, ImportError, NameError, TypeError)
_CHECKOUT = Path(__file__).parent.parent
_LONGEST = 500


def plain(error: BaseException) -> str:
    """An error for whoever mends it, at most 500 characters. Only our own sentences are quoted."""
    if isinstance(error, _IN_OUR_WORDS):
        return str(error)[:_LONGEST]
    kind = type(error).__name__
    if isinstance(error, msgspec.DecodeError):
        return f"its fields are not those that are read here ({kind})"
    where = _where(error)
    told = "".join(f", telling {name}" for name in getattr(error, "__notes__", []))
    return (kind + _of_what(error) + (f" in {where}" if where else "") + told)[:_LONGEST]


def quotes_nobody(error: BaseException) -> bool:
    """Whether an error's text holds nothing that it was given."""
    return isinstance(error, (*_IN_OUR_WORDS, *_NAMES_ONLY_CODE))


def _of_what(error: BaseException) -> str:
    """What PostgreSQL names of the schema: without it nobody knows which of a handler's columns it was."""
    diagnosis = getattr(error, "diag", None)
    names = [getattr(diagnosis, f"{each}_name", None) for each in ("schema", "table", "column", "constraint")]
    found = ".".join(name for name in names if name)
    return f" at {found}" if found else ""


def _where(error: BaseException) -> str | None:
    """The last line of a service's code that it came through, or else of the kernel's."""
    found: dict[bool, str] = {}
    for frame in extract_tb(error.__traceback__):
        file = Path(frame.filename)
        if file.is_relative_to(_CHECKOUT):
            inside = file.relative_to(_CHECKOUT)
            if not inside.parts[0].startswith("."):  # the environment lies there, too
                found[inside.parts[0] == "shared"] = f"{inside}, line {frame.lineno}"
    return found.get(False) or found.get(True)
