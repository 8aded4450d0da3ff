"""Databases for the machines, and a kernel that loses no time with pauses."""

from collections.abc import Iterator
from logging import CRITICAL

import pytest
import structlog

from shared.database.pool import Database
from shared.dead_letters import patience
from shared.streaming import relay
from tests.kernel.conftest import NewDatabase
from tests.servers import Databases


@pytest.fixture
def pools(new_database: NewDatabase, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Database, Database]]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(CRITICAL))  # it would tell of every fault
    monkeypatch.setattr(patience, "PAUSES_SECONDS", (0.0,))
    monkeypatch.setattr(relay, "_BATCH", 3)  # so that a few events are several batches
    urls = [new_database(Databases.for_events) for _ in range(2)]
    for url in urls:  # what these tests kill is processes, never the server
        plain = Database(url, application="copse-test", size=1)
        with plain.transaction() as db:
            name = db.value(str, "select current_database()::text")
            db.execute(f'alter database "{name}" set synchronous_commit to off')
        plain.close()
    writing = Database(urls[0], application="copse-test", size=20)
    reading = Database(urls[1], application="copse-test", size=40, search_path=("public", "pages"))
    yield writing, reading
    writing.close()
    reading.close()
    structlog.reset_defaults()
