"""How often something is tried before its message is parked, and what is no fault of the message."""

from collections.abc import Callable
from pathlib import Path
from traceback import extract_tb
from typing import TypeVar

import msgspec

from shared.errors import CannotGoOn
from shared.messages.codec import UnknownEvent
from shared.projections.reader import Fenced
from shared.streaming.cloudevents import Malformed
from shared.streaming.streams import GapFound

T = TypeVar("T")

PAUSES_SECONDS = (0.05, 0.25)  # two further tries: the other streams of the partition wait meanwhile
NO_FAULT_OF_THE_MESSAGE = (CannotGoOn, Fenced)  # a database that is away, a partition that another process has

_TELLABLE = (Malformed, UnknownEvent, GapFound)
_THE_SAME_EVERY_TIME = (*_TELLABLE, msgspec.DecodeError)
_CHECKOUT = Path(__file__).parent.parent.parent


def patiently(act: Callable[[], T], wait: Callable[[float], object]) -> T:
    """What `act` gives, tried again after short pauses. Raises its last error; at once where time mends nothing."""
    for pause in PAUSES_SECONDS:
        try:
            return act()
        except (*NO_FAULT_OF_THE_MESSAGE, *_THE_SAME_EVERY_TIME):
            raise
        except Exception:
            wait(pause)
    return act()


def plain(error: Exception) -> str:
    """An error for whoever mends it: what and where. Only our own sentences are quoted, because the text of others,
    such as PostgreSQL's on a duplicate, may hold a name that was sealed in the message."""
    if isinstance(error, _TELLABLE):
        return str(error)
    kind = type(error).__name__
    if isinstance(error, msgspec.DecodeError):
        return f"its fields are not those that are read here ({kind})"
    where = _where(error)
    told = "".join(f", telling {name}" for name in getattr(error, "__notes__", []))
    return (f"{kind} in {where}" if where else kind) + told


def _where(error: Exception) -> str | None:
    """The last line of a service's code that it came through, or else of the kernel's."""
    found: dict[bool, str] = {}
    for frame in extract_tb(error.__traceback__):
        file = Path(frame.filename)
        if file.is_relative_to(_CHECKOUT):
            inside = file.relative_to(_CHECKOUT)
            if not inside.parts[0].startswith("."):  # the environment lies there, too
                found[inside.parts[0] == "shared"] = f"{inside}, line {frame.lineno}"
    return found.get(False) or found.get(True)
