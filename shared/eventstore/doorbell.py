"""Tells the workers that something was appended, so that they need not wait for their next look.

Rung after commit, on a connection of its own, at most every few milliseconds: NOTIFY inside the appending transaction
would make commits wait for each other and halve the rate. It is a hint, never a guarantee: whoever listens also looks
by itself from time to time.
"""

import select
import threading
import time
from queue import SimpleQueue

from shared.database.pool import Connection, Database, Unavailable

_CHANNEL = "appended"
_LEAST_PAUSE_SECONDS = 0.005
_RETRY_SECONDS = 1.0


class Doorbell:
    """Rings for one service. `ring` never blocks and never raises."""

    def __init__(self, database: Database) -> None:
        self._database = database
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
                        cursor.execute(f"notify {_CHANNEL}")
                        time.sleep(_LEAST_PAUSE_SECONDS)
            except Unavailable:
                time.sleep(_RETRY_SECONDS)


class Listener:
    """Waits for the bell on its own connection."""

    def __init__(self, connection: Connection) -> None:
        """`connection` is in autocommit mode and used for nothing else while waiting."""
        self._connection = connection
        with connection.cursor() as cursor:
            cursor.execute(f"listen {_CHANNEL}")

    def wait(self, seconds: float) -> bool:
        """True when it rang, False when the time passed. Raises psycopg2's error when the connection died."""
        if not self._connection.notifies:
            readable, _, _ = select.select([self._connection], [], [], seconds)
            if readable:
                self._connection.poll()
        rang = bool(self._connection.notifies)
        self._connection.notifies.clear()
        return rang
