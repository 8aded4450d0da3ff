"""Which steps of a support request the page offers to whom."""

from typing import Any

from services.portal.pages.support_request import possible_steps

RESEARCHER, MARION, JOSEPH = "researcher", "marion", "joseph"


def shown(status: str, reviewers: int = 2, reviews: list[str] | None = None, **offers: str) -> dict[str, Any]:
    """A request as its service shows it; `offers` are statuses by member."""
    return {
        "status": status,
        "reviewers": reviewers,
        "requester_id": RESEARCHER,
        "offers": [{"member_id": member, "status": answer} for member, answer in offers.items()],
        "reviews": [{"reviewer_id": member} for member in reviews or []],
    }


def test_a_coordinator_judges_first_and_offers_then() -> None:
    assert possible_steps(shown("submitted"), "", True) == ["judge"]
    assert possible_steps(shown("relevant"), "", True) == ["offer"]
    assert possible_steps(shown("not-relevant"), "", True) == []


def test_nobody_more_is_asked_when_the_reviewers_are_found() -> None:
    assert "offer" in possible_steps(shown("in-review", marion="accepted"), "", True)
    assert possible_steps(shown("in-review", marion="accepted", joseph="accepted"), "", True) == []
    assert possible_steps(shown("review-in", reviewers=1, marion="accepted", reviews=[MARION]), "", True) == ["release"]


def test_with_one_of_two_reviews_in_a_coordinator_may_release_it_or_ask_somebody_else() -> None:
    one_in = shown("review-in", marion="accepted", joseph="declined", reviews=[MARION])
    assert possible_steps(one_in, "", True) == ["release", "offer"]


def test_a_member_says_yes_or_no_then_reviews_or_stops() -> None:
    assert possible_steps(shown("offered", marion="offered"), MARION, False) == ["accept", "decline"]
    assert possible_steps(shown("in-review", marion="accepted"), MARION, False) == ["review", "decline"]
    assert possible_steps(shown("review-in", marion="accepted", reviews=[MARION]), MARION, False) == []
    assert possible_steps(shown("offered", marion="declined"), MARION, False) == []


def test_only_the_researcher_answers_and_only_after_the_release() -> None:
    assert possible_steps(shown("released"), RESEARCHER, False) == ["answer"]
    assert possible_steps(shown("review-in"), RESEARCHER, False) == []
    assert possible_steps(shown("released"), JOSEPH, False) == []
    assert possible_steps(shown("closed"), RESEARCHER, False) == []


def test_somebody_unknown_is_offered_nothing() -> None:
    assert possible_steps(shown("released") | {"requester_id": ""}, "", False) == []
