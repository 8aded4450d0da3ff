"""Databases for the machines, and a kernel that loses no time with pauses."""

from collections.abc import Iterator
from itertools import count
from logging import CRITICAL

import pytest
import structlog

from shared.database.pool import Database
from shared.dead_letters import patience
from shared.streaming import relay, topics
from tests.kernel.conftest import NewDatabase
from tests.kernel.log import PARTITIONS, InMemory
from tests.servers import Databases


@pytest.fixture
def pools(new_database: NewDatabase, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Database, Database]]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(CRITICAL))  # it would tell of every fault
    monkeypatch.setattr(patience, "PAUSES_SECONDS", (0.0,))
    monkeypatch.setattr(relay, "PARTITIONS", PARTITIONS)
    monkeypatch.setattr(relay, "_BATCH", 3)  # so that a few events are several batches
    monkeypatch.setattr(relay, "BATCH_BYTES", 900)  # and those are several of Kafka's
    monkeypatch.setattr(relay, "_LOOK_SECONDS", 0)
    monkeypatch.setattr(relay, "monotonic", count().__next__)  # a second passes with each look at the clock
    monkeypatch.setattr(topics, "_onlooker", InMemory.reader_of_the_past)
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
