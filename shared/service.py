"""A service as a list of its parts. Each `services/<name>/service.py` makes one; everything else is found from here."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

from shared.commands.handler import Commands
from shared.configuration import Settings
from shared.database.pool import Database, Transaction
from shared.eventstore.doorbell import Doorbell
from shared.eventstore.postgres import PostgresEventStore
from shared.identity.identity import OF_EVERY_SERVICE, FindMember, FindSession, Permissions
from shared.identity.roles import Meanings, check_roles
from shared.messages.clock import Clock
from shared.messages.codec import Codec
from shared.messages.decisions import Command, State
from shared.messages.events import events_defined_in
from shared.privacy.keyring import Keyring
from shared.privacy.tombstones import erased_here
from shared.projections.projection import Projection
from shared.reactions.reaction import Effect, Reaction
from shared.release import RELEASE
from shared.streaming.cloudevents import topic_of


@dataclass(frozen=True, kw_only=True)
class Service:
    """The parts of one service, each named once.

    `contracts` maps the name of another service to the module that says which of its events are read here.
    `meanings` says of each of its `permissions` in plain words what it lets somebody do.
    `resources` gives the blueprints of `api/` when the web process asks; the worker never loads Flask.
    `own_settings` reads what this service alone needs of the environment; it is called at start, so that a mistake
    (Misconfigured) is told then and not with the first letter.
    `may_export` says whether a rights request allows to give out all that is held of a member. Only the service that
    keeps those requests knows; the others rely on the role, and on the log of reads.
    """

    name: str
    title: str
    folder: Path
    aggregates: Sequence[type[State]]
    projections: Sequence[Projection]
    reactions: Sequence[Reaction]
    resources: Callable[[], Sequence[object]]
    permissions: Permissions
    find_member: FindMember
    meanings: Meanings = field(default_factory=dict)
    find_session: FindSession = lambda _db, _session: None
    contracts: Mapping[str, ModuleType] = field(default_factory=dict)
    effects: Sequence[Effect[Any]] = ()
    own_settings: Callable[[], object] = lambda: None
    may_export: Callable[[Transaction, UUID, UUID], bool] = lambda _db, _request, _member: True

    @property
    def events(self) -> list[type]:
        """The events that this service records: those defined in its aggregates' files."""
        return [event for module in self._modules() for event in events_defined_in(vars(module), module.__name__)]

    @property
    def confined(self) -> frozenset[str]:
        """The categories whose streams never leave this service."""
        return frozenset(each.category for each in self.aggregates if each.confined)

    @property
    def confined_events(self) -> list[type]:
        """The events of confined streams. Raises TypeError where a module mixes them with others: nobody could tell
        them apart."""
        modules = {aggregate.__module__ for aggregate in self.aggregates if aggregate.confined}
        open_too = modules & {aggregate.__module__ for aggregate in self.aggregates if not aggregate.confined}
        if open_too:
            raise TypeError(f"confined and other aggregates are both in {', '.join(sorted(open_too))}: part them")
        return [event for event in self.events if event.__module__ in modules]

    @property
    def commands(self) -> list[type[Command[Any]]]:
        return [
            value
            for module in self._modules()
            for value in vars(module).values()
            if isinstance(value, type) and issubclass(value, Command) and value.__module__ == module.__name__
        ]

    def events_read_of(self, other: str) -> list[type]:
        """The events of another service that this one's contract names."""
        module = self.contracts[other]
        return events_defined_in(vars(module), module.__name__)

    def topics_read_by(self, projection: Projection) -> list[str]:
        """The topics of other services with events that a projection is told of."""
        return [
            topic_of(other)
            for other in self.contracts
            if any(event in projection.events for event in self.events_read_of(other))
        ]

    def _modules(self) -> list[ModuleType]:
        return [sys.modules[aggregate.__module__] for aggregate in self.aggregates]


class Running:
    """A service with its connections: what a web or worker process holds. Made after fork."""

    def __init__(self, service: Service, settings: Settings, clock: Clock | None = None) -> None:
        # Commands that only look at a service have no use for metrics, and would start later for them.
        from shared.telemetry import metrics
        from shared.telemetry.appends import TimedStore

        service.own_settings()
        self.service, self.settings = service, settings
        self.permissions: Permissions = {**OF_EVERY_SERVICE, **service.permissions}
        check_roles(self.permissions)
        self.clock = clock or Clock.from_environment()
        application = f"copse-{service.name} {RELEASE}"
        self.database = Database(
            settings.database_url,
            application=application,
            search_path=("public", *(projection.name for projection in service.projections)),
            used=metrics.pool_in_use.labels("own"),
        )
        self.keyring_database = Database(
            settings.keyring_url, application=application, size=4, used=metrics.pool_in_use.labels("keyring")
        )
        self.keyring = Keyring(
            self.keyring_database,
            settings.master_key,
            settings.second_master_key,
            erased=partial(erased_here, self.database),
        )
        self.codec = self._codec(service.events, lenient=False)
        self.contracts = {
            other: self._codec(service.events_read_of(other), lenient=True) for other in service.contracts
        }
        self.doorbell = Doorbell(self.database)
        self.agenda_bell = Doorbell(self.database, "noted")
        self.store = TimedStore(PostgresEventStore(self.database))
        self.commands = Commands(self.store, self.codec, self.doorbell.ring)

    def _codec(self, events: Sequence[type], *, lenient: bool) -> Codec:
        return Codec(events, seal=self.keyring.seal, unseal=self.keyring.unseal, lenient=lenient)

    def close(self) -> None:
        self.database.close()
        self.keyring_database.close()
