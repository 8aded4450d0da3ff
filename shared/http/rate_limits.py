"""How often somebody without a sign-in may ask: so many at once, and then evenly.

Counted in memory by each process (docs/adr/0024): nothing is stored, and no address is kept (see clients.py).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from time import monotonic

_CLIENTS_REMEMBERED = 20_000  # about 150 bytes each
_FORGOTTEN_AT_ONCE = 1_000
_ROUNDING = 1e-6  # seconds: sums of fractions must not cost the last of those allowed at once


@dataclass(frozen=True, slots=True)
class Limit:
    """`at_once` requests; a client who used them up gets one more every `seconds / at_once`."""

    at_once: int
    seconds: float

    @classmethod
    def per(cls, seconds: float, text: str) -> "Limit | None":
        """`"60"` in so many seconds; None for `"0"`: no limit. Raises ValueError."""
        number = int(text)
        if number < 0:
            raise ValueError
        return cls(number, seconds) if number else None


class RateLimiter:
    """The generic cell rate algorithm: for each client the one moment up to which its requests are spent."""

    def __init__(self, limit: Limit, clock: Callable[[], float] = monotonic, most: int = _CLIENTS_REMEMBERED) -> None:
        self._every = limit.seconds / limit.at_once
        self._credit = self._every * (limit.at_once - 1) + _ROUNDING
        self._clock, self._most = clock, most
        self._spent_until: dict[bytes, float] = {}
        self._lock = Lock()

    def seconds_to_wait(self, client: bytes) -> int:
        """0 when it may ask now, which is counted; else whole seconds until it may. Refusals are not counted."""
        with self._lock:
            now = self._clock()
            spent = max(self._spent_until.get(client, now), now)
            if spent - now > self._credit:
                return math.ceil(spent - now - self._credit)
            if client not in self._spent_until and len(self._spent_until) >= self._most:
                self._forget(now)
            self._spent_until[client] = spent + self._every
            return 0

    def _forget(self, now: float) -> None:
        """Who asked least of late is forgotten first: a flood of addresses cannot fill the memory."""
        for client in [client for client, until in self._spent_until.items() if until <= now]:
            del self._spent_until[client]
        if len(self._spent_until) >= self._most:
            for client in sorted(self._spent_until, key=self._spent_until.__getitem__)[:_FORGOTTEN_AT_ONCE]:
                del self._spent_until[client]


def sentence(seconds: int) -> str:
    """What a person reads. For an hour of seconds, minutes."""
    wait = f"{seconds} second{'s' * (seconds != 1)}" if seconds < 120 else f"{math.ceil(seconds / 60)} minutes"
    return f"There were very many requests from your network connection. Wait {wait}, then try again."
