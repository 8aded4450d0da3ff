"""What is to be arranged for one member: put on the list, arranged, met or not, and taken off."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from services.meetings.domain.arrangements import (
    Arrange,
    ArrangementMade,
    ArrangementMet,
    ArrangementNotMet,
    Arrangements,
    ArrangementsDropped,
    ArrangementsFlagged,
    Asked,
    BeginArranging,
    Flag,
    Flagged,
    Progress,
    Said,
    SayArranged,
    SayMet,
    SayNotMet,
    Wanted,
)
from shared.messages.even_length import BLOCK, evenly
from shared.testing.decider import NOW, given

TALK, WALK = UUID(int=20), UUID(int=21)
SOON, LATER, AFTERWARDS = NOW + timedelta(days=7), NOW + timedelta(days=9), NOW + timedelta(days=8)
CAPTIONS, LOOP = Asked("captions", "Captions"), Asked("hearing-loop", "Hearing loop")
POLISH = Asked("other-language", "Interpreting into another language", "Polish")
ONE, TWO, THREE = (UUID(int=number) for number in (1, 2, 3))


def wanted(*asked: Asked, meeting: UUID = TALK, starts_at: datetime = SOON, words: str | None = None) -> Wanted:
    return Wanted(meeting, starts_at, asked, words)


def flagged(*flags: Flag, meeting: UUID = TALK, starts_at: datetime = SOON) -> ArrangementsFlagged:
    return ArrangementsFlagged(meeting=meeting, starts_at=starts_at, flagged=evenly(Flagged(flags)))


def made(text: str = "Captions", note: str | None = None) -> ArrangementMade:
    return ArrangementMade(meeting=TALK, arrangement=ONE, said=evenly(Said(text, note)))


def not_met(reason: str, text: str = "Captions") -> ArrangementNotMet:
    return ArrangementNotMet(meeting=TALK, arrangement=ONE, said=evenly(Said(text, reason)))


MET = ArrangementMet(meeting=TALK, arrangement=ONE)
LISTED = flagged(Flag(ONE, CAPTIONS))


def progress(*events: object) -> Progress:
    state = Arrangements()
    for event in events:
        state = state.evolve(event)
    return state.at[TALK].progress[ONE]


def test_what_is_wanted_is_put_on_the_list_of_each_meeting() -> None:
    wish = BeginArranging(wanted=(wanted(CAPTIONS, LOOP), wanted(CAPTIONS, meeting=WALK, starts_at=LATER)))
    given(Arrangements).when(wish).then(
        flagged(Flag(ONE, CAPTIONS), Flag(TWO, LOOP)),
        flagged(Flag(THREE, CAPTIONS), meeting=WALK, starts_at=LATER),
    )


def test_where_nothing_is_needed_nothing_is_recorded() -> None:
    given(Arrangements).when(BeginArranging(wanted=(wanted(),))).then()


def test_asking_again_changes_nothing() -> None:
    given(Arrangements, LISTED).when(Arrange(wanted=(wanted(CAPTIONS),))).then()


def test_what_stays_wanted_stays_arranged() -> None:
    both = flagged(Flag(ONE, CAPTIONS), Flag(TWO, LOOP))
    wish = Arrange(wanted=(wanted(CAPTIONS, LOOP),))
    given(Arrangements, LISTED, made()).when(wish, new_ids=[TWO]).then(both)
    assert progress(LISTED, made(), both) is Progress.ARRANGED


def test_another_detail_is_another_arrangement() -> None:
    before = flagged(Flag(ONE, POLISH))
    urdu = Asked(POLISH.code, POLISH.arrangement, "Urdu")
    given(Arrangements, before).when(Arrange(wanted=(wanted(urdu),)), new_ids=[TWO]).then(flagged(Flag(TWO, urdu)))


def test_a_meeting_at_another_time_keeps_its_arrangements_and_tells_the_time() -> None:
    given(Arrangements, LISTED).when(Arrange(wanted=(wanted(CAPTIONS, starts_at=LATER),))).then(
        flagged(Flag(ONE, CAPTIONS), starts_at=LATER)
    )


@pytest.mark.parametrize("now_wanted", [(), (wanted(),)])
def test_who_does_not_come_or_share_any_more_is_taken_off(now_wanted: tuple[Wanted, ...]) -> None:
    given(Arrangements, LISTED, made()).when(Arrange(wanted=now_wanted)).then(ArrangementsDropped(meeting=TALK))


def test_a_meeting_that_has_begun_is_left_as_it_was() -> None:
    given(Arrangements, LISTED).when(Arrange(wanted=()), now=AFTERWARDS).then()
    given(Arrangements, LISTED).when(Arrange(wanted=(wanted(LOOP),)), now=AFTERWARDS).then()


def test_it_is_arranged_and_she_can_read_how() -> None:
    wish = SayArranged(meeting=TALK, arrangement=ONE, note="A person types.")
    given(Arrangements, LISTED).when(wish).then(made(note="A person types."))
    given(Arrangements, flagged(Flag(ONE, POLISH))).when(SayArranged(meeting=TALK, arrangement=ONE)).then(
        made("Interpreting into another language: Polish")
    )


def test_saying_so_twice_is_as_once_unless_there_is_more_to_say() -> None:
    given(Arrangements, LISTED, made()).when(SayArranged(meeting=TALK, arrangement=ONE)).then()
    given(Arrangements, LISTED, made()).when(SayArranged(meeting=TALK, arrangement=ONE, note="On a screen.")).then(
        made(note="On a screen.")
    )


def test_nothing_is_arranged_any_more_once_the_meeting_has_begun() -> None:
    given(Arrangements, LISTED).when(SayArranged(meeting=TALK, arrangement=ONE), now=SOON).refuses("meeting-begun")


def test_what_could_not_be_arranged_may_be_arranged_after_all() -> None:
    cannot = SayNotMet(meeting=TALK, arrangement=ONE, reason="Nobody is free.")
    given(Arrangements, LISTED).when(cannot).then(not_met("Nobody is free."))
    given(Arrangements, LISTED, not_met("Nobody is free.")).when(SayArranged(meeting=TALK, arrangement=ONE)).then(
        made()
    )


def test_whether_it_was_met_is_said_once_the_meeting_has_begun() -> None:
    wish = SayMet(meeting=TALK, arrangement=ONE)
    given(Arrangements, LISTED, made()).when(wish).refuses("meeting-not-begun")
    given(Arrangements, LISTED, made()).when(wish, now=SOON).then(MET)
    given(Arrangements, LISTED, MET).when(wish, now=AFTERWARDS).then()


def test_she_says_herself_that_it_was_not_met_but_only_then() -> None:
    wish = SayNotMet(meeting=TALK, arrangement=ONE, reason="They failed.", by_herself=True)
    given(Arrangements, LISTED, made()).when(wish).refuses("meeting-not-begun")
    given(Arrangements, LISTED, MET).when(wish, now=AFTERWARDS).then(not_met("They failed."))


@pytest.mark.parametrize(
    "wish",
    [
        SayArranged(meeting=TALK, arrangement=TWO),
        SayMet(meeting=WALK, arrangement=ONE),
        SayNotMet(meeting=TALK, arrangement=TWO, reason="."),
    ],
)
def test_what_is_not_on_the_list_is_refused(wish: SayArranged | SayMet | SayNotMet) -> None:
    given(Arrangements, LISTED).when(wish).refuses("not-wanted")


def test_the_length_of_what_is_sealed_tells_nothing() -> None:
    events = [LISTED, flagged(Flag(ONE, CAPTIONS), Flag(TWO, LOOP)), flagged(Flag(ONE, POLISH))]
    assert {len(event.flagged or "") for event in events} == {BLOCK}


def test_an_erased_list_can_still_be_dropped() -> None:
    erased = ArrangementsFlagged(meeting=TALK, starts_at=SOON, flagged=None)
    given(Arrangements, erased, made()).when(Arrange(wanted=())).then(ArrangementsDropped(meeting=TALK))
