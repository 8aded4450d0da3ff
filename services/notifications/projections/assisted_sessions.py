"""What was done for a member in an assisted session, gathered from the events of every service that name it."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from services.notifications.contracts import meetings, membership, ppi
from shared.database.pool import Transaction
from shared.messages.events import Event, type_of
from shared.messages.recorded import Recorded
from shared.projections.projection import Projection

assisted_sessions = Projection("assisted_sessions", version=1, tables=Path(__file__).with_suffix(".sql"))

MAY_BE_DONE: Final = (
    meetings.PlaceTaken,
    meetings.WaitingListJoined,
    meetings.WayChanged,
    meetings.PlaceGivenUp,
    meetings.WaitingListLeft,
    meetings.ReplyDeclined,
    meetings.ArrangementMade,
    meetings.ArrangementMet,
    meetings.ArrangementNotMet,
    ppi.OfferAccepted,
    ppi.OfferDeclined,
    ppi.ReviewSent,
    ppi.ResponseGiven,
    membership.MemberPaused,
    membership.MemberLeft,
    membership.NameCorrected,
    membership.ConsentGiven,
    membership.ConsentWithdrawn,
    membership.DirectoryEntryDescribed,
    membership.ContactAdded,
    membership.ContactChanged,
    membership.ContactLabelled,
    membership.ContactRemoved,
    membership.ChannelPreferred,
    membership.FormatsChosen,
    membership.EmailCheckAsked,
    membership.EmailCheckFailed,
    membership.EmailConfirmed,
    membership.AccessNeedsSaid,
    membership.AccessNeedsReviewed,
    membership.AccessNeedsShared,
    membership.AccessNeedsSharingStopped,
    membership.RightsRequestReceived,
    membership.ComplaintReceived,
    membership.OnboardingStepDone,
    membership.HelpRefused,
    membership.JoiningAsked,
    membership.CommunityJoined,
    membership.CommunityLeft,
    membership.JoiningDeclined,
    membership.FacilitatorStoodDown,
    membership.CommunityDescribed,
    membership.TermSet,
    membership.TrainingDone,
    membership.ProjectGroupProposed,
    membership.ProjectGroupJoined,
    membership.ProjectGroupLeft,
    membership.ProjectGroupStarted,
    membership.ProjectGroupClosed,
)
"""Every event that a member may cause, and so a coordinator for her. Each has its words in `letters/help.py`."""
ARRANGEMENTS: Final = (meetings.ArrangementMade, meetings.ArrangementMet, meetings.ArrangementNotMet)
"""Their stream is that of the member for whom it is arranged, and they name the meeting."""


@dataclass(frozen=True)
class SessionRow:
    session_id: UUID
    member_id: UUID
    channel: str
    opened_at: datetime


@dataclass(frozen=True)
class DoneRow:
    what: str
    about: UUID
    way: str | None
    purpose: str | None
    to_other: bool


@assisted_sessions.on(membership.AssistedSessionOpened)
def _(event: membership.AssistedSessionOpened, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "insert into assisted_sessions values (%s, %s, %s, %s)",
        recorded.id,
        event.member,
        event.channel,
        recorded.recorded_at,
    )


@assisted_sessions.on(membership.MemberErased)
def _(event: membership.MemberErased, recorded: Recorded, db: Transaction) -> None:
    db.write("delete from done_for_members where member_id = %s", recorded.id)
    db.write("delete from assisted_sessions where member_id = %s", recorded.id)


def _done(event: Event, recorded: Recorded, db: Transaction) -> None:
    session, member = recorded.metadata.session, member_helped(recorded)
    if session is None or member is None:
        return
    known, about, to = type_of(type(event)), recorded.id, getattr(event, "member", None)
    if isinstance(event, ARRANGEMENTS):
        about, to = event.meeting, recorded.id
    db.write(
        "insert into done_for_members values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        recorded.event_id,
        session,
        member,
        known.name if known else "",
        about,
        getattr(event, "way", None),
        getattr(event, "purpose", None),
        to is not None and to != member,
        recorded.recorded_at,
    )


for each in MAY_BE_DONE:
    assisted_sessions.on(each)(_done)


def member_helped(recorded: Recorded) -> UUID | None:
    """The member for whom it was done, None when somebody did it herself."""
    kind, _, id = (recorded.metadata.on_behalf_of or "").partition(":")
    return UUID(id) if kind == "member" else None


def assisted_session(db: Transaction, id: UUID) -> SessionRow | None:
    return db.one(SessionRow, "select * from assisted_sessions where session_id = %s", id)


def done_in(db: Transaction, session: UUID) -> list[DoneRow]:
    """What was done in a session, in its order."""
    return db.all(
        DoneRow,
        "select what, about, way, purpose, to_other from done_for_members where session_id = %s"
        " order by done_at, event_id",
        session,
    )
