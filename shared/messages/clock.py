"""The clock that every rule and timer reads; tests and the demo can turn it."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path


class Clock:
    """UTC now, plus the seconds in the file that COPSE_CLOCK_FILE names (absent in production)."""

    def __init__(self, file: str | None = None) -> None:
        self._file = Path(file) if file else None

    @classmethod
    def from_environment(cls) -> "Clock":
        return cls(os.environ.get("COPSE_CLOCK_FILE"))

    def now(self) -> datetime:
        return datetime.now(UTC) + self._turned()

    def _turned(self) -> timedelta:
        if self._file is None or not self._file.exists():
            return timedelta(0)
        return timedelta(seconds=float(self._file.read_text() or 0))
