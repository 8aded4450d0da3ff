"""When a member comes to a meeting, what she needs there and shares is put on the list of what to arrange; when she
does not come any more, or shares it no more, it is taken off.

Each event leads to the same question about all her coming meetings, asked by an effect: the agenda keeps what a command
carries for weeks in plain text, and an effect carries nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.meetings.contracts.membership import (
    AccessNeedsShared,
    AccessNeedsSharingStopped,
    MemberApproved,
    MemberErased,
    MemberLeft,
    MemberPaused,
    MemberReturned,
    Shared,
)
from services.meetings.domain.arrangements import Arrange, Arrangements, Asked, BeginArranging, Wanted
from services.meetings.domain.meeting import PlaceGivenUp, PlaceTaken, Way, WayChanged
from services.meetings.projections.replies import replies
from services.meetings.projections.shared_needs import needs_shared_by
from services.meetings.projections.upcoming_meetings import upcoming_meetings
from shared.database.pool import Database, Transaction
from shared.messages.clock import Clock
from shared.messages.recorded import Recorded
from shared.projections.reader import cursor_of
from shared.reactions.reaction import Effect, Perform, Reaction, Step, TryAgain

arrange = Reaction("arrange")

_ATTEMPTS = 1_000  # an hour apart at last: until somebody has put the read model right


@arrange.on(PlaceTaken)
def _(event: PlaceTaken, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return _for_who_shares(db, event.member)


@arrange.on(WayChanged)
def _(event: WayChanged, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return _for_who_shares(db, event.member)


@arrange.on(PlaceGivenUp)
def _(event: PlaceGivenUp, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return _for_who_shares(db, event.member)


@arrange.on(AccessNeedsShared)
def _(event: AccessNeedsShared, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return [Perform(recorded.id, bring_into_line)]


@arrange.on(AccessNeedsSharingStopped)
def _(event: AccessNeedsSharingStopped, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return [Perform(recorded.id, bring_into_line)]


@arrange.on(MemberApproved)
def _(event: MemberApproved, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    """Sharing needs the membership, but may arrive before it."""
    return _for_who_shares(db, recorded.id)


@arrange.on(MemberPaused)
def _(event: MemberPaused, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return [Perform(recorded.id, bring_into_line)]


@arrange.on(MemberReturned)
def _(event: MemberReturned, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return _for_who_shares(db, recorded.id)


@arrange.on(MemberLeft)
def _(event: MemberLeft, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return [Perform(recorded.id, bring_into_line)]


@arrange.on(MemberErased)
def _(event: MemberErased, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return [Perform(recorded.id, bring_into_line)]


# Meetings can be neither moved nor cancelled yet. Whatever moves or cancels one is tied in here, for each who comes: a
# new time is told with the list, and what is cancelled is dropped (`Arrange`), once the read model shows it.


def _for_who_shares(db: Transaction, member: UUID) -> list[Step]:
    """Nothing for most. Who begins to share at this moment is asked about by that event, after the reply is read."""
    return [Perform(member, bring_into_line)] if needs_shared_by(db, member) is not None else []


@dataclass(frozen=True)
class _Coming:
    meeting_id: UUID
    starts_at: datetime
    reply: str


def _bring_into_line(id: UUID, arrangements: Arrangements, database: Database) -> Arrange | BeginArranging:
    told = cursor_of(database, arrange.name)
    for read_model in (upcoming_meetings, replies):
        if cursor_of(database, read_model.name) < told:
            raise TryAgain(f"The read model {read_model.name} has not come as far as the reply that asked for this.")
    with database.transaction() as db:
        shared = needs_shared_by(db, id)
        coming = (
            []
            if shared is None
            else db.all(
                _Coming,
                "select meeting_id, starts_at, reply from replies join meetings on meetings.id = meeting_id"
                " where member_id = %s and reply = any(%s) and starts_at > %s order by starts_at, meeting_id",
                id,
                [str(way) for way in Way],
                Clock.from_environment().now(),
            )
        )
    wanted = tuple(_at(each, shared) for each in coming if shared is not None)
    return Arrange(wanted=wanted) if arrangements.begun else BeginArranging(wanted=wanted)


def _at(coming: _Coming, shared: Shared) -> Wanted:
    matters = [each for each in shared.needs if not each.ways or coming.reply in each.ways]
    asked = tuple(Asked(each.code, each.arrangement, each.detail) for each in matters)
    return Wanted(coming.meeting_id, coming.starts_at, asked, shared.words)


def _never(id: UUID, reason: str) -> Arrange:
    """What somebody needs is not given up: the agenda tries again each hour, and says why."""
    raise RuntimeError(reason)


bring_into_line = Effect("bring-arrangements-into-line", Arrangements, _bring_into_line, _never, attempts=_ATTEMPTS)
