"""`copse projections`: read models are made anew, compared, switched and taken back while the service takes traffic."""

import dataclasses
import gc
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from shared.projections.projection import Projection
    from shared.service import Running
    from shared.streaming.rebuilding import Built, Rebuilding

app = typer.Typer(no_args_is_help=True, help="Read models: status, rebuild, compare, switch, rollback.")

Name = Annotated[str, typer.Argument(metavar="SERVICE", help="A service's name.")]
Which = Annotated[str | None, typer.Argument(metavar="[PROJECTION]", help="One projection; all without it.")]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command()
def status(service: Name, name: Which = None, as_json: Json = False) -> None:
    """Version, lag in events and seconds, what is parked, copies beside it, and why one stands still."""
    from shared.operations.status import lags_abroad
    from shared.projections.status import statuses
    from shared.streaming.broker import Broker

    with _running(service) as running:
        found = statuses(
            running.database,
            running.codec,
            _chosen(running, name),
            running.service.topics_read_by,
            lambda read: lags_abroad(read, Broker(running.settings.kafka), running.clock),
        )
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(each) for each in found]))
        return
    for each in found:
        beside = [f"{kind}: version {copy.version} of {copy.made_at}" for kind, copy in
                  (("next", each.next), ("previous", each.previous)) if copy]  # fmt: skip
        typer.echo(
            f"{each.name:<20} {each.state:<18} version {each.tables_version or '-'}"
            f"  {'at least ' if each.not_known else ''}{each.lag_events} events, {each.lag_seconds:g} s behind"
            + (f"  {each.dead_letters} dead letters in its topics" if each.dead_letters else "")
            + "".join(f"  {text}" for text in beside)
        )
        for reason in filter(None, (each.failure, each.not_known)):
            typer.echo(f"{'':<20} {reason}")


@app.command()
def rebuild(
    service: Name,
    name: Which = None,
    as_json: Json = False,
    switch: Annotated[bool, typer.Option(help="Put the new tables in use, or leave them for `switch`.")] = True,
) -> None:
    """Makes a projection anew from the first event on, beside the one in use, and switches to it."""
    with _running(service) as running:
        gc.freeze()  # what is loaded by now stays: it need not be looked through for cycles with every batch
        for each in _chosen(running, name):
            _do(running, each, lambda it: it.rebuild() if switch else it.build(), "built", as_json)


@app.command()
def switch(service: Name, name: Which = None, as_json: Json = False) -> None:
    """Puts in use what `rebuild --no-switch` made."""
    from shared.projections.copies import NEXT

    with _running(service) as running:
        for each in _with_copy(running, name, NEXT):
            _do(running, each, lambda it: it.switch(), "switched", as_json)


@app.command()
def rollback(service: Name, name: Which = None, as_json: Json = False) -> None:
    """Brings the previous tables up to date and puts them in use again; a second one undoes the first."""
    from shared.projections.copies import PREVIOUS

    with _running(service) as running:
        for each in _with_copy(running, name, PREVIOUS):
            _do(running, each, lambda it: it.roll_back(), "rolled back", as_json)


@app.command()
def compare(service: Name, name: Which = None, as_json: Json = False) -> None:
    """Makes a projection anew, compares it row for row with the one in use, and drops it. Exits 1 at a difference."""
    from shared.operations.read_models import rebuilding

    differs = False
    with _running(service) as running:
        for each in _chosen(running, name):
            with rebuilding(running, each) as its:
                found = its.compare()
            differs = differs or found is not None
            if as_json:
                typer.echo(json.dumps({"projection": each.name, "same": not found, "difference": found and str(found)}))
            else:
                typer.echo(f"{each.name}: {found or 'the same, row for row'}")
    raise typer.Exit(1 if differs else 0)


@contextmanager
def _running(service: str) -> Iterator["Running"]:
    from shared.cli.services import plainly, service_named
    from shared.configuration import Settings
    from shared.service import Running

    with plainly():
        running = Running(service_named(service), Settings.read(service))
        try:
            yield running
        finally:
            running.close()


def _chosen(running: "Running", name: str | None) -> "list[Projection]":
    projections = running.service.projections
    found = [each for each in projections if name in (None, each.name)]
    if not found:
        raise typer.BadParameter(
            f"{running.service.name} has no projection {name}: {', '.join(each.name for each in projections)}"
        )
    return found


def _with_copy(running: "Running", name: str | None, suffix: str) -> "list[Projection]":
    """The one that is named, whose lack of a copy is then told; or all that have one."""
    from shared.projections.status import with_copy

    found = _chosen(running, name)
    if name:
        return found
    there = with_copy(running.database, [each.name for each in found], suffix)
    return [each for each in found if each.name in there]


def _do(
    running: "Running", projection: "Projection", what: "Callable[[Rebuilding], Built]", done: str, as_json: bool
) -> None:
    from shared.errors import CannotGoOn
    from shared.failures import plain
    from shared.operations.read_models import rebuilding

    try:
        with rebuilding(running, projection) as its:
            built = what(its)
    except CannotGoOn:
        raise
    except Exception as error:
        raise CannotGoOn(
            f"{projection.name} could not be {done}, and the tables in use are as they were: {plain(error)}"
        ) from error
    if as_json:
        typer.echo(
            json.dumps(
                {
                    "projection": projection.name,
                    "done": done,
                    "events": built.events,
                    "seconds": round(built.seconds, 3),
                    "events_per_second": built.rate,
                }
            )
        )
    else:
        typer.echo(f"{projection.name}: {done}, {built.events:,} events in {built.seconds:.1f} s, {built.rate:,}/s")
