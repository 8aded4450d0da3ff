"""How long is kept what only guards against repetition: answers to requests, and what the agenda has done.

Both grow with every change, and the agenda's details may hold what people wrote. Events are kept for ever.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from shared.database.pool import Database

KEPT = timedelta(days=30)
"""A repeated request gets its old answer for so long. Nobody sends one again after a month."""

_SQL = Path(__file__).parent / "sql"
_OVERDUE = [(_SQL / name).read_text() for name in ("forget_requests.sql", "empty_agenda.sql")]
_BATCH = 500  # each batch is a transaction: a long one would hold back every reader of events


def forget_overdue(database: Database, now: datetime, stopped: Callable[[], bool] = lambda: False) -> int:
    """Forgets what is older than `KEPT`, batch by batch until `stopped()`; how many rows that were."""
    forgotten = 0
    for overdue in _OVERDUE:
        touched = _BATCH
        while touched == _BATCH and not stopped():
            with database.statement() as db:
                touched = db.execute(overdue, now - KEPT, _BATCH)
            forgotten += touched
    return forgotten
