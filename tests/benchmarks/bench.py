"""What every benchmark is given: the servers of this run, empty databases, how often and how long, and a voice."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from time import monotonic

import psycopg2

from deploy.embedded.kafka import Kafka
from deploy.embedded.postgres import Postgres
from shared.database.pool import Database
from tests.benchmarks.harness import CannotMeasure
from tests.servers import Databases

_LOOK_AGAIN_SECONDS = 0.005


@dataclass
class Bench:
    """One PostgreSQL for the whole run; a Kafka of its own for each benchmark that asks."""

    folder: Path
    postgres: Postgres
    rounds: int = 3
    largest_history: int = 1_000_000
    new_machine: bool = False
    databases: Databases = field(init=False)

    def __post_init__(self) -> None:
        self.databases = Databases(self.postgres)

    def say(self, text: str) -> None:
        """What is going on, for whoever watches; the table is what goes to standard output."""
        print(f"    {text}", file=sys.stderr, flush=True)

    @contextmanager
    def kafka(self) -> Iterator[Kafka]:
        """An empty broker: topics of real services are in no other benchmark's way."""
        with Kafka(Path(mkdtemp(prefix="kafka-", dir=self.folder))) as kafka:
            yield kafka

    @contextmanager
    def events(self, size: int = 8) -> Iterator[Database]:
        """Connections to a new database with an empty event table."""
        url = self.databases.for_events()
        database = Database(url, application="copse-bench", size=size)
        try:
            yield database
        finally:
            database.close()
            self.databases.drop(url)

    def settle(self) -> None:
        """Writes to disk what loading left behind, so that no checkpoint falls into a measurement by chance."""
        connection = psycopg2.connect(self.postgres.url())
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute("checkpoint")
        finally:
            connection.close()


def wait_until(holds: Callable[[], object], what: str, seconds: float = 120) -> None:
    """Returns as soon as `holds()`. Raises CannotMeasure when it does not within the limit."""
    import time

    until = monotonic() + seconds
    while not holds():
        if monotonic() > until:
            raise CannotMeasure(f"not within {seconds:g} s: {what}")
        time.sleep(_LOOK_AGAIN_SECONDS)
