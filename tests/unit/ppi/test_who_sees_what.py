"""What each person sees of a request: no more than her part needs."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from services.ppi.api.request_views import View, view_for
from services.ppi.projections.support_requests import OfferRow, ReviewRow, SupportRequestRow
from shared.testing.decider import NOW
from tests.unit.ppi.story import ACTIVITY, ANN, DUE_AT, FEE, JOSEPH, MARION, NEEDED_BY, NEXT_WEEK, ROWAN

RELEASED = SupportRequestRow(
    id=UUID(int=30),
    requester_id=ROWAN,
    requester_name="Rowan",
    title="Rotas that let care workers stay",
    kind="plain-english-summary",
    summary="Do predictable rotas help?",
    needed_by=NEEDED_BY,
    reviewers=2,
    activity=ACTIVITY,
    status="released",
    relevant=True,
    relevance_reason="It fits.",
    priority=None,
    released_at=NOW,
    response_due_at=DUE_AT,
    overdue=False,
    response=None,
    responded_at=None,
    version=9,
)
NOT_RELEASED = replace(RELEASED, status="review-in", released_at=None, response_due_at=None)
OFFERS = [
    OfferRow(member, name, status, NOW, NEXT_WEEK, FEE)
    for member, name, status in (
        (MARION, "Marion", "accepted"),
        (JOSEPH, "Joseph", "accepted"),
        (ANN, "Ann", "declined"),
    )
]
REVIEWS = [
    ReviewRow(MARION, "Marion", "Say rota.", NOW),
    ReviewRow(JOSEPH, "Joseph", "Whom did you ask?", NOW + timedelta(hours=1)),
]


def seen(member: UUID | None, row: SupportRequestRow = RELEASED, *, sees_all: bool = False) -> View:
    view = view_for(member, sees_all, row, OFFERS, REVIEWS, NOW)
    assert view is not None
    return view


def test_a_coordinator_sees_everything() -> None:
    view = seen(None, NOT_RELEASED, sees_all=True)
    assert view["offers"] == OFFERS
    assert isinstance(view["reviews"], list)
    assert [review["reviewer"] for review in view["reviews"]] == ["Marion", "Joseph"]


def test_the_researcher_sees_no_review_before_the_release() -> None:
    assert seen(ROWAN, NOT_RELEASED)["reviews"] == []


def test_the_researcher_never_learns_who_was_asked_or_who_reviewed() -> None:
    view = seen(ROWAN)
    assert isinstance(view["reviews"], list)
    assert [review["reviewer"] for review in view["reviews"]] == ["Reviewer 1", "Reviewer 2"]
    assert [review["text"] for review in view["reviews"]] == ["Say rota.", "Whom did you ask?"]
    for hidden in (str(MARION), str(JOSEPH), str(ANN), "Marion", "Joseph", "Ann'"):
        assert hidden not in str(view)


def test_a_reviewer_sees_the_idea_her_offer_and_her_review_alone() -> None:
    view = seen(MARION)
    assert view["summary"] == RELEASED.summary
    assert view["offers"] == OFFERS[:1]
    assert isinstance(view["reviews"], list)
    assert [review["text"] for review in view["reviews"]] == ["Say rota."]


def test_the_idea_is_confidential_again_for_who_said_no() -> None:
    view = seen(ANN)
    assert (view["summary"], view["relevance"], view["reviews"], view["response"]) == (None, None, [], None)
    assert view["offers"] == OFFERS[2:]


def test_for_everybody_else_it_is_not_there() -> None:
    for nobody in (None, UUID(int=99)):
        assert view_for(nobody, False, RELEASED, OFFERS, REVIEWS, NOW) is None


def test_the_fee_is_what_was_offered_and_before_that_the_rate_of_today() -> None:
    assert seen(MARION)["fee_pence"] == FEE
    view = view_for(ROWAN, False, NOT_RELEASED, [], [], NOW)
    assert view is not None
    assert view["fee_pence"] == 5500
