"""`copse`: the commands that every installation has. `python -m shared.cli` in a container, `copse` in a checkout.

Each command imports what it needs when it runs: a start must not pay for what the other commands use.
"""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from shared.cli import events, keyring, topics
from shared.cli.erase import erase
from shared.cli.gunicorn_hooks import ANY_CORE, folder_for_metrics
from shared.cli.operations import audit, doctor, status
from shared.cli.output import JSON, tell, tell_json
from shared.cli.permissions import permissions
from shared.cli.projections import app as projections
from shared.cli.services import plainly, service_named
from shared.configuration import Settings

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(events.app, name="events")
app.add_typer(topics.app, name="topics")
app.command()(status)
app.command()(audit)
app.command()(doctor)
app.command()(erase)
app.add_typer(keyring.app, name="keyring")
app.command()(permissions)
app.add_typer(projections, name="projections")


Names = Annotated[list[str], typer.Argument(help="Services' names, or keyring.")]


@app.command()
def migrate(names: Names, as_json: Annotated[bool, JSON] = False) -> None:
    """Brings each database to this release, and makes the topics. Safe to repeat."""
    from shared.cli.migrating import migrate_keyring, migrate_service

    with plainly():
        for name in names:
            done = migrate_keyring() if name == "keyring" else migrate_service(service_named(name))
            _tell_done(name, done, as_json)


@app.command()
def restored(names: Names, as_json: Annotated[bool, JSON] = False) -> None:
    """Makes a restored dump hold, before web and worker start: of a service from another PostgreSQL, or of the keyring.

    A restored keyring forgets again whoever was erased since. Safe to repeat.
    """
    from shared.cli.migrating import bury_again, put_right_after_restore

    with plainly():
        for name in names:
            done = bury_again() if name == "keyring" else put_right_after_restore(service_named(name))
            _tell_done(name, done, as_json)


def _tell_done(name: str, done: str, as_json: bool) -> None:
    """A line as soon as it is done: the next one may fail."""
    if as_json:
        tell_json({"name": name, "done": done}, lines=True)
    else:
        tell(done)


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    options_metavar="NAME [OPTIONS]",
)
def worker(context: typer.Context) -> None:
    """Runs a service's worker: relay, reader, consumer, agenda and builder, or some of them."""
    from shared.cli.worker import worker as run

    raise typer.Exit(run(context.args))


@app.command()
def web(
    name: Annotated[str, typer.Argument(help="A service's name, or portal.")],
    bind: Annotated[str, typer.Option(help="HOST:PORT")] = "127.0.0.1:8000",
    threads: Annotated[int, typer.Option(help="Of each worker process.")] = 8,
    workers: Annotated[int, typer.Option(help="How many processes answer; each more costs some 20 MB.")] = 1,
    any_core: Annotated[bool, typer.Option("--any-core", help="Let the system move them from core to core.")] = False,
) -> None:
    """Serves a service's API (or the portal) with gunicorn."""
    if name != "portal":
        with plainly():
            Settings.read(name)
    shared_counts = folder_for_metrics() if workers > 1 else {}
    if not shared_counts:
        os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)  # one process keeps in memory what it counts
    os.environ.update(shared_counts)
    if any_core:
        os.environ[ANY_CORE] = "1"
    heartbeats = "/dev/shm" if Path("/dev/shm").is_dir() else "/tmp"  # noqa: S108  # gunicorn's, in memory where it can be
    os.execv(  # noqa: S606  # gunicorn takes this process's place, so that signals reach it
        sys.executable,
        [sys.executable, "-m", "gunicorn", "--bind", bind, "--workers", str(workers), "--threads", str(threads),
         "--worker-class", "gthread", "--no-control-socket", "--graceful-timeout", "10",
         "--config", "python:shared.cli.gunicorn_hooks", "--worker-tmp-dir", heartbeats, "--name", name,
         f"shared.cli.web:app('{name}')"],
    )  # fmt: skip


def add_groups() -> None:
    """Adds the commands that have commands of their own."""
    from shared.cli import dead_letters

    app.add_typer(dead_letters.app, name="dead-letters")


def main() -> None:
    """The entry point."""
    add_groups()
    app(prog_name="copse")
