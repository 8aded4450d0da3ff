"""A read model: tables of its own that are a function of the events, and nothing else."""

from collections.abc import Collection
from pathlib import Path

from shared.database.pool import Database, Transaction
from shared.errors import CannotGoOn
from shared.messages.recorded import Recorded
from shared.projections.subscriber import Subscriber


class Projection(Subscriber[None]):
    """Tables in a schema of their own name; readers and handlers name the tables alone (the search path finds them).

    A handler reads and writes its own tables only, and takes time and ids from the event: then a rebuild gives the
    same rows.
    """

    told_at_once = 500
    """Events in one transaction of a rebuild. PostgreSQL goes through every version of a row that a transaction has
    made, so a row that each event changes costs the square of this."""

    def __init__(self, name: str, *, version: int, tables: Path) -> None:
        """`tables` is the .sql file that makes the tables; raise `version` whenever it or a handler changes meaning."""
        super().__init__(name)
        self.version = version
        self.tables = tables

    def tell(self, recorded: Recorded, db: Transaction) -> None:
        handler = self._handlers.get(type(recorded.event))
        if handler:
            handler(recorded.event, recorded, db)


class OutOfDate(CannotGoOn):
    """A projection's tables are of another version than its code."""

    def __init__(self, projection: Projection, there: int) -> None:
        super().__init__(
            f"The projection {projection.name} is at version {there}, this release has {projection.version}. "
            "Its tables stay as they are and are told of nothing new until `copse projections rebuild` made new ones."
        )


def make_tables(projection: Projection, database: Database, topics: Collection[str] = ()) -> bool:
    """Makes the projection's schema and tables when they are not there. True when it did.

    `topics` are those with foreign events that it reads. What the service read of them before cannot be told again by
    the consumer, so the new tables are marked as left behind there: the worker then builds them. Raises OutOfDate.
    """
    with database.transaction() as db:
        if topics:  # before the registry row is seen by the consumer, so that no batch falls between
            db.execute("lock table consumer_positions in share row exclusive mode")
        there = db.value(int, "select version from projections where name = %s", projection.name)
        if there == projection.version:
            return False
        if there is not None:
            raise OutOfDate(projection, there)
        make_schema(db, projection, projection.name)
        db.execute("insert into projections (name, version) values (%s, %s)", projection.name, projection.version)
        db.execute(
            "insert into projection_places (tables, topic, partition, next_offset)"
            " select %s, topic, partition, 0 from consumer_positions where topic = any(%s) and next_offset > 0",
            projection.name,
            list(topics),
        )
    return True


def make_schema(db: Transaction, projection: Projection, schema: str) -> None:
    """Makes the projection's tables, empty, in a schema of another or its own name."""
    db.execute(f'create schema "{schema}"')
    into(db, schema)
    db.execute(projection.tables.read_text())
    db.execute("set local search_path to public")


def into(db: Transaction, schema: str) -> None:
    """Table names mean those in this schema, for the rest of the transaction. No other projection's are in sight."""
    db.write("select set_config('search_path', %s, true)", f'"{schema}", public')
