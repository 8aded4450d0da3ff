"""How long is kept what is no event: answers to requests and what the agenda has done, which only guard against
repetition, and the log of reads (retention.toml).

They grow with every change, and the agenda's details may hold what people wrote. Events are kept for ever.
"""

import tomllib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from shared.database.pool import Database

KEPT = timedelta(days=30)
"""A repeated request gets its old answer for so long. Nobody sends one again after a month."""

_SQL = Path(__file__).parent / "sql"
_RETENTION = tomllib.loads((Path(__file__).parent / "retention.toml").read_text())
READS_KEPT = timedelta(days=_RETENTION["sensitive_reads"]["days"])
_OVERDUE = [
    ((_SQL / name).read_text(), kept)
    for name, kept in (
        ("forget_requests.sql", KEPT),
        ("empty_agenda.sql", KEPT),
        ("forget_sensitive_reads.sql", READS_KEPT),
    )
]
_BATCH = 500  # each batch is a transaction: a long one would hold back every reader of events


def forget_overdue(database: Database, now: datetime, stopped: Callable[[], bool] = lambda: False) -> int:
    """Forgets what is older than it is kept, batch by batch until `stopped()`; how many rows that were."""
    forgotten = 0
    for overdue, kept in _OVERDUE:
        touched = _BATCH
        while touched == _BATCH and not stopped():
            with database.statement() as db:
                touched = db.execute(overdue, now - kept, _BATCH)
            forgotten += touched
    return forgotten
