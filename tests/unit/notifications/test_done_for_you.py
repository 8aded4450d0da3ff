"""After an assisted session the member hears what was done for her: all of it, once, by her own way."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from services.notifications.contracts.meetings import (
    ArrangementMet,
    ArrangementNotMet,
    MeetingPlanned,
    PlaceTaken,
    ReplyDeclined,
)
from services.notifications.contracts.membership import (
    AccessNeedsSaid,
    AccessNeedsShared,
    AccessNeedsSharingStopped,
    AssistedSessionEnded,
    AssistedSessionOpened,
    CommunityFounded,
    CommunityJoined,
    ConsentGiven,
    ConsentWithdrawn,
    MemberApproved,
    MemberErased,
)
from services.notifications.domain.delivery import (
    Channel,
    Delivery,
    DeliveryQueued,
    DeliverySent,
    Kind,
    QueueDelivery,
    TellNothing,
)
from services.notifications.letters.help import NEEDS, SAID, SAID_OF_OTHERS, help_given
from services.notifications.projections.assisted_sessions import MAY_BE_DONE
from services.notifications.reactions.tell_what_was_done import WAIT, confirm_help
from shared.database.pool import Transaction
from shared.messages.decisions import Command
from shared.messages.events import MemberId, type_of
from shared.testing.decider import NOW
from tests.unit.notifications.story import Story

EDITH, BEN = MemberId(UUID(int=1)), MemberId(UUID(int=2))
WORKFORCE, MEETING, SESSION = UUID(int=10), UUID(int=20), UUID(int=90)
OPENED = AssistedSessionOpened(
    member=EDITH, account=UUID(int=5), channel="phone", closes_at=NOW + timedelta(minutes=30)
)
ENDED = AssistedSessionEnded(member=EDITH)
PLANNED = MeetingPlanned(
    community=WORKFORCE,
    title="Keeping people in care work",
    about="A talk.",
    starts_at=NOW + timedelta(days=7),
    ends_at=NOW + timedelta(days=7, hours=2),
)


def edith(*, email: str | None = None, phone: str | None = None) -> MemberApproved:
    return MemberApproved(name="Edith", stakeholder_group="other", email=email, phone=phone)


def outcome(story: Story) -> Command[Delivery]:
    return confirm_help.act(SESSION, Delivery(), story.database)


def lines(story: Story) -> tuple[str, ...]:
    with story.database.transaction() as db:
        found = help_given(db, SESSION)
    return found.done if found else ()


@pytest.fixture
def acted(story: Story) -> Story:
    """A coordinator took a place for Edith, who has a phone and no email."""
    story.hears(edith(phone="01632 960141"), id=EDITH)
    story.hears(PLANNED, id=MEETING)
    story.hears(OPENED, id=SESSION)
    story.hears(PlaceTaken(member=EDITH, way="by-phone"), id=MEETING, session=SESSION, member=EDITH)
    return story


def test_one_letter_by_her_own_way_says_all_that_was_done(acted: Story) -> None:
    acted.hears(CommunityFounded(name="Workforce", kind="community"), id=WORKFORCE)
    later = NOW + timedelta(minutes=2)
    acted.hears(CommunityJoined(member=EDITH), id=WORKFORCE, at=later, session=SESSION, member=EDITH)
    acted.hears(CommunityJoined(member=BEN), id=WORKFORCE, at=later, session=SESSION, member=EDITH)
    queued = outcome(acted)
    assert queued == QueueDelivery(member=EDITH, kind=Kind.DONE_FOR_YOU, channel=Channel.PHONE, session=SESSION)
    place, *rest = lines(acted)
    assert place.startswith("You have a place at the meeting “Keeping people in care work” (Monday 9 March 2026")
    assert place.endswith("We said that you will join by phone.")
    assert sorted(rest) == ["You joined Workforce.", "You let somebody into Workforce."]


def test_the_letter_waits_until_what_was_done_has_arrived(acted: Story) -> None:
    assert acted.hears(ENDED, id=SESSION) == set(), "nothing at once"
    with acted.database.transaction() as db:
        assert _due(db) == NOW + WAIT


def _due(db: Transaction) -> object:
    return db.value(object, "select due_at from agenda where action = 'confirm-help'")


def test_nothing_is_sent_when_nothing_was_done(story: Story) -> None:
    story.hears(edith(email="edith@example.org"), id=EDITH)
    story.hears(OPENED, id=SESSION)
    story.hears(PlaceTaken(member=EDITH, way="online"), id=MEETING)
    assert outcome(story) == TellNothing()


def test_no_letter_for_each_click(story: Story) -> None:
    story.hears(edith(email="edith@example.org"), id=EDITH)
    story.hears(PLANNED, id=MEETING)
    taken = PlaceTaken(member=EDITH, way="online")
    assert story.hears(taken, id=MEETING, session=SESSION, member=EDITH) == set()
    assert story.hears(taken, id=MEETING) == {(EDITH, Kind.REPLY_CONFIRMED, Channel.EMAIL)}


def test_what_arrives_after_the_letter_went_out_makes_another(acted: Story) -> None:
    declined = ReplyDeclined(member=EDITH)
    queued = DeliveryQueued(member=EDITH, kind=Kind.DONE_FOR_YOU, channel=Channel.EMAIL, session=SESSION)
    acted.hears(queued, id=SESSION)
    assert acted.hears(declined, id=uuid4(), session=SESSION, member=EDITH) == set(), "the letter is not written yet"
    acted.hears(DeliverySent(member=EDITH, subject="What we did", body="This."), id=SESSION)
    assert acted.hears(declined, id=uuid4(), session=SESSION, member=EDITH) == {
        (EDITH, Kind.DONE_FOR_YOU, Channel.PHONE)
    }


def test_of_an_erased_member_nothing_is_kept_and_nothing_sent(acted: Story) -> None:
    acted.hears(MemberErased(), id=EDITH)
    assert lines(acted) == ()
    assert outcome(acted) == TellNothing()


def test_of_access_needs_the_letter_says_one_thing_and_nothing_of_what_they_are(story: Story) -> None:
    story.hears(OPENED, id=SESSION)
    for event in (
        AccessNeedsSaid(),
        ConsentGiven(purpose="access-needs"),
        AccessNeedsShared(),
        AccessNeedsSharingStopped(),
        ConsentWithdrawn(purpose="access-needs"),
    ):
        story.hears(event, id=EDITH, session=SESSION, member=EDITH)
    assert lines(story) == (NEEDS,)


def test_a_consent_is_named_by_what_it_is_to(story: Story) -> None:
    story.hears(OPENED, id=SESSION)
    story.hears(ConsentGiven(purpose="newsletter"), id=EDITH, session=SESSION, member=EDITH)
    story.hears(ConsentWithdrawn(purpose="directory"), id=EDITH, at=later(1), session=SESSION, member=EDITH)
    story.hears(ConsentGiven(purpose="of-tomorrow"), id=EDITH, at=later(2), session=SESSION, member=EDITH)
    assert lines(story) == (
        "We noted that you agree to get the newsletter.",
        "We noted that you no longer agree to be in the members' directory.",
        "We noted that you agree to something that we asked you: your page shows what.",
    )


def test_an_arrangement_is_hers_or_somebody_elses(acted: Story) -> None:
    done = {"session": SESSION, "member": EDITH}
    acted.hears(ArrangementMet(meeting=MEETING), id=EDITH, at=later(1), **done)
    acted.hears(ArrangementNotMet(meeting=MEETING, arrangement=UUID(int=30), said=None), id=BEN, at=later(2), **done)
    _, own, other = lines(acted)
    assert own.startswith("We said how it went with what you asked for at the meeting “Keeping people in care work”")
    assert other.startswith("You said how it went with what somebody asked for at the meeting “Keeping people in")


def later(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


def test_everything_that_may_be_done_has_its_words() -> None:
    names = {known.name for each in MAY_BE_DONE if (known := type_of(each))}
    assert names == SAID.keys() | SAID_OF_OTHERS.keys()
