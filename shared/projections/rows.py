"""A read model of one table in which each row is the fold of the events of one stream.

    deliveries = Rows("deliveries", DeliveryRow, version=1, tables=Path(__file__).with_suffix(".sql"))

    @deliveries.begins(DeliveryQueued)
    def _(event: DeliveryQueued, recorded: Recorded) -> DeliveryRow:
        return DeliveryRow(id=recorded.id, status=Status.QUEUED, ...)

    @deliveries.changes(DeliverySent)
    def _(event: DeliverySent, recorded: Recorded, row: DeliveryRow) -> DeliveryRow:
        return replace(row, status=Status.SENT, sent_at=recorded.recorded_at)

Handlers are pure, as `evolve` is. A batch costs one read and one write, however many events it has, and so a rebuild
runs at the speed of the fold.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Generic, Never, TypeVar
from uuid import UUID

import msgspec

from shared.database.pool import Transaction
from shared.messages.decisions import id_of
from shared.messages.recorded import Recorded
from shared.projections.projection import Projection

E = TypeVar("E")
Row = TypeVar("Row")

Sweep = Callable[[E, Recorded, Transaction], None]
Begin = Callable[[E, Recorded], Row]
Change = Callable[[E, Recorded, Row], Row | None]


class Rows(Projection, Generic[Row]):
    """`row` is a dataclass, or a msgspec struct, which is ten times as quick to make. Its fields are the columns of the
    table, which is named as the projection is."""

    told_at_once = 5_000  # each row is written once

    def __init__(self, name: str, row: type[Row], *, version: int, tables: Path, key: str = "id") -> None:
        """`key` is the column of the stream's id, and the table's primary key."""
        super().__init__(name, version=version, tables=tables)
        self._row, self._key = row, key
        self._begins: dict[type, Begin[Any, Row]] = {}
        self._changes: dict[type, Change[Any, Row]] = {}
        self._sweeps: dict[type, Sweep[Any]] = {}
        columns = _columns(row)
        named = ", ".join(columns)
        self._read = f"select row_to_json({name})::text from {name} where {key} = any(%s::text[]::uuid[])"  # noqa: S608  # our own names
        self._put = (
            f"insert into {name} ({named}) select {named} from json_populate_recordset(null::{name}, %s)"  # noqa: S608
            f" on conflict ({key}) do update set "
            + ", ".join(f"{column} = excluded.{column}" for column in columns if column != key)
        )
        self._remove = f"delete from {name} where {key} = any(%s::text[]::uuid[])"  # noqa: S608
        self._decoder = msgspec.json.Decoder(row)

    @property
    def events(self) -> Collection[type]:
        return self._begins.keys() | self._changes.keys() | self._sweeps.keys()

    def on(self, event: type) -> Never:
        raise TypeError(f"{self.name} has rows: say begins({event.__name__}) or changes({event.__name__})")

    def begins(self, event: type[E]) -> Callable[[Begin[E, Row]], Begin[E, Row]]:
        """Registers what makes the row: `handler(event, recorded)`."""

        def register(handler: Begin[E, Row]) -> Begin[E, Row]:
            self._once(event)
            self._begins[event] = handler
            return handler

        return register

    def changes(self, event: type[E]) -> Callable[[Change[E, Row]], Change[E, Row]]:
        """Registers what becomes of the row: `handler(event, recorded, row)`; None removes it.

        An event whose stream has no row passes.
        """

        def register(handler: Change[E, Row]) -> Change[E, Row]:
            self._once(event)
            self._changes[event] = handler
            return handler

        return register

    def sweeps(self, event: type[E]) -> Callable[[Sweep[E]], Sweep[E]]:
        """Registers what an event of another stream does to many rows: `handler(event, recorded, db)`, in SQL.

        For somebody's erasure. Rows of the events before it are written first.
        """

        def register(handler: Sweep[E]) -> Sweep[E]:
            self._once(event)
            self._sweeps[event] = handler
            return handler

        return register

    def tell(self, recorded: Recorded, db: Transaction) -> None:
        self.tell_all([recorded], db)

    def tell_all(self, recorded: Sequence[Recorded], db: Transaction) -> None:
        waiting: list[Recorded] = []
        for each in recorded:
            if sweep := self._sweeps.get(type(each.event)):
                self._fold(waiting, db)
                waiting = []
                sweep(each.event, each, db)
            else:
                waiting.append(each)
        self._fold(waiting, db)

    def _fold(self, recorded: Sequence[Recorded], db: Transaction) -> None:
        begins, changes = self._begins, self._changes
        # Streams are gone by as whole numbers: a UUID is hashed in Python, each time anew.
        keys: dict[str, int] = {}
        told: list[tuple[int, type, Recorded]] = []
        first: dict[int, type] = {}
        for each in recorded:
            kind, stream = type(each.event), each.stream
            if kind in begins or kind in changes:
                if stream not in keys:
                    keys[stream] = id_of(stream).int
                    first.setdefault(keys[stream], kind)
                told.append((keys[stream], kind, each))
        if not told:
            return
        before = self._read_rows([key for key, kind in first.items() if kind in changes], db)
        rows: dict[int, Row | None] = dict(before)
        for key, kind, each in told:
            if begin := begins.get(kind):
                rows[key] = begin(each.event, each)
            elif (row := rows.get(key)) is not None:
                rows[key] = changes[kind](each.event, each, row)
        self._write_rows(before, rows, db)

    def _read_rows(self, keys: Sequence[int], db: Transaction) -> Mapping[int, Row]:
        """The rows that the events go on from: not of streams that begin here."""
        if not keys:
            return {}
        read = db.rows(self._read, [str(UUID(int=key)) for key in keys])
        return {getattr(row, self._key).int: row for (text,) in read for row in [self._decoder.decode(text)]}

    def _write_rows(self, before: Mapping[int, Row], after: Mapping[int, Row | None], db: Transaction) -> None:
        changed = [row for key, row in after.items() if row is not None and row is not before.get(key)]
        removed = [str(UUID(int=key)) for key, row in after.items() if row is None]
        if changed:
            db.write(self._put, msgspec.json.encode(changed).decode())
        if removed:
            db.write(self._remove, removed)

    def _once(self, event: type) -> None:
        if event in self._begins or event in self._changes or event in self._sweeps:
            raise TypeError(f"{self.name} handles {event.__name__} twice")


def _columns(row: type) -> list[str]:
    if issubclass(row, msgspec.Struct):
        return list(row.__struct_fields__)
    return [field.name for field in fields(row)]  # type: ignore[arg-type]  # a dataclass then
