"""`copse permissions`: who may do what, in every service that is installed here."""

import importlib
from pathlib import Path
from typing import Annotated

import typer

from shared.cli.output import JSON, table, tell, tell_json
from shared.cli.services import service_named


def permissions(
    service: Annotated[str | None, typer.Option(help="One service alone.")] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Who may do what: roles and relations, permissions, what each lets one do, and the routes that need it."""
    from shared.http.permission_table import rows_of
    from shared.identity.roles import RELATIONS, ROLES

    tables = {name: rows_of(service_named(name)) for name in ([service] if service else installed())}
    if as_json:
        tell_json({"roles": ROLES, "relations": RELATIONS, "services": tables})
        return
    tell(table([[role, says] for role, says in {**ROLES, **RELATIONS}.items()]))
    for name, rows in tables.items():
        tell(f"\n{name}")
        for row in rows:
            tell(f"  {row.permission}: {', '.join(row.roles)}")
            tell(f"      {row.lets}" + (f" Provided that {row.provided}." if row.provided else ""))
            for route in row.routes:
                tell(f"      {route}")


def installed() -> list[str]:
    """The services of this checkout, or the one of this image: every `services/<name>/service.py`."""
    folders = [Path(folder) for folder in importlib.import_module("services").__path__]
    return sorted(file.parent.name for folder in folders for file in folder.glob("*/service.py"))
