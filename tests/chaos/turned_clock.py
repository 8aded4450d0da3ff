"""The clock of all processes, turned once in the middle of a run: what was due in weeks is due at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from shared.messages.clock import Clock


class Overtaken(Exception):
    """The clock was turned since a story began whose answers depend on the day: it ends here."""


class TurnedClock:
    """Turned by the runner, and heeded by the people: safe to use from several threads."""

    def __init__(self, file: Path) -> None:
        """`file` is COPSE_CLOCK_FILE."""
        self.clock = Clock(str(file))
        self._file = file
        self._condition = threading.Condition()
        self._on_their_way, self._held = 0, False
        self._turned = timedelta(0)
        self.times_turned = 0

    def now(self) -> datetime:
        return self.clock.now()

    @contextmanager
    def turned_after(self, by: timedelta) -> Iterator[None]:
        """Turned when the block ends, in which no command is on its way that must not be overtaken."""
        with self._condition:
            self._held = True
            self._condition.wait_for(lambda: not self._on_their_way)
            try:
                yield
                self._turn(by)
            finally:
                self._held = False
                self._condition.notify_all()

    def _turn(self, by: timedelta) -> None:
        self._turned += by
        self.times_turned += 1
        new = self._file.with_suffix(".new")
        new.write_text(str(self._turned.total_seconds()))
        new.replace(self._file)  # a reader must not find it empty: that is another hour

    @contextmanager
    def standing_still(self, since: int) -> Iterator[None]:
        """The clock is not turned in the block. Raises Overtaken when it was, after it was turned `since` times."""
        with self._condition:
            self._condition.wait_for(lambda: not self._held)
            if self.times_turned != since:
                raise Overtaken
            self._on_their_way += 1
        try:
            yield
        finally:
            with self._condition:
                self._on_their_way -= 1
                self._condition.notify_all()
