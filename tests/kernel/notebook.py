"""A domain as small as the kernel's tests need: a notebook into which somebody writes lines."""
# ruff: noqa: ARG002  # every decision has one shape: (state, context)

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self
from uuid import UUID

from shared.database.pool import Transaction
from shared.messages.decisions import Command, Context, Refused, State, replace
from shared.messages.events import Event, MemberId, Personal, Sealed, event
from shared.messages.recorded import Recorded
from shared.projections.projection import Projection

SPILT = "ink was spilt here"


@event("notebook-opened")
class NotebookOpened:
    title: str
    owner_name: Personal[str | None] = None


@event("line-written")
class LineWritten:
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    member: MemberId
    name: Annotated[str, Sealed(of="member")]


@event("notebook-lent")
class NotebookLent:
    readers: tuple[Reader, ...]


@event("notebook-closed")
class NotebookClosed:
    reason: Personal[str]


class Notebook(State, category="notebook"):
    closed: bool = False
    lines: tuple[str, ...] = ()

    def evolve(self, event: Event) -> Self:
        match event:
            case LineWritten():
                return replace(self, lines=(*self.lines, event.text))
            case NotebookClosed():
                return replace(self, closed=True)
        return self


class Open(Command[Notebook]):
    creates = True

    title: str
    owner_name: str | None = None

    def decide(self, notebook: Notebook, context: Context) -> Iterator[Event]:
        yield NotebookOpened(title=self.title, owner_name=self.owner_name)


class Write(Command[Notebook]):
    """Writes a line that is not there yet."""

    text: str

    def decide(self, notebook: Notebook, context: Context) -> Iterator[Event]:
        _must_be_open(notebook)
        if self.text not in notebook.lines:
            yield LineWritten(text=self.text)


class Append(Command[Notebook]):
    """Writes a line, whether or not the same one is there."""

    text: str

    def decide(self, notebook: Notebook, context: Context) -> Iterator[Event]:
        _must_be_open(notebook)
        yield LineWritten(text=self.text)


class Close(Command[Notebook]):
    reason: str = "full"

    def decide(self, notebook: Notebook, context: Context) -> Iterator[Event]:
        if not notebook.closed:
            yield NotebookClosed(reason=self.reason)


def _must_be_open(notebook: Notebook) -> None:
    if notebook.closed:
        raise Refused("notebook-closed", "This notebook is closed.")


EVENTS = [NotebookOpened, LineWritten, NotebookLent, NotebookClosed]


@dataclass(frozen=True)
class Line:
    notebook: UUID
    version: int
    text: str


def lines_projection(name: str = "lines", table: str | None = None) -> Projection:
    """One row for each line; a second telling of the same event would fail on the primary key. Ink stops it.

    `table` is how the handler names it: in full, for databases whose search path does not hold it, unless it is given.
    A rebuild needs `lines` alone, which then means the table that it makes.
    """
    projection = Projection(name, version=1, tables=Path(__file__).with_name("lines.sql"))
    insert = f"insert into {table or f'{name}.lines'} values (%s, %s, %s)"

    @projection.on(LineWritten)
    def _(event: LineWritten, recorded: Recorded, db: Transaction) -> None:
        db.write(insert, recorded.id, recorded.version, event.text)
        if event.text == SPILT:
            raise ValueError(f"{SPILT}, so line {recorded.version} cannot be read")

    return projection


def lines_in(db: Transaction, projection: Projection, notebook: UUID | None = None) -> list[Line]:
    """The rows of a projection, of one notebook or of all, in version order."""
    return db.all(
        Line,
        f"select notebook, version, text from {projection.name}.lines"
        " where %s::uuid is null or notebook = %s order by notebook, version",
        notebook,
        notebook,
    )
