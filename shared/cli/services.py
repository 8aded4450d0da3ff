"""What every command needs: a service by its name, and errors told in a sentence."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from shared.errors import CannotGoOn

if TYPE_CHECKING:
    from shared.service import Service


def find_service(name: str) -> "Service | None":
    """The service that `services/<name>/service.py` composes; None when there is none."""
    try:
        module = importlib.import_module(f"services.{name}.service")
    except ModuleNotFoundError as error:
        if error.name and not error.name.startswith("services"):
            raise
        return None
    service: Service = module.service
    return service


def service_named(name: str) -> "Service":
    """The same for a command of typer's: it says so when there is none."""
    service = find_service(name)
    if service is None:
        import typer  # not every process that looks for a service is a command of typer's

        raise typer.BadParameter(f"there is no service named {name}")
    return service


@contextmanager
def plainly() -> Iterator[None]:
    """What must be mended outside is told in a sentence, with exit status 2, not as a traceback."""
    try:
        yield
    except CannotGoOn as error:
        import typer

        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
