"""What is arranged for a member, and what cannot be, is told in one letter; and after a year she is asked to check."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from services.notifications.contracts.meetings import (
    ArrangementMade,
    ArrangementNotMet,
    ArrangementsDropped,
    ArrangementsFlagged,
    Flag,
    Flagged,
    MeetingPlanned,
    Said,
)
from services.notifications.contracts.membership import AccessNeedsReviewDue, MemberApproved, MemberErased
from services.notifications.domain.delivery import Channel, Kind
from services.notifications.letters.letter import write
from services.notifications.projections.arrangements import ArrangementRow, arranged_at
from shared.messages.even_length import evenly
from shared.messages.events import Event, MemberId
from shared.testing.decider import NOW
from tests.unit.notifications.facts import FACTS
from tests.unit.notifications.story import Story

ANN = MemberId(UUID(int=1))
MEETING, CAPTIONS, POLISH = UUID(int=20), UUID(int=30), UUID(int=31)
PLANNED = MeetingPlanned(
    community=UUID(int=10),
    title="A talk",
    about=".",
    starts_at=NOW + timedelta(days=7),
    ends_at=NOW + timedelta(days=7, hours=1),
)


def made(arrangement: UUID = CAPTIONS, text: str = "Captions", note: str | None = None) -> ArrangementMade:
    return ArrangementMade(meeting=MEETING, arrangement=arrangement, said=evenly(Said(text, note)))


def cannot(reason: str) -> ArrangementNotMet:
    return ArrangementNotMet(meeting=MEETING, arrangement=POLISH, said=evenly(Said("Interpreting: Polish", reason)))


def known(story: Story) -> None:
    story.hears(MemberApproved(name="Ann", phone="01632 960001", stakeholder_group="other"), id=ANN)
    story.hears(PLANNED, id=MEETING)


def told(story: Story) -> list[ArrangementRow]:
    with story.database.transaction() as db:
        return arranged_at(db, MEETING, ANN)


def test_what_is_arranged_within_an_hour_is_one_letter_by_her_channel(story: Story) -> None:
    known(story)
    assert story.hears(made(), id=ANN) == {(ANN, Kind.ARRANGEMENTS, Channel.PHONE)}
    story.hears(cannot("Nobody is free."), id=ANN, at=NOW + timedelta(minutes=40))
    assert story.letters_about(MEETING) == 1
    story.hears(made(POLISH, "Interpreting: Polish"), id=ANN, at=NOW + timedelta(minutes=70))
    assert story.letters_about(MEETING) == 2
    with story.database.transaction() as db:
        first = db.value(str, "select min(due_at)::text from agenda where action = 'QueueDelivery' and not at_once")
    assert first is not None
    assert first.startswith(f"{NOW + timedelta(hours=1):%Y-%m-%d %H}:00:00")


def test_what_is_said_after_the_meeting_is_no_news_to_her(story: Story) -> None:
    known(story)
    assert story.hears(cannot("They stopped."), id=ANN, at=PLANNED.starts_at) == set()


def test_the_letter_says_what_holds_when_it_is_written(story: Story) -> None:
    known(story)
    story.hears(made(note="A person types."), id=ANN)
    story.hears(cannot("Nobody is free."), id=ANN)
    both = [
        ArrangementRow(made=True, arrangement="Captions", note="A person types."),
        ArrangementRow(made=False, arrangement="Interpreting: Polish", note="Nobody is free."),
    ]
    assert told(story) == both
    story.hears(ArrangementsFlagged(meeting=MEETING, flagged=evenly(Flagged((Flag(CAPTIONS),)))), id=ANN)
    assert told(story) == both[:1]
    story.hears(ArrangementsDropped(meeting=MEETING), id=ANN)
    assert told(story) == []


def test_it_goes_with_her_when_she_is_erased_and_reads_as_nothing_in_a_rebuild(story: Story) -> None:
    known(story)
    story.hears(made(), id=ANN)
    story.hears(MemberErased(), id=ANN)
    assert told(story) == []
    erased: list[Event] = [
        ArrangementMade(meeting=MEETING, arrangement=CAPTIONS, said=None),
        ArrangementsFlagged(meeting=MEETING, flagged=None),
    ]
    for event in erased:
        story.hears(event, id=ANN)
    assert told(story) == []


def test_the_letter_names_each_and_why_one_cannot_be() -> None:
    text = write(Kind.ARRANGEMENTS, FACTS).text
    arranged, cannot_be = text.split("We are sorry. This cannot be arranged:")
    assert "This is arranged:\n\n- Captions\n> A person types.\n\n- Breaks" in arranged
    assert "- Interpreting into another language: Polish\n> Nobody is free." in cannot_be
    assert "sorry" not in write(Kind.ARRANGEMENTS, replace(FACTS, arranged=(FACTS.arranged or [])[:2])).text


def test_a_letter_that_finds_nothing_to_arrange_any_more_says_so() -> None:
    assert "any more" in write(Kind.ARRANGEMENTS, replace(FACTS, arranged=[])).text


def test_the_subject_of_a_letter_does_not_say_what_she_needs() -> None:
    assert "aptions" not in write(Kind.ARRANGEMENTS, FACTS).subject


def test_after_a_year_she_is_asked_to_check(story: Story) -> None:
    known(story)
    assert story.hears(AccessNeedsReviewDue(), id=ANN) == {(ANN, Kind.ACCESS_NEEDS_CHECK, Channel.PHONE)}
