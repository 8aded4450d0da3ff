"""Offers of a review: to whom, until when, and the freedom to say no."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.ppi.domain.support_request import (
    AcceptOffer,
    DeclineOffer,
    ExpireOffer,
    OfferDeclined,
    OfferExpired,
    OfferReview,
    OfferWithdrawn,
    SupportRequest,
)
from shared.messages.events import Event, MemberId
from shared.testing.decider import Given, given
from tests.unit.ppi.story import (
    ANN,
    JOSEPH,
    MARION,
    NEEDED_BY,
    NEXT_WEEK,
    NOT_RELEVANT,
    RELEVANT,
    ROWAN,
    TODAY,
    accepted,
    asked,
    offered,
    released,
    reviewed,
)

KENT = ZoneInfo("Europe/London")
LAST_MINUTE = datetime(NEXT_WEEK.year, NEXT_WEEK.month, NEXT_WEEK.day, 23, 59, tzinfo=KENT)
MIDNIGHT_AFTER = LAST_MINUTE + timedelta(minutes=1)
YES = AcceptOffer(member=MARION, no_conflict_of_interest=True)
NO = DeclineOffer(member=MARION)
EXPIRE = ExpireOffer(member=MARION)


def offer_to(member: MemberId, answer_by: date = NEXT_WEEK) -> OfferReview:
    return OfferReview(member=member, answer_by=answer_by)


def relevant(*events: Event, reviewers: int = 1) -> Given[SupportRequest]:
    return given(SupportRequest, asked(reviewers=reviewers), RELEVANT, *events)


def test_a_member_is_told_the_fee_when_she_is_asked() -> None:
    relevant().when(offer_to(MARION)).then(offered(MARION))


def test_nobody_is_asked_before_the_idea_is_judged_relevant() -> None:
    given(SupportRequest, asked()).when(offer_to(MARION)).refuses("relevance-first")
    given(SupportRequest, asked(), NOT_RELEVANT).when(offer_to(MARION)).refuses("not-relevant")


def test_nobody_reviews_their_own_request() -> None:
    relevant().when(offer_to(ROWAN)).refuses("own-request")


def test_more_members_may_be_asked_than_are_wanted() -> None:
    relevant(offered(MARION)).when(offer_to(JOSEPH)).then(offered(JOSEPH))


def test_nobody_is_asked_twice_at_once() -> None:
    relevant(offered(MARION)).when(offer_to(MARION)).refuses("already-asked")
    relevant(offered(MARION), accepted(MARION), reviewers=2).when(offer_to(MARION)).refuses("already-asked")


def test_who_said_no_is_not_asked_again() -> None:
    relevant(offered(MARION), OfferDeclined(member=MARION)).when(offer_to(MARION)).refuses("said-no")


def test_who_did_not_answer_in_time_may_be_asked_again() -> None:
    relevant(offered(MARION), OfferExpired(member=MARION)).when(offer_to(MARION)).then(offered(MARION))


def test_nobody_more_is_asked_once_the_reviewers_are_found() -> None:
    relevant(offered(MARION), accepted(MARION)).when(offer_to(JOSEPH)).refuses("reviewers-found")


def test_an_offer_can_be_answered_today_and_until_the_review_is_needed() -> None:
    for day in (TODAY, NEEDED_BY):
        relevant().when(offer_to(MARION, day)).then(offered(MARION, day))
    relevant().when(offer_to(MARION, TODAY - timedelta(days=1))).refuses("answer-by-passed")
    relevant().when(offer_to(MARION, NEEDED_BY + timedelta(days=1))).refuses("answer-by-too-late")


def test_nobody_is_asked_after_the_reviews_went_out() -> None:
    before = [offered(MARION), accepted(MARION), reviewed(MARION), released(MARION)]
    relevant(*before, reviewers=2).when(offer_to(JOSEPH)).refuses("already-released")


def test_a_member_says_yes() -> None:
    relevant(offered(MARION)).when(YES).then(accepted(MARION))


def test_saying_yes_twice_changes_nothing() -> None:
    relevant(offered(MARION), accepted(MARION)).when(YES).then()


def test_a_conflict_of_interest_must_be_ruled_out() -> None:
    conflicted = AcceptOffer(member=MARION, no_conflict_of_interest=False)
    relevant(offered(MARION)).when(conflicted).refuses("conflict-of-interest")


def test_only_who_was_asked_can_say_yes() -> None:
    relevant(offered(JOSEPH)).when(YES).refuses("not-offered")
    relevant(offered(MARION), OfferDeclined(member=MARION)).when(YES).refuses("offer-declined")
    relevant(offered(MARION), OfferExpired(member=MARION)).when(YES).refuses("offer-expired")


def test_an_offer_ends_with_its_day_even_before_the_timer_has_noticed() -> None:
    relevant(offered(MARION)).when(YES, now=LAST_MINUTE).then(accepted(MARION))
    relevant(offered(MARION)).when(YES, now=MIDNIGHT_AFTER).refuses("offer-expired")


def test_the_last_yes_takes_back_the_other_offers() -> None:
    relevant(offered(MARION), offered(JOSEPH)).when(YES).then(accepted(MARION), OfferWithdrawn(member=JOSEPH))


def test_the_first_of_two_leaves_the_other_offers_open() -> None:
    relevant(offered(MARION), offered(JOSEPH), reviewers=2).when(YES).then(accepted(MARION))


def test_there_are_never_more_reviewers_than_wanted() -> None:
    relevant(offered(MARION), offered(JOSEPH), accepted(JOSEPH)).when(YES).refuses("reviewers-found")


def test_an_offer_that_was_taken_back_needs_no_answer() -> None:
    taken_back = [offered(MARION), offered(JOSEPH), accepted(JOSEPH), OfferWithdrawn(member=MARION)]
    relevant(*taken_back).when(YES).refuses("offer-withdrawn")
    relevant(*taken_back).when(NO).then()


def test_a_member_says_no_without_a_reason() -> None:
    relevant(offered(MARION)).when(NO).then(OfferDeclined(member=MARION))


def test_a_reason_is_kept_when_she_gives_one() -> None:
    relevant(offered(MARION)).when(DeclineOffer(member=MARION, reason="I am away.")).then(
        OfferDeclined(member=MARION, reason="I am away.")
    )


def test_saying_no_twice_changes_nothing() -> None:
    relevant(offered(MARION), OfferDeclined(member=MARION)).when(NO).then()


def test_a_reviewer_may_stop_after_a_yes_and_another_be_asked() -> None:
    before = [offered(MARION), accepted(MARION)]
    relevant(*before).when(NO).then(OfferDeclined(member=MARION))
    relevant(*before, OfferDeclined(member=MARION)).when(offer_to(ANN)).then(offered(ANN))


def test_nobody_stops_after_the_review_is_sent() -> None:
    relevant(offered(MARION), accepted(MARION), reviewed(MARION)).when(NO).refuses("review-sent")


def test_only_who_was_asked_can_say_no() -> None:
    relevant(offered(JOSEPH)).when(NO).refuses("not-offered")


def test_an_offer_without_an_answer_expires_at_the_end_of_its_day() -> None:
    relevant(offered(MARION)).when(EXPIRE, now=MIDNIGHT_AFTER).then(OfferExpired(member=MARION))


def test_the_timer_does_nothing_once_the_offer_is_answered() -> None:
    for answer in (accepted(MARION), OfferDeclined(member=MARION), OfferWithdrawn(member=MARION)):
        relevant(offered(MARION), answer).when(EXPIRE, now=MIDNIGHT_AFTER).then()


def test_the_timer_of_an_older_offer_leaves_a_newer_one_alone() -> None:
    newer = offered(MARION, NEXT_WEEK + timedelta(days=7))
    relevant(offered(MARION), OfferWithdrawn(member=MARION), newer).when(EXPIRE, now=MIDNIGHT_AFTER).then()
