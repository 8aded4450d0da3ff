"""The `copse` command of a checkout: everything that `shared.cli` has, and what needs a whole system."""

import os
from typing import Annotated

import typer

from deploy.demo.client import NotSo
from deploy.demo.configuration import Configuration, NotConfigured, offset
from deploy.demo.load import load as load_facts
from deploy.demo.run import run
from deploy.demo.sign_in import NotSignedIn
from deploy.demo.story import play
from deploy.demo.system import System
from deploy.embedded.places import STATE
from shared.cli.main import add_groups, app
from shared.cli.output import JSON, tell_json


@app.command()
def demo() -> None:
    """Starts everything on this machine with example data, until Ctrl-C."""
    raise typer.Exit(run())


@app.command()
def story(as_json: Annotated[bool, JSON] = False) -> None:
    """Plays the first whole path against a running Copse and checks every outcome."""
    told: list[str] = []
    status = play(_configuration(), told.append if as_json else print)
    if as_json:
        tell_json({"as_it_should_be": status == 0, "told": told})
    raise typer.Exit(status)


@app.command()
def load(as_json: Annotated[bool, JSON] = False) -> None:
    """Loads the public facts and the invented people into a running Copse; again adds nothing."""
    try:
        load_facts(_configuration())
    except (NotSo, NotSignedIn) as what:
        typer.echo(str(what), err=True)
        raise typer.Exit(1) from what
    if as_json:
        tell_json({"loaded": True})


def _configuration() -> Configuration:
    try:
        return Configuration.from_environment()
    except NotConfigured as mistake:
        typer.echo(str(mistake), err=True)
        raise typer.Exit(2) from mistake


def speak_to_the_demo() -> None:
    """Lets `copse status` and its like look at the demo of this checkout, when nothing else is said."""
    said = any(name == "KAFKA_BOOTSTRAP_SERVERS" or name.endswith("_DATABASE_URL") for name in os.environ)
    if not said and (STATE / "secrets").is_dir():
        for name, value in System(moved_by=offset()).environment().items():
            os.environ.setdefault(name, value)


def main() -> None:
    """The entry point."""
    speak_to_the_demo()
    add_groups()
    app()
