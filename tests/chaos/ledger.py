"""Everything that was acknowledged, and every answer that should not have been."""

import json
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Acknowledged:
    """A command that a service said it had done. `key` is its Idempotency-Key and its X-Request-Id: the correlation id
    of its events. `position` is None when nothing had to change. `tries` counts how often it had to be sent."""

    service: str
    path: str
    key: str
    stream: str
    version: int
    position: str | None
    tries: int


class Ledger:
    """Safe to use from several threads. Written to a file as it grows."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("a", buffering=1)
        self._lock = threading.Lock()
        self._entries: list[Acknowledged] = []
        self.repeated = 0
        self._contradictions: list[str] = []
        self.unexpected: Counter[str] = Counter()

    def add(self, entry: Acknowledged) -> None:
        with self._lock:
            self._entries.append(entry)
            self._file.write(json.dumps(asdict(entry)) + "\n")

    def contradicts(self, says: str) -> None:
        """A repetition was not answered as the first time: it was taken for another command."""
        with self._lock:
            self._contradictions.append(says)
            self._file.write(json.dumps({"contradiction": says}) + "\n")

    def wonders(self, answer: str) -> None:
        """An answer that no client should get."""
        with self._lock:
            self.unexpected[answer] += 1

    def repeats(self) -> None:
        with self._lock:
            self.repeated += 1

    def __len__(self) -> int:
        with self._lock:
            return len(self._entries)

    @property
    def entries(self) -> Sequence[Acknowledged]:
        with self._lock:
            return tuple(self._entries)

    @property
    def contradictions(self) -> Sequence[str]:
        with self._lock:
            return tuple(self._contradictions)
