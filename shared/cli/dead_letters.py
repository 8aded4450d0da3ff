"""`copse dead-letters`: what a service could not handle, and what is done about it."""

import getpass
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

import msgspec
import structlog
import typer

from shared.cli.services import plainly, service_named
from shared.configuration import Settings
from shared.dead_letters import letters
from shared.dead_letters.at_service import mending_of
from shared.dead_letters.mending import Mended, NoSuchLetter
from shared.dead_letters.shown import details, summary
from shared.errors import CannotGoOn
from shared.messages.decisions import Refused
from shared.service import Running

app = typer.Typer(no_args_is_help=True, help="What a service could not handle of other services' messages.")

Name = Annotated[str, typer.Argument(help="A service's name.")]
Id = Annotated[UUID, typer.Argument(help="A dead letter's id, as the list says.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


@contextmanager
def _running(name: str) -> Iterator[Running]:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # the answer goes to stdout
    with plainly():
        running = Running(service_named(name), Settings.read(name))
        try:
            yield running
        except NoSuchLetter:
            raise CannotGoOn("There is no such dead letter. It may have been handled meanwhile.") from None
        except Refused as refusal:
            raise CannotGoOn(refusal.sentence) from refusal
        finally:
            running.close()


@app.command("list")
def list_(
    name: Name,
    as_json: AsJson = False,
    skipped: Annotated[bool, typer.Option(help="What was passed over: by whom, when and why.")] = False,
) -> None:
    """What holds each held stream, oldest first."""
    with _running(name) as running, running.database.transaction() as db:
        rows = msgspec.to_builtins(letters.skips(db)) if skipped else [summary(each) for each in letters.holders(db)]
    if as_json:
        typer.echo(json.dumps({"items": rows}))
    elif not rows:
        typer.echo(f"{name}: nothing was passed over." if skipped else f"{name}: no dead letters.")
    for row in [] if as_json else rows:
        typer.echo(_line_of_skip(row) if skipped else _line_of_holder(row))


def _line_of_holder(row: dict[str, Any]) -> str:
    what = f"{row['stream'] or 'no stream'} {'version ' + str(row['version']) if row['version'] else 'unreadable'}"
    behind = f", {row['behind']} behind it" if row["behind"] else ""
    return f"{row['id']}  {what}{behind}\n    since {row['parked_at']}: {row['reason']}"


def _line_of_skip(row: dict[str, Any]) -> str:
    versions = f"versions {row['first_version']} to {row['last_version']}" if row["first_version"] else "unreadable"
    where = f"{row['topic']} partition {row['partition']} offset {row['offset']}"
    return f"{row['skipped_at']}  {row['stream']} {versions} ({where})\n    by {row['skipped_by']}: {row['reason']}"


@app.command()
def show(name: Name, id: Id, as_json: AsJson = False) -> None:
    """One message: headers and the shape of its value. Never text that somebody wrote."""
    with _running(name) as running, running.database.transaction() as db:
        letter = letters.one(db, id)
        if letter is None:
            raise NoSuchLetter
        typer.echo(json.dumps(details(letter), indent=None if as_json else 2))


@app.command()
def retry(
    name: Name,
    id: Annotated[UUID | None, typer.Argument(help="A dead letter's id, as the list says.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every held stream.")] = False,
    as_json: AsJson = False,
) -> None:
    """Handles what a stream has parked, in order. Exit status 1 when something is still parked."""
    if (id is None) != all_:
        raise typer.BadParameter("give an id, or --all")
    with _running(name) as running:
        with running.database.transaction() as db:
            ids = [id] if id else [each.id for each in letters.holders(db)]
        mending = mending_of(running)
        results = []
        for each in ids:
            try:
                results.append(mending.retry(each))
            except NoSuchLetter:
                if id:
                    raise
    left = sum(each.left for each in results)
    reason = next((each.reason for each in results if each.reason), None)
    _tell(Mended(sum(each.handled for each in results), left, reason), as_json)


@app.command()
def skip(
    name: Name,
    id: Id,
    reason: Annotated[str, typer.Option(help="Why. It is kept.")],
    by: Annotated[str | None, typer.Option(help="Who decides. By default the name of this account.")] = None,
    as_json: AsJson = False,
) -> None:
    """Passes over a message for good, or over the missing versions before it; those behind it go on."""
    if not reason.strip():
        raise typer.BadParameter("say why: somebody will ask", param_hint="--reason")
    with _running(name) as running:
        mended = mending_of(running).skip(id, by or f"cli:{getpass.getuser()}", reason.strip())
    _tell(mended, as_json)


def _tell(mended: Mended, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(asdict(mended)))
    else:
        first = f" The first: {mended.reason}." if mended.reason else ""
        typer.echo(f"{mended.handled} handled, {mended.left} still parked.{first}")
    if mended.left:
        raise typer.Exit(1)
