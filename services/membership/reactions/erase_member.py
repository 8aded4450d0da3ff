"""When an erasure is asked for: wait for every service's search, destroy the key, tell everybody, close the report."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any
from uuid import UUID

from services.membership.domain.erasure import (
    PATIENCE,
    SETTLING,
    Erase,
    Erasure,
    ErasureAsked,
    KeyDestroyed,
    NoteConfirmed,
    NoteKeyDestroyed,
    NoteSearched,
    SearchesDone,
    StopWaiting,
)
from services.membership.projections.erasures import CONFIRMED, SEARCHED
from shared.configuration import Settings
from shared.database.pool import Database, Transaction
from shared.messages.recorded import Recorded
from shared.privacy.keyring import Keyring
from shared.reactions.reaction import Do, Effect, Perform, Reaction, Step, TryAgain

_EVERY_ATTEMPT = 1_000_000

erase_member = Reaction("erase_member")


@erase_member.on(ErasureAsked)
def _(event: ErasureAsked, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return [Do(recorded.id, StopWaiting(), at=recorded.recorded_at + PATIENCE)]


@erase_member.on(SearchesDone)
def _(event: SearchesDone, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return [Perform(recorded.id, destroy_key)]


@erase_member.on(KeyDestroyed)
def _(event: KeyDestroyed, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return [Do(recorded.id, Erase(), at=recorded.recorded_at + SETTLING)]


def _noting(command: type[NoteSearched | NoteConfirmed], service: str) -> Callable[[Any, Recorded, Transaction], Any]:
    def note(event: object, recorded: Recorded, db: Transaction) -> Iterable[Step]:
        return [Do(recorded.id, command(service=service))]

    return note


for _service, _event in SEARCHED.items():
    erase_member.on(_event)(_noting(NoteSearched, _service))
for _service, _event in CONFIRMED.items():
    erase_member.on(_event)(_noting(NoteConfirmed, _service))


@cache
def keyring() -> Keyring:
    """The keyring, with connections of its own: a reaction's database is the service's."""
    settings = Settings.read("membership")
    database = Database(settings.keyring_url, application="copse-erasing", size=1)
    return Keyring(database, settings.master_key, settings.second_master_key)


def _destroy(id: UUID, erasure: Erasure, database: Database) -> NoteKeyDestroyed:
    """Destroyed twice is as once, so that a crash after it changes nothing."""
    keyring().destroy(id)
    return NoteKeyDestroyed()


def _never(id: UUID, reason: str) -> NoteKeyDestroyed:
    raise TryAgain(reason)


destroy_key = Effect("destroy-key", Erasure, _destroy, _never, attempts=_EVERY_ATTEMPT)
