"""`copse`: the commands that every installation has. `python -m shared.cli` in a container, `copse` in a checkout."""

import importlib
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from shared.configuration import Environment, Misconfigured, Settings
from shared.database.migrate import migrate as apply_migrations
from shared.database.pool import Database, Unavailable
from shared.projections.projection import OutOfDate, make_tables
from shared.service import Running, Service
from shared.streaming.broker import Broker, BrokerUnavailable
from shared.streaming.cloudevents import topic_of
from shared.telemetry import logs
from shared.worker import JOBS, Worker

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

_SHARED = Path(__file__).parent.parent
_T = TypeVar("_T")


def service_named(name: str) -> Service:
    """The service that `services/<name>/service.py` composes."""
    try:
        module = importlib.import_module(f"services.{name}.service")
    except ModuleNotFoundError as error:
        if error.name and not error.name.startswith("services"):
            raise
        raise typer.BadParameter(f"there is no service named {name}") from error
    service: Service = module.service
    return service


def plainly(run: Callable[[], _T]) -> _T:
    """Runs a command; what is missing outside is told in a sentence, with exit status 2, not as a traceback."""
    try:
        return run()
    except (Misconfigured, Unavailable, BrokerUnavailable, OutOfDate) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error


@app.command()
def migrate(names: Annotated[list[str], typer.Argument(help="Services' names, or keyring.")]) -> None:
    """Brings each database to this release, and makes the topics. Safe to repeat."""
    for name in names:
        if name == "keyring":
            plainly(_migrate_keyring)
        else:
            plainly(partial(_migrate_service, service_named(name)))


def _migrate_keyring() -> None:
    environment = Environment()
    url = environment.text("KEYRING_DATABASE_URL")
    environment.check()
    applied = apply_migrations(Database(url, application="copse-migrate", size=1), [_SHARED / "privacy/migrations"])
    typer.echo(f"keyring: {len(applied)} migrations applied")


def _migrate_service(service: Service) -> None:
    settings = Settings.read(service.name)
    database = Database(settings.database_url, application="copse-migrate", size=2, statement_seconds=600)
    folders = [_SHARED / "eventstore/migrations", service.folder / "migrations"]
    applied = apply_migrations(
        database, [folder for folder in folders if folder.exists()], [_SHARED / "eventstore/sql/append.sql"]
    )
    made = [projection.name for projection in service.projections if make_tables(projection, database)]
    topics = [topic_of(each) for each in (service.name, *service.contracts)]
    Broker(settings.kafka).make_topics(topics, replicas=settings.kafka_replicas)
    typer.echo(f"{service.name}: {len(applied)} migrations applied, {len(made)} projections made")


@app.command()
def worker(
    name: Annotated[str, typer.Argument(help="A service's name.")],
    only: Annotated[list[str] | None, typer.Option(help=f"One of {', '.join(JOBS)}; may be repeated.")] = None,
    health_port: Annotated[int, typer.Option(help="Where /healthz and /readyz answer; 0 for nowhere.")] = 0,
    health_host: Annotated[str, typer.Option()] = "127.0.0.1",
) -> None:
    """Runs a service's worker: relay, reader, consumer and agenda."""
    for job in only or []:
        if job not in JOBS:
            raise typer.BadParameter(f"--only {job}: choose from {', '.join(JOBS)}")
    service = service_named(name)
    logs.configure(f"{name}-worker")
    running = plainly(lambda: Running(service, Settings.read(name)))
    raise typer.Exit(Worker(running, only or JOBS).run(health_port or None, health_host))


@app.command()
def web(
    name: Annotated[str, typer.Argument(help="A service's name, or portal.")],
    bind: Annotated[str, typer.Option(help="HOST:PORT")] = "127.0.0.1:8000",
    threads: Annotated[int, typer.Option()] = 8,
    workers: Annotated[int, typer.Option()] = 1,
) -> None:
    """Serves a service's API (or the portal) with gunicorn."""
    if name != "portal":
        plainly(lambda: Settings.read(name))
    os.execvp(  # noqa: S606  # gunicorn takes this process's place, so that signals reach it
        sys.executable,
        [sys.executable, "-m", "gunicorn", "--bind", bind, "--workers", str(workers), "--threads", str(threads),
         "--worker-class", "gthread", "--no-control-socket", "--graceful-timeout", "10",
         "--worker-tmp-dir", "/dev/shm" if Path("/dev/shm").is_dir() else "/tmp",  # noqa: S108  # heartbeat files only
         f"shared.cli.web:app('{name}')"],
    )  # fmt: skip


def main() -> Any:
    """The entry point."""
    return app()
