"""Which services this environment names, and what is needed to look at them: never more than that.

`copse status` must work where half of the settings are wrong, so nothing here reads the keyring or the sign-in.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.configuration import Environment
from shared.database.pool import Database, Transaction, address_of
from shared.errors import CannotGoOn
from shared.messages.clock import Clock
from shared.projections.subscriber import Subscriber
from shared.service import Service
from shared.streaming.cloudevents import topic_of

_SUFFIX = "_DATABASE_URL"
_KEYRING = "keyring"


def services_named_in(variables: Mapping[str, str]) -> list[str]:
    """The services whose database is set (MEETINGS_DATABASE_URL, or ..._FILE), in alphabetical order."""
    names = {name.removesuffix("_FILE").removesuffix(_SUFFIX).lower() for name in variables if _is_database(name)}
    return sorted(names - {_KEYRING})


def _is_database(name: str) -> bool:
    return name.removesuffix("_FILE").endswith(_SUFFIX) and name.removesuffix("_FILE") != _SUFFIX


class NotMigrated(CannotGoOn):
    """The database has not the tables of this release."""


@dataclass(frozen=True, slots=True)
class Watched:
    """One service and its database, looked at from outside."""

    service: Service
    database: Database

    @classmethod
    def of(cls, service: Service) -> "Watched":
        """Raises Misconfigured."""
        environment = Environment()
        url = database_url(environment, service.name)
        environment.check()
        return cls(service, Database(url, application="copse-operations", size=2, statement_seconds=120))

    @property
    def topic(self) -> str:
        return topic_of(self.service.name)

    @property
    def subscribers(self) -> Sequence[Subscriber[Any]]:
        return [*self.service.projections, *self.service.reactions]

    def own_readers(self) -> list[Subscriber[Any]]:
        """Those that go along this service's own event table, and so keep a cursor there."""
        own = set(self.service.events)
        return [each for each in self.subscribers if own & set(each.events)]

    def followed(self) -> dict[str, str]:
        """The topics that its consumer reads, by the name of the service that writes them."""
        return {other: topic_of(other) for other in self.service.contracts}

    def must_be_migrated(self) -> None:
        """Raises NotMigrated, or Unavailable when there is no answer."""
        with self.looking() as db:
            if not is_migrated(db):
                name = self.service.name
                raise NotMigrated(f"The database of {name} lacks tables. Run: copse migrate {name}")

    @contextmanager
    def looking(self) -> Iterator[Transaction]:
        """One consistent look that changes nothing. It takes no transaction id, so it holds no reader back."""
        with self.database.transaction() as db:
            db.execute("set transaction isolation level repeatable read, read only")
            yield db


def is_migrated(db: Transaction) -> bool:
    """Whether a service's database has the tables that are looked at."""
    return db.value(str, "select to_regclass('public.agenda')::text") is not None


def database_url(environment: Environment, name: str) -> str:
    """The address in <NAME>_DATABASE_URL; empty, and a mistake noted, when there is none or it is malformed."""
    example = "postgresql://user:password@127.0.0.1:5432/name"
    return environment.parsed(f"{name.upper()}{_SUFFIX}", _checked, example) or ""


def _checked(url: str) -> str:
    address_of(url)
    return url


def seconds_since(moment: datetime | None, clock: Clock) -> float | None:
    """Whole and tenths, never below zero: clocks of two machines differ a little."""
    return None if moment is None else max(0.0, round((clock.now() - moment).total_seconds(), 1))
