"""`copse topics`: are they as they must be, and what to do when Kafka was replaced by an empty one."""

from typing import Annotated

import typer

from shared.cli.output import JSON, bad, good, progress, tell, tell_json
from shared.cli.services import plainly, service_named

app = typer.Typer(no_args_is_help=True, help="Check Kafka's topics, or fill an empty one again.")

YES = typer.Option("--yes", help="Do not ask.")


@app.command()
def check(
    names: Annotated[
        list[str] | None, typer.Argument(help="Services' names; all whose database is set when left out.")
    ] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Every topic there, with 12 partitions, kept for ever, and as long as the event table says. Else status 1."""
    from shared.cli.watching import all_watched, broker
    from shared.operations.topics import check_topics

    with plainly():
        there = all_watched(names or [])
        progress("asking Kafka")
        checked = check_topics(there, broker())
    if as_json:
        tell_json(checked)
    else:
        for each in checked:
            if each.wrong:
                tell("\n".join(f"{bad('wrong')}  {each.topic} {what}" for what in each.wrong))
            else:
                events = "" if each.events is None else f", {each.events} events sent"
                tell(f"{good('well')}   {each.topic}: {each.partitions} partitions, {each.records} records{events}")
    raise typer.Exit(1 if any(each.wrong for each in checked) else 0)


@app.command()
def refill(
    service: Annotated[str, typer.Argument(help="The service whose topic is empty.")],
    yes: Annotated[bool, YES] = False,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Lets the relay send every event again into an empty topic. Stop the service's workers first."""
    from shared.cli.watching import all_watched, broker
    from shared.operations.topics import refill as set_back

    with plainly():
        [watched] = all_watched([service])
        consumers = [each for each in all_watched([]) if service in each.service.contracts]
        _confirm(f"Every event of {service} is sent to {watched.topic} again.", service, yes)
        events = set_back(watched, broker(), consumers)
    names = [each.service.name for each in consumers]
    if as_json:
        tell_json({"topic": watched.topic, "events": events, "consumers_set_back": names})
    else:
        tell(f"{events} events go to {watched.topic} when a worker of {service} runs.")
        tell(f"Set back to its beginning: {', '.join(names) or 'nobody'}. What they know they drop.")
        tell(f"For each other service that reads it, where its database is set: copse topics read-again NAME {service}")


@app.command("read-again")
def read_again(
    reader: Annotated[str, typer.Argument(help="The service that reads.")],
    service: Annotated[str, typer.Argument(help="The service whose topic it reads.")],
    yes: Annotated[bool, YES] = False,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Sets a service back to the beginning of another's topic: after that was filled again. What it knows it drops."""
    from shared.cli.watching import all_watched
    from shared.operations.topics import read_again as set_back

    with plainly():
        if service not in service_named(reader).contracts:
            raise typer.BadParameter(f"{reader} does not read {service}")
        [watched] = all_watched([reader])
        _confirm(f"{reader} reads the topic of {service} from its beginning.", reader, yes)
        set_back(watched, watched.followed()[service])
    topic = watched.followed()[service]
    if as_json:
        tell_json({"reader": reader, "topic": topic})
    else:
        tell(f"{reader} reads {topic} from its beginning.")


def _confirm(what: str, word: str, yes: bool) -> None:
    if not yes and typer.prompt(f"{what} Type {word} to go on", err=True) != word:
        typer.echo("Nothing was changed.", err=True)
        raise typer.Exit(2)
