"""`copse events`: what a service has recorded, as it is stored. Nothing here opens a personal field, or shows what a
confined stream says."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from shared.cli.output import JSON, progress, tell, tell_json
from shared.cli.services import plainly

if TYPE_CHECKING:
    from shared.messages.recorded import Stored

app = typer.Typer(no_args_is_help=True, help="Look into what was recorded. Personal fields stay sealed.")

Service = Annotated[str, typer.Argument(help="A service's name.")]


@app.command()
def tail(
    service: Service,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes, until Ctrl-C.")] = False,
    last: Annotated[int, typer.Option("--last", "-n", min=0, help="How many to begin with.")] = 20,
    type: Annotated[str | None, typer.Option(help="Only events of this type: member-approved.")] = None,
    stream: Annotated[str | None, typer.Option(help="Only events of this stream.")] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Shows the newest events, a line each; with --json one object a line."""
    import threading

    from shared.cli.watching import all_watched
    from shared.eventstore.postgres import PostgresEventStore
    from shared.operations.events import following, newest_events, withheld

    with plainly():
        [watched] = all_watched([service])
        # First where the following begins: an event between the two looks is then shown twice rather than never.
        newest = PostgresEventStore(watched.database).newest()
        shown_first = newest_events(watched.database, last, type, stream)
        for each in shown_first:
            _tell_line(withheld(each, watched.service.confined), as_json)
        if not follow:
            return
        seen = {each.event_id for each in shown_first}
        try:
            for each in following(watched.database, newest, threading.Event(), type, stream):
                if each.event_id not in seen:
                    _tell_line(withheld(each, watched.service.confined), as_json)
        except KeyboardInterrupt:
            return


@app.command()
def show(
    what: Annotated[str, typer.Argument(help="An event's id, or a stream: member-0190...")],
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Shows one event, or all of a stream, from whichever service has it. Exit status 1 when none has."""
    from shared.cli.watching import all_watched
    from shared.operations.events import event_with_id, shown, stream_of, withheld

    try:
        event_id = UUID(what)
    except ValueError:
        event_id = None
    found: list[Stored] = []
    with plainly():
        for watched in all_watched([]):
            one = event_with_id(watched.database, event_id) if event_id else None
            here = [one] if one else [] if event_id else stream_of(watched.database, what)
            found += [withheld(each, watched.service.confined) for each in here]
    if not found:
        typer.echo(f"No service that is set here has an event or a stream {what}.", err=True)
        raise typer.Exit(1)
    for each in found:
        if as_json:
            tell_json(shown(each), lines=True)
        else:
            _tell_whole(each)


@app.command()
def export(
    service: Service,
    to: Annotated[Path, typer.Option(help="A file that is not there yet.")],
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Writes every event that is not confined to a file, one JSON object a line, in reading order."""
    from shared.cli.watching import all_watched
    from shared.operations.events import export as write

    with plainly():
        [watched] = all_watched([service])
        try:
            confined = watched.service.confined
            count = write(watched.database, to, confined, lambda number: progress(f"{number} events"))
        except FileExistsError as error:
            raise typer.BadParameter(f"{to} is there already: name another file") from error
        except OSError as error:
            raise typer.BadParameter(f"{to} cannot be written: {error.strerror}") from error
    if as_json:
        tell_json({"service": service, "events": count, "file": str(to)})
    else:
        tell(f"{count} events written to {to}")


def _tell_line(stored: "Stored", as_json: bool) -> None:
    from shared.operations.events import shown

    if as_json:
        tell_json(shown(stored), lines=True)
    else:
        at = f"{stored.recorded_at:%Y-%m-%d %H:%M:%S}"
        tell(f"{stored.position!s:>12}  {at}  {stored.type}  {stored.stream}  v{stored.version}")


def _tell_whole(stored: "Stored") -> None:
    import msgspec

    _tell_line(stored, as_json=False)
    for name, text in (("metadata", stored.metadata), ("data", stored.data)):
        tell(f"{name} {msgspec.json.format(text, indent=2)}")
