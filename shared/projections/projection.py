"""A read model: tables of its own that are a function of the events, and nothing else."""

from pathlib import Path

from shared.database.pool import Database, Transaction
from shared.errors import CannotGoOn
from shared.messages.recorded import Recorded
from shared.projections.subscriber import Subscriber


class Projection(Subscriber[None]):
    """Tables in a schema of their own name; readers and handlers name the tables alone (the search path finds them)."""

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


def make_tables(projection: Projection, database: Database) -> bool:
    """Makes the projection's schema and tables when they are not there. True when it did."""
    with database.transaction() as db:
        there = db.value(int, "select version from projections where name = %s", projection.name)
        if there == projection.version:
            return False
        if there is not None:
            raise OutOfDate(
                f"The projection {projection.name} is at version {there}, this release has {projection.version}. "
                "Drop its schema and its rows in projections and readers, and migrate again: events rebuild it."
            )
        db.execute(f'create schema "{projection.name}"')
        db.execute(f'set local search_path to "{projection.name}"')
        db.execute(projection.tables.read_text())
        db.execute("set local search_path to public")
        db.execute("insert into projections (name, version) values (%s, %s)", projection.name, projection.version)
    return True
