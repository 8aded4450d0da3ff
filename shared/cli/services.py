"""What every command needs: a service by its name, and errors told in a sentence."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from shared.errors import CannotGoOn

if TYPE_CHECKING:
    from shared.service import Service


def service_named(name: str) -> "Service":
    """The service that `services/<name>/service.py` composes."""
    try:
        module = importlib.import_module(f"services.{name}.service")
    except ModuleNotFoundError as error:
        if error.name and not error.name.startswith("services"):
            raise
        raise typer.BadParameter(f"there is no service named {name}") from error
    service: Service = module.service
    return service


@contextmanager
def plainly() -> Iterator[None]:
    """What must be mended outside is told in a sentence, with exit status 2, not as a traceback."""
    try:
        yield
    except CannotGoOn as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
