"""Asking for support, and judging whether the idea fits what members find important."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from services.ppi.domain.support_request import JudgeRelevance, Kind, RelevanceJudged, RequestSupport, SupportRequest
from shared.testing.decider import given
from tests.unit.ppi.story import ACTIVITY, NEEDED_BY, NOT_RELEVANT, RELEVANT, ROWAN, TODAY, asked

WISH = RequestSupport(
    requester=ROWAN,
    title="Rotas that let care workers stay",
    kind=Kind.PLAIN_ENGLISH_SUMMARY,
    summary="Do predictable rotas help?",
    needed_by=NEEDED_BY,
    reviewers=1,
    activity=ACTIVITY,
)


def needed_by(day: date) -> RequestSupport:
    return replace(WISH, needed_by=day)


def test_a_researcher_asks_for_support() -> None:
    given(SupportRequest).when(WISH).then(asked())


def test_fourteen_days_are_enough_to_read_an_application() -> None:
    day = TODAY + timedelta(days=14)
    given(SupportRequest).when(needed_by(day)).then(replace(asked(), needed_by=day))


def test_thirteen_days_are_too_few() -> None:
    given(SupportRequest).when(needed_by(TODAY + timedelta(days=13))).refuses("too-soon")


def test_the_days_are_counted_in_kent_where_summer_midnight_comes_before_utcs() -> None:
    late_on_30_june = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)  # 00:30 on 1 July in Kent
    given(SupportRequest).when(needed_by(date(2026, 7, 14)), now=late_on_30_june).refuses("too-soon")


def test_a_mistyped_year_is_noticed() -> None:
    given(SupportRequest).when(needed_by(date(9999, 12, 31))).refuses("too-far-away")


def test_one_or_two_reviewers_may_be_asked_for() -> None:
    given(SupportRequest).when(replace(WISH, reviewers=2)).then(asked(reviewers=2))
    for number in (0, 3):
        given(SupportRequest).when(replace(WISH, reviewers=number)).refuses("one-or-two-reviewers")


def test_nobody_works_for_an_activity_without_a_payment_rate() -> None:
    given(SupportRequest).when(replace(WISH, activity="a-favour")).refuses("no-rate")


def test_a_coordinator_judges_the_idea_relevant() -> None:
    judgement = JudgeRelevance(relevant=True, reason="It fits.", priority="Recruitment and retention")
    given(SupportRequest, asked()).when(judgement).then(RELEVANT)


def test_an_idea_that_fits_no_priority_is_not_taken_on() -> None:
    judgement = JudgeRelevance(relevant=False, reason="It fits no priority.")
    given(SupportRequest, asked()).when(judgement).then(NOT_RELEVANT)


def test_relevance_can_be_judged_without_naming_one_priority() -> None:
    given(SupportRequest, asked()).when(JudgeRelevance(relevant=True, reason="It fits all of them.")).then(
        RelevanceJudged(requester=ROWAN, relevant=True, reason="It fits all of them.")
    )


def test_an_idea_that_is_not_relevant_fits_no_priority() -> None:
    contradiction = JudgeRelevance(relevant=False, reason="No.", priority="Recruitment and retention")
    given(SupportRequest, asked()).when(contradiction).refuses("no-priority-fits")


def test_relevance_is_judged_once() -> None:
    for before in (RELEVANT, NOT_RELEVANT):
        given(SupportRequest, asked(), before).when(JudgeRelevance(relevant=True, reason="Yes.")).refuses(
            "already-judged"
        )
