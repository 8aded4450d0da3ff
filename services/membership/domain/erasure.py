"""Erasing somebody: asked for, looked for in every service, her key destroyed, and confirmed by every service.

    asked -> every service has searched (or a day is over) -> key destroyed -> member erased -> every service confirmed

The search comes first, because afterwards nobody knows her name. The key goes next, a moment before `member-erased`:
whoever is told of that can read nothing of hers any more.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Self

from services.membership.domain.member import Member, MemberErased, Standing
from shared.messages.decisions import Command, Context, Refused, State, replace
from shared.messages.events import Event, Personal, event

SERVICES: Final = frozenset({"membership", "meetings", "ppi", "notifications"})
"""All of these search and confirm."""

PATIENCE: Final = timedelta(days=1)
"""How long is waited for a service that does not search. It could not find her name later, and the report says so."""

SETTLING: Final = timedelta(seconds=10)
"""From the key's end to `member-erased`. A key is remembered for two seconds; what was read with it is written by
then, so that no late writer brings back what `member-erased` drops."""


@dataclass(frozen=True, slots=True)
class Known:
    """A name that she had before, or one way in which she was ever reached."""

    text: Personal[str]


@event("erasure-asked")
class ErasureAsked:
    """What others' texts are searched for; nothing where her key was gone before, after a restore.

    `ways` are all email addresses, numbers and postal addresses that she ever gave, also those that she took out.
    `claims_left_open` says that unpaid claims were known and left.
    """

    name: Personal[str | None] = None
    former_names: tuple[Known, ...] = ()
    ways: tuple[Known, ...] = ()
    claims_left_open: bool = False


@event("service-searched")
class ServiceSearched:
    service: str


@event("searches-done")
class SearchesDone:
    """Nobody is waited for any more. `missing` did not search."""

    missing: tuple[str, ...] = ()


@event("key-destroyed")
class KeyDestroyed:
    """Nothing that was sealed for her can be read again, in any copy."""


@event("service-confirmed")
class ServiceConfirmed:
    service: str


@event("erasure-closed")
class ErasureClosed:
    """Every service has confirmed: the report is whole."""


class Erasure(State, category="erasure"):
    asked: bool = False
    searched: frozenset[str] = frozenset()
    ready: bool = False
    destroyed: bool = False
    confirmed: frozenset[str] = frozenset()

    def evolve(self, event: Event) -> Self:
        match event:
            case ErasureAsked():
                return replace(self, asked=True)
            case ServiceSearched(service=service):
                return replace(self, searched=self.searched | {service})
            case SearchesDone():
                return replace(self, ready=True)
            case KeyDestroyed():
                return replace(self, destroyed=True)
            case ServiceConfirmed(service=service):
                return replace(self, confirmed=self.confirmed | {service})
        return self


class AskErasure(Command[Erasure]):
    """Begin. Whoever asks has typed the person's name, and knows of unpaid claims: see `membership/erasing.py`.

    Nobody begins it while she acts for a member: that it is wished can be taken down then, as a rights request.
    """

    creates = True
    in_person_only = True

    name: str | None = None
    former_names: tuple[str, ...] = ()
    ways: tuple[str, ...] = ()
    claims_left_open: bool = False

    def decide(self, erasure: Erasure, context: Context) -> Iterator[Event]:
        yield ErasureAsked(
            name=self.name,
            former_names=tuple(map(Known, self.former_names)),
            ways=tuple(map(Known, self.ways)),
            claims_left_open=self.claims_left_open,
        )


class NoteSearched(Command[Erasure]):
    """A service has looked for her name. The last one ends the waiting."""

    service: str

    def decide(self, erasure: Erasure, context: Context) -> Iterator[Event]:
        if erasure.ready or self.service in erasure.searched:
            return
        yield ServiceSearched(service=self.service)
        if erasure.searched | {self.service} >= SERVICES:
            yield SearchesDone()


class StopWaiting(Command[Erasure]):
    """Go on without the services that have not searched."""

    def decide(self, erasure: Erasure, context: Context) -> Iterator[Event]:
        if not erasure.ready:
            yield SearchesDone(missing=tuple(sorted(SERVICES - erasure.searched)))


class NoteKeyDestroyed(Command[Erasure]):
    def decide(self, erasure: Erasure, context: Context) -> Iterator[Event]:
        if not erasure.destroyed:
            yield KeyDestroyed()


class NoteConfirmed(Command[Erasure]):
    """A service holds nothing of hers any more. The last one closes the report."""

    service: str

    def decide(self, erasure: Erasure, context: Context) -> Iterator[Event]:
        if self.service in erasure.confirmed:
            return
        yield ServiceConfirmed(service=self.service)
        if erasure.confirmed | {self.service} >= SERVICES:
            yield ErasureClosed()


class Erase(Command[Member]):
    """From whatever standing: she is nobody any more. Her key is destroyed before."""

    def decide(self, member: Member, context: Context) -> Iterator[Event]:
        if member.standing is Standing.ERASED:
            raise Refused("already-erased", "This person was erased before.")
        yield MemberErased()
