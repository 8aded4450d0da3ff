"""One worker process of a service that keeps the lines of another's notebooks: a member of a group, to be killed.

python -m tests.kernel.member <readers> <writers>     with DATABASE, KEYRING_DATABASE_URL, ... in the environment

A line that reads "wait" is handled for as long as somebody holds the lock WAITED_FOR.
"""

import os
import sys
from pathlib import Path

from shared.configuration import Settings
from shared.database.pool import Transaction
from shared.messages.recorded import Recorded
from shared.projections.projection import Projection
from shared.service import Running, Service
from shared.worker import Worker
from tests.kernel import notebook

WAITED_FOR = 4711


def lines() -> Projection:
    projection = notebook.lines_projection()
    keep = projection._handlers.pop(notebook.LineWritten)

    @projection.on(notebook.LineWritten)
    def _(event: notebook.LineWritten, recorded: Recorded, db: Transaction) -> None:
        keep(event, recorded, db)
        if event.text == "wait":
            db.execute("select pg_advisory_xact_lock_shared(%s)", WAITED_FOR)

    return projection


def service(readers: str, writers: str) -> Service:
    return Service(
        name=readers,
        title="Readers",
        folder=Path(__file__).parent,
        aggregates=[],
        projections=[lines()],
        reactions=[],
        resources=lambda: [],
        permissions={},
        find_member=lambda *_: None,
        contracts={writers: notebook},
    )


if __name__ == "__main__":
    readers, writers = sys.argv[1:]
    variables = {**os.environ, f"{readers.upper()}_DATABASE_URL": os.environ["DATABASE"]}
    sys.exit(Worker(Running(service(readers, writers), Settings.read(readers, variables)), ["consumer"]).run())
