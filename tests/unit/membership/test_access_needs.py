"""What a member says that she needs, shares, and looks at again."""

from datetime import timedelta

import pytest

from services.membership.domain import access_needs as domain
from services.membership.domain.access_needs import (
    AccessNeeds,
    AccessNeedsReviewDue,
    AccessNeedsReviewed,
    AccessNeedsSaid,
    AccessNeedsShared,
    AccessNeedsSharingStopped,
    Need,
    NoteReviewDue,
    Said,
    SayFirstNeeds,
    SayNeeds,
    Shared,
    ShareNeeds,
    StillRight,
    StopSharing,
    ToArrange,
)
from services.membership.domain.needs_list import IN_FORCE, LISTED, REVIEW_AFTER, VERSION, Listed
from shared.messages.even_length import BLOCK, evenly
from shared.messages.events import ERASED
from shared.testing.decider import NOW, given

WORDING = IN_FORCE["meetings"].version
BSL = Need("bsl-interpreter")
POLISH = Need("other-language", "Polish")
IN_A_YEAR = NOW + REVIEW_AFTER


def said(*needs: Need, words: str | None = None) -> AccessNeedsSaid:
    return AccessNeedsSaid(list_version=VERSION, said=evenly(Said(needs, words)), review_due_at=IN_A_YEAR)


def shared(*needs: ToArrange, words: str | None = None, words_too: bool = False) -> AccessNeedsShared:
    told = evenly(Shared(needs, words))
    return AccessNeedsShared(purpose="meetings", wording=WORDING, words_too=words_too, shared=told)


INTERPRETER = ToArrange("bsl-interpreter", "BSL interpreter", None, ("in-person", "online"))


def test_what_is_said_first_is_kept_in_the_order_of_the_list() -> None:
    given(AccessNeeds).when(SayFirstNeeds(needs=(POLISH, BSL), words="Please face me.")).then(
        said(BSL, POLISH, words="Please face me.")
    )


def test_nothing_needed_is_said_like_everything_else() -> None:
    given(AccessNeeds).when(SayFirstNeeds(needs=())).then(said())


def test_what_is_said_later_takes_the_place_of_what_was_said() -> None:
    given(AccessNeeds, said(BSL)).when(SayNeeds(needs=(POLISH,))).then(said(POLISH))


def test_saying_the_same_again_is_a_look_at_it() -> None:
    given(AccessNeeds, said(BSL)).when(SayNeeds(needs=(BSL,))).then(AccessNeedsReviewed(review_due_at=IN_A_YEAR))


@pytest.mark.parametrize("needs", [(Need("diagnosis"),), (BSL, BSL)])
def test_only_the_needs_of_the_list_are_taken_and_each_once(needs: tuple[Need, ...]) -> None:
    decided = given(AccessNeeds).when(SayFirstNeeds(needs=needs))
    decided.refuses("need-twice" if len(needs) > 1 else "unknown-need")


def test_where_the_code_does_not_tell_what_to_arrange_it_is_said() -> None:
    given(AccessNeeds).when(SayFirstNeeds(needs=(Need("other-language"),))).refuses("detail-missing")
    given(AccessNeeds).when(SayFirstNeeds(needs=(Need("breaks"),))).then(said(Need("breaks")))


def test_a_need_that_the_list_has_ended_is_kept_but_not_chosen_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = {**LISTED, "fax": Listed("fax", "Papers by fax", "Papers by fax", ended=True)}
    monkeypatch.setattr(domain, "LISTED", ended)
    given(AccessNeeds).when(SayFirstNeeds(needs=(Need("fax"),))).refuses("unknown-need")
    given(AccessNeeds, said(Need("fax"))).when(SayNeeds(needs=(BSL, Need("fax")))).then(said(BSL, Need("fax")))


def test_what_is_shared_says_what_to_arrange_and_keeps_her_words_back() -> None:
    before = said(BSL, words="I am deaf since an illness.")
    given(AccessNeeds, before).when(ShareNeeds(purpose="meetings", wording=WORDING)).then(shared(INTERPRETER))


def test_her_words_go_along_only_when_she_says_so() -> None:
    wish = ShareNeeds(purpose="meetings", wording=WORDING, words_too=True)
    given(AccessNeeds, said(BSL, words="Please face me.")).when(wish).then(
        shared(INTERPRETER, words="Please face me.", words_too=True)
    )


def test_a_change_of_what_is_shared_is_shared_too() -> None:
    given(AccessNeeds, said(BSL), shared(INTERPRETER)).when(SayNeeds(needs=())).then(said(), shared())


def test_sharing_twice_is_as_once() -> None:
    before = (said(BSL), shared(INTERPRETER))
    given(AccessNeeds, *before).when(ShareNeeds(purpose="meetings", wording=WORDING)).then()


def test_an_unknown_wording_or_purpose_is_refused() -> None:
    given(AccessNeeds, said(BSL)).when(ShareNeeds(purpose="meetings", wording="1999-01")).refuses("other-wording")
    given(AccessNeeds, said(BSL)).when(ShareNeeds(purpose="research", wording=WORDING)).refuses("unknown-purpose")


def test_sharing_stops_and_nothing_is_shared_from_then_on() -> None:
    stopped = AccessNeedsSharingStopped(purpose="meetings")
    before = (said(BSL), shared(INTERPRETER))
    given(AccessNeeds, *before).when(StopSharing(purpose="meetings")).then(stopped)
    given(AccessNeeds, *before, stopped).when(StopSharing(purpose="meetings")).then()
    given(AccessNeeds, *before, stopped).when(SayNeeds(needs=())).then(said())


def test_after_a_year_she_is_asked_once_and_not_if_somebody_looked_meanwhile() -> None:
    looked = AccessNeedsReviewed(review_due_at=IN_A_YEAR + timedelta(days=30))
    given(AccessNeeds, said(BSL)).when(NoteReviewDue(), now=IN_A_YEAR).then(AccessNeedsReviewDue())
    given(AccessNeeds, said(BSL)).when(NoteReviewDue(), now=IN_A_YEAR - timedelta(days=1)).then()
    given(AccessNeeds, said(BSL), looked).when(NoteReviewDue(), now=IN_A_YEAR).then()
    given(AccessNeeds, said(BSL), AccessNeedsReviewDue()).when(NoteReviewDue(), now=IN_A_YEAR).then()


def test_a_look_puts_the_next_one_off_by_a_year() -> None:
    later = IN_A_YEAR + timedelta(days=3)
    given(AccessNeeds, said(BSL), AccessNeedsReviewDue()).when(StillRight(), now=later).then(
        AccessNeedsReviewed(review_due_at=later + REVIEW_AFTER)
    )


def test_the_length_of_what_is_sealed_tells_nothing_of_what_was_chosen() -> None:
    said_texts = [evenly(Said((Need(code),))) for code in LISTED]
    said_texts += [evenly(Said()), evenly(Said(tuple(Need(code) for code in LISTED), "Please face me."))]
    everything = tuple(ToArrange(each.code, each.arrangement, None, each.ways) for each in LISTED.values())
    shared_texts = [evenly(Shared()), evenly(Shared((INTERPRETER,))), evenly(Shared(everything))]
    assert {len(text.encode()) for text in said_texts + shared_texts} == {BLOCK}


@pytest.mark.parametrize("text", [None, ERASED])
def test_what_is_erased_reads_as_nothing_said(text: str | None) -> None:
    erased = AccessNeedsSaid(list_version=VERSION, said=text, review_due_at=IN_A_YEAR)
    assert AccessNeeds().evolve(erased).said is None
    given(AccessNeeds, erased, shared(INTERPRETER)).when(StopSharing(purpose="meetings")).then(
        AccessNeedsSharingStopped(purpose="meetings")
    )
