"""How often something is tried before its message is parked, and what is no fault of the message."""

from collections.abc import Callable
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

_THE_SAME_EVERY_TIME = (Malformed, UnknownEvent, GapFound, msgspec.DecodeError)


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
