"""Two services as small as can be, with real databases and a real topic between them, and `copse` to look at them."""

import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import msgspec
import pytest
from typer.testing import CliRunner, Result

from shared.cli.main import app
from shared.database.pool import Database
from shared.messages.clock import Clock
from shared.operations.service_status import behind, held_by
from shared.projections.projection import Projection
from shared.projections.reader import Reader
from shared.service import Service
from tests.kernel.line import Line, Record
from tests.kernel.notebook import lines_projection
from tests.servers import all_readable, eventually

ONE, TWO = UUID(int=1), UUID(int=2)


@dataclass
class House(Line):
    """`service` writes notebooks and keeps `own_lines` of them; `reader` keeps their lines from the topic."""

    own_lines: Projection = field(default_factory=lambda: lines_projection("own_lines"))

    def read_own(self) -> None:
        """Its projection goes along its event table, to the end."""
        all_readable(self.producing)
        self.read_on()

    def read_on(self) -> None:
        """The same as far as nobody's transaction holds it back."""
        Reader(self.producing, self.codec, [self.own_lines]).advance_all()

    def lag_of_own(self) -> int:
        """How many events its projection was not told of."""
        with self.producing.statement() as db:
            return behind(db, self.own_lines.name, Clock()).events

    def consume(self) -> None:
        """The consumer reads all of the topic that it has not read yet."""
        partitions: dict[int, list[Record]] = defaultdict(list)
        for record in self.in_topic():
            if record.offset >= (self.offset(record.partition) or 0):
                partitions[record.partition].append(record)
        for partition, records in partitions.items():
            self.consumer().handle(self.topic, partition, cast(Any, records))

    def left_behind(self) -> None:
        """The consumer tells `lines` of nothing where it has read, as when the projection is new to the service."""
        self.change(
            self.consuming,
            "insert into projection_places (tables, topic, partition, next_offset)"
            " select 'lines', topic, partition, 0 from consumer_positions",
        )

    def standing(self, projection: str) -> tuple[str, int, float]:
        """What `copse projections status` says: the state, and the lag in events and seconds."""
        service = self.service if projection == self.own_lines.name else self.reader
        [told] = answer("projections", "status", service, projection, status=0)
        return told["state"], told["lag_events"], told["lag_seconds"]

    def all_through(self) -> None:
        """Two notebooks on their whole way: table, topic, projections."""
        self.open(ONE, TWO)
        self.write(ONE, "a", "b")
        self.write(TWO, "c")
        self.publish()
        self.read_own()
        self.consume()

    def change(self, database: Database, sql: str, *parameters: object) -> None:
        """What nobody may do: past everything, in the table. At least one row must be touched."""
        with database.transaction() as db:
            assert db.execute(sql, *parameters) > 0


def copse(*words: str, input: str | None = None) -> Result:
    """The command, in this process. A traceback fails the test."""
    told = CliRunner().invoke(app, list(words), input=input)
    assert told.exception is None or isinstance(told.exception, SystemExit), told.exception
    return told


def answer(*words: str, status: int) -> Any:
    """What it tells programs; its exit status must be the one given."""
    told = copse(*words, "--json")
    assert told.exit_code == status, told.output
    return msgspec.json.decode(told.stdout)


def held_for(database: Database, seconds: float) -> None:
    """Waits until what holds readers back has been open for that long."""

    def age() -> float:
        with database.statement() as db:
            held = held_by(db)
        return (held and held.seconds) or 0

    eventually(lambda: age() >= seconds, "a transaction holds readers back")


def compose(name: str, folder: Path, **parts: Any) -> Service:
    known: dict[str, Any] = {"aggregates": [], "projections": [], "reactions": [], "contracts": {}}
    return Service(
        name=name,
        title=name,
        folder=folder,
        resources=list,
        permissions={},
        find_member=cast(Any, None),
        **{**known, **parts},
    )


def known_to_copse(monkeypatch: pytest.MonkeyPatch, service: Service, url: str) -> None:
    """As if `services/<name>/service.py` composed it, with its database in the environment."""
    module = cast(Any, SimpleNamespace(service=service))
    monkeypatch.setitem(sys.modules, f"services.{service.name}.service", module)
    monkeypatch.setitem(sys.modules, f"services.{service.name}", cast(Any, SimpleNamespace(__path__=[])))
    monkeypatch.setenv(f"{service.name.upper()}_DATABASE_URL", url)
