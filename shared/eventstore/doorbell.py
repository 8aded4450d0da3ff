"""Tells the workers that something was appended, so that they need not wait for their next look.

Rung after commit, on a connection of its own, at most every few milliseconds: NOTIFY inside the appending transaction
would make commits wait for each other and halve the rate. It is a hint, never a guarantee: whoever listens also looks
by itself from time to time.
"""

import select
import socket
import threading
import time
from contextlib import suppress
from queue import SimpleQueue
from typing import Literal

from shared.database.pool import Connection, Database, Unavailable

Channel = Literal["appended", "noted"]
"""What is rung for: events, or entries of the agenda. Nobody is woken for what is not theirs."""

_SOON_SECONDS = 0.001
_AFTER_SOMETHING_SECONDS = 0.016
_LEAST_PAUSE_SECONDS = 0.005
_RETRY_SECONDS = 1.0


class Doorbell:
    """Rings for one service. `ring` never blocks and never raises."""

    def __init__(self, database: Database, channel: Channel = "appended") -> None:
        self._database, self._channel = database, channel
        self._wanted = SimpleQueue[None]()  # an Event would do, and costs a little more to set and to wait for
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def ring(self) -> None:
        if self._thread is None:
            with self._starting:  # lazily, because threads made before a fork are not there after it
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="doorbell", daemon=True)
                    self._thread.start()
        if self._wanted.empty():  # who finds it wanted already is told of by the ring that is still to come
            self._wanted.put(None)

    def _run(self) -> None:
        while True:
            try:
                with self._database.own_connection() as connection, connection.cursor() as cursor:
                    while True:
                        self._wanted.get()
                        cursor.execute(f"notify {self._channel}")
                        time.sleep(_LEAST_PAUSE_SECONDS)
            except Unavailable:
                time.sleep(_RETRY_SECONDS)


class Listener:
    """Waits for the bell on its own connection."""

    def __init__(self, connection: Connection, channel: Channel = "appended", tap: "Tap | None" = None) -> None:
        """`connection` is in autocommit mode and used for nothing else while waiting. A tap ends the waiting too."""
        self._connection, self._tap = connection, tap
        with connection.cursor() as cursor:
            cursor.execute(f"listen {channel}")

    def wait(self, seconds: float) -> bool:
        """True when it rang, False when the time passed. Raises psycopg2's error when the connection died."""
        if not self._connection.notifies:
            waited_for: list[Connection | Tap] = [self._connection, self._tap] if self._tap else [self._connection]
            readable, _, _ = select.select(waited_for, [], [], seconds)
            if self._connection in readable:
                self._connection.poll()
            if self._tap and self._tap in readable:
                self._tap.clear()
        rang = bool(self._connection.notifies)
        self._connection.notifies.clear()
        return rang


class Tap:
    """Wakes the one who waits, from another thread of the same process."""

    def __init__(self) -> None:
        self._here, self._there = socket.socketpair()
        for each in (self._here, self._there):
            each.setblocking(False)

    def __call__(self) -> None:
        with suppress(OSError):  # full: it wakes already; closed: nobody waits any more
            self._there.send(b"!")

    def fileno(self) -> int:
        return self._here.fileno()

    def clear(self) -> None:
        with suppress(BlockingIOError):
            self._here.recv(4096)

    def close(self) -> None:
        self._here.close()
        self._there.close()


class Looks:
    """When to look for new events: when it rings, soon again after that, and from time to time.

    Soon again, because it rings for an event that nobody may read yet: one below the horizon of a transaction that is
    still open. When that one ends nothing rings. The pauses double until they are `seconds` long.
    """

    def __init__(self, listener: Listener, seconds: float) -> None:
        self._listener, self._seconds = listener, seconds
        self._pause, self._next = seconds, 0.0

    @property
    def due(self) -> bool:
        """Whether it is time to look."""
        return time.monotonic() >= self._next

    @property
    def idle(self) -> bool:
        """Whether it has not rung for long enough to look for what nobody rings for."""
        return self._pause >= self._seconds

    def looked(self, found: object, *, at_once: bool) -> None:
        """What came of a look; `at_once` when there may be more."""
        if found:
            self._pause = _AFTER_SOMETHING_SECONDS
        self._next = 0.0 if at_once else time.monotonic() + self._pause
        self._pause = min(2 * self._pause, self._seconds)

    def wait(self, seconds: float | None = None) -> None:
        """Until the next look is due, or for so long; not beyond a ring or a tap."""
        left = max(0.0, self._next - time.monotonic()) if seconds is None else seconds
        if self._listener.wait(left):
            self._pause, self._next = _SOON_SECONDS, 0.0
