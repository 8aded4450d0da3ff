"""Reviews, their release, and the answer that alone closes a request."""

from datetime import UTC, datetime, timedelta

from services.ppi.domain.support_request import (
    AcceptOffer,
    GiveResponse,
    NoteResponseOverdue,
    OfferDeclined,
    OfferWithdrawn,
    ReleaseReviews,
    RequestClosed,
    ResponseGiven,
    ResponseOverdue,
    ReviewSent,
    SendReview,
    Status,
    SupportRequest,
    stage_of_reviewing,
)
from shared.commands.handler import fold
from shared.messages.events import Event
from shared.testing.decider import Given, given
from tests.unit.ppi.story import (
    DUE_AT,
    JOSEPH,
    MARION,
    NOT_RELEVANT,
    RELEVANT,
    ROWAN,
    accepted,
    asked,
    offered,
    released,
    reviewed,
)

SEND = SendReview(member=MARION, text="Say rota, not roster.")
RELEASE = ReleaseReviews()
ANSWER = GiveResponse(member=ROWAN, what_we_changed="We say rota now.")
ANSWERED = (ResponseGiven(requester=ROWAN, what_we_changed="We say rota now."), RequestClosed())
ONE_REVIEW = (offered(MARION), accepted(MARION), reviewed(MARION))


def relevant(*events: Event, reviewers: int = 1) -> Given[SupportRequest]:
    return given(SupportRequest, asked(reviewers=reviewers), RELEVANT, *events)


def test_a_reviewer_sends_her_review() -> None:
    relevant(offered(MARION), accepted(MARION)).when(SEND).then(reviewed(MARION))


def test_the_day_of_the_review_is_the_day_in_kent() -> None:
    late_on_30_june = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    relevant(offered(MARION), accepted(MARION)).when(SEND, now=late_on_30_june).then(
        ReviewSent(member=MARION, text=SEND.text, sent_on=datetime(2026, 7, 1).date())
    )


def test_only_who_said_yes_can_review() -> None:
    relevant().when(SEND).refuses("not-offered")
    relevant(offered(MARION)).when(SEND).refuses("not-accepted")
    relevant(offered(MARION), OfferDeclined(member=MARION)).when(SEND).refuses("not-accepted")


def test_a_review_is_sent_once() -> None:
    relevant(*ONE_REVIEW).when(SEND).refuses("review-sent")


def test_the_review_goes_to_the_researcher_who_then_has_four_weeks_to_answer() -> None:
    relevant(*ONE_REVIEW).when(RELEASE).then(released(MARION))


def test_both_reviews_go_out_together() -> None:
    both = [*ONE_REVIEW, offered(JOSEPH), accepted(JOSEPH), reviewed(JOSEPH)]
    relevant(*both, reviewers=2).when(RELEASE).then(released(MARION, JOSEPH))


def test_nothing_goes_out_while_an_accepted_review_is_missing() -> None:
    relevant(*ONE_REVIEW, offered(JOSEPH), accepted(JOSEPH), reviewers=2).when(RELEASE).refuses("review-missing")


def test_there_is_nothing_to_release_before_a_review_is_in() -> None:
    given(SupportRequest, asked()).when(RELEASE).refuses("no-review-yet")
    relevant(offered(MARION), accepted(MARION)).when(RELEASE).refuses("no-review-yet")


def test_the_release_does_not_wait_for_who_has_not_answered() -> None:
    relevant(*ONE_REVIEW, offered(JOSEPH), reviewers=2).when(RELEASE).then(
        OfferWithdrawn(member=JOSEPH), released(MARION)
    )


def test_reviews_are_released_once() -> None:
    relevant(*ONE_REVIEW, released(MARION)).when(RELEASE).refuses("already-released")
    relevant(*ONE_REVIEW, released(MARION), *ANSWERED).when(RELEASE).refuses("already-released")


def test_nobody_joins_after_the_release() -> None:
    before = [*ONE_REVIEW, offered(JOSEPH), OfferWithdrawn(member=JOSEPH), released(MARION)]
    yes = AcceptOffer(member=JOSEPH, no_conflict_of_interest=True)
    relevant(*before, reviewers=2).when(yes).refuses("offer-withdrawn")


def test_the_answer_closes_the_request() -> None:
    relevant(*ONE_REVIEW, released(MARION)).when(ANSWER).then(*ANSWERED)


def test_only_the_answer_closes_a_request() -> None:
    path = [asked(), RELEVANT, *ONE_REVIEW, released(MARION), ResponseOverdue(requester=ROWAN), *ANSWERED]
    reached = [fold(SupportRequest(), path[:length]).status for length in range(len(path) + 1)]
    assert [status for status in reached if status is Status.CLOSED] == [Status.CLOSED]
    assert reached[-1] is Status.CLOSED


def test_only_the_requester_can_answer() -> None:
    answer = GiveResponse(member=MARION, what_we_changed="Nothing.")
    relevant(*ONE_REVIEW, released(MARION)).when(answer).refuses("not-the-requester")


def test_there_is_nothing_to_answer_before_the_release() -> None:
    relevant(*ONE_REVIEW).when(ANSWER).refuses("nothing-to-answer")
    given(SupportRequest, asked(), NOT_RELEVANT).when(ANSWER).refuses("nothing-to-answer")


def test_the_answer_is_given_once() -> None:
    relevant(*ONE_REVIEW, released(MARION), *ANSWERED).when(ANSWER).refuses("already-closed")


def test_an_answer_that_does_not_come_is_noted_once_it_is_due() -> None:
    before = [*ONE_REVIEW, released(MARION)]
    overdue = ResponseOverdue(requester=ROWAN)
    relevant(*before).when(NoteResponseOverdue(), now=DUE_AT - timedelta(seconds=1)).then()
    relevant(*before).when(NoteResponseOverdue(), now=DUE_AT).then(overdue)
    relevant(*before, overdue).when(NoteResponseOverdue(), now=DUE_AT).then()


def test_an_answer_that_came_is_not_overdue() -> None:
    relevant(*ONE_REVIEW, released(MARION), *ANSWERED).when(NoteResponseOverdue(), now=DUE_AT).then()


def test_a_late_answer_still_closes_the_request() -> None:
    before = [*ONE_REVIEW, released(MARION), ResponseOverdue(requester=ROWAN)]
    relevant(*before).when(ANSWER, now=DUE_AT + timedelta(days=1)).then(*ANSWERED)


def test_where_the_reviewing_stands_follows_from_the_answers() -> None:
    assert stage_of_reviewing(waiting=0, accepted=0, reviewed=0) is Status.RELEVANT
    assert stage_of_reviewing(waiting=2, accepted=0, reviewed=0) is Status.OFFERED
    assert stage_of_reviewing(waiting=1, accepted=1, reviewed=0) is Status.IN_REVIEW
    assert stage_of_reviewing(waiting=0, accepted=2, reviewed=1) is Status.IN_REVIEW
    assert stage_of_reviewing(waiting=1, accepted=1, reviewed=1) is Status.REVIEW_IN
