"""Letters about a rights request: each one is owed, and none is left after an erasure."""

from datetime import date
from uuid import UUID

from services.notifications.contracts.membership import (
    ClockPaused,
    ComplaintAcknowledged,
    ComplaintAnswered,
    MemberErased,
    MemberPaused,
    RequestReported,
    RightsRequestReceived,
    TimeExtended,
)
from services.notifications.domain.delivery import FOR_THOSE_WHO_TAKE_PART, Channel, Kind
from services.notifications.projections.rights_letters import rights_letter
from shared.identity.people import person
from shared.messages.events import MemberId
from tests.unit.notifications.story import Story
from tests.unit.notifications.test_reactions import ANN, BY_MAIL

REQUEST = UUID(int=77)
HER = MemberId(ANN)
RECEIVED = RightsRequestReceived(member=HER, right="access", due_on=date(2026, 4, 2))


def test_each_step_is_told_also_to_somebody_on_a_break(story: Story) -> None:
    story.hears(BY_MAIL, id=ANN)
    story.hears(MemberPaused(), id=ANN)
    for event, kind in (
        (RECEIVED, Kind.RIGHTS_RECEIVED),
        (ClockPaused(member=HER, question="Which year?"), Kind.RIGHTS_QUESTION),
        (ClockPaused(member=HER, question="Which month?"), Kind.RIGHTS_QUESTION),
        (TimeExtended(member=HER, due_on=date(2026, 6, 2), reason="Much."), Kind.RIGHTS_EXTENDED),
        (RequestReported(member=HER, outcome="actioned", answer="Here."), Kind.RIGHTS_OUTCOME),
    ):
        assert story.hears(event, id=REQUEST) == {(ANN, kind, Channel.EMAIL)}
        assert kind not in FOR_THOSE_WHO_TAKE_PART
    with story.database.transaction() as db:
        found = {kind: rights_letter(db, REQUEST, kind) for kind in Kind}
    told = {kind: (row.right, row.text) for kind, row in found.items() if row}
    assert told == {
        Kind.RIGHTS_RECEIVED: ("access", None),
        Kind.RIGHTS_QUESTION: ("access", "Which month?"),
        Kind.RIGHTS_EXTENDED: ("access", "Much."),
        Kind.RIGHTS_OUTCOME: ("access", "Here."),
    }


def test_after_an_erasure_nothing_of_it_is_kept(story: Story) -> None:
    story.hears(BY_MAIL, id=ANN)
    story.hears(RECEIVED, id=REQUEST)
    story.hears(MemberErased(), id=ANN)
    story.hears(RequestReported(member=HER, outcome="actioned", answer="[erased]"), id=REQUEST)
    with story.database.transaction() as db:
        assert [kind for kind in Kind if rights_letter(db, REQUEST, kind)] == []


def test_a_complaint_is_acknowledged_and_answered_also_to_somebody_who_is_not_known_here(story: Story) -> None:
    stranger = MemberId(REQUEST)
    told = ComplaintAcknowledged(person=stranger, known=False, name="Stan", email="stan@example.org")
    assert story.hears(told, id=REQUEST) == {(REQUEST, Kind.COMPLAINT_RECEIVED, Channel.EMAIL)}
    answered = ComplaintAnswered(person=stranger, answer="We are sorry.")
    assert story.hears(answered, id=REQUEST) == {(REQUEST, Kind.COMPLAINT_OUTCOME, Channel.EMAIL)}
    with story.database.transaction() as db:
        found, known = rights_letter(db, REQUEST, Kind.COMPLAINT_OUTCOME), person(db, REQUEST)
    assert found is not None
    assert found.text == "We are sorry."
    assert known is not None
    assert (known.name, known.standing) == ("Stan", "complainant")
