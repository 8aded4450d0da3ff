"""What the commands that look after a running Copse begin with: services, and Kafka, from the environment."""

import os
from collections.abc import Sequence

import typer

from shared.cli.services import service_named
from shared.configuration import Environment
from shared.errors import CannotGoOn
from shared.operations.watched import Watched, services_named_in
from shared.streaming.broker import Broker


def watched(names: Sequence[str]) -> tuple[list[Watched], dict[str, str]]:
    """The services named, or all whose database is set; and those that cannot be asked, with the reason."""
    there, silent = [], {}
    for name in names or services_named_in(os.environ):
        try:
            there.append(Watched.of(service_named(name)))
        except (CannotGoOn, typer.BadParameter) as error:
            if name in names and isinstance(error, typer.BadParameter):
                raise
            silent[name] = str(error)
    if not there and not silent:
        raise CannotGoOn("No service's database is set. Set MEMBERSHIP_DATABASE_URL, for instance.")
    return there, silent


def all_watched(names: Sequence[str]) -> list[Watched]:
    """The same, where one that cannot be asked or is not migrated ends the command. Raises CannotGoOn."""
    there, silent = watched(names)
    if silent:
        raise CannotGoOn("\n".join(f"{name}: {reason}" for name, reason in silent.items()))
    for each in there:
        each.must_be_migrated()
    return there


def broker_if_set() -> Broker | None:
    servers = Environment().text("KAFKA_BOOTSTRAP_SERVERS", "")
    return Broker(servers) if servers else None


def broker() -> Broker:
    """Raises Misconfigured."""
    environment = Environment()
    servers = environment.text("KAFKA_BOOTSTRAP_SERVERS")
    environment.check()
    return Broker(servers)
