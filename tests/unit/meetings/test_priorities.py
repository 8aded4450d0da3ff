"""The rules of a published list of priorities."""

from uuid import UUID

from services.meetings.domain.priorities import PrioritiesPublished, Priority, PriorityList, PublishPriorities
from shared.testing.decider import given

COMMUNITY = UUID(int=10)
SOURCE = "https://example.org/priorities"


def publish(*priorities: Priority) -> PublishPriorities:
    return PublishPriorities(
        community=COMMUNITY,
        title="What matters",
        period="2022-03",
        method="Ordered and thematised at three online events",
        source=SOURCE,
        priorities=priorities,
    )


def test_a_list_is_published_with_its_method_and_source() -> None:
    first, second = Priority(rank=1, text="Keeping people in care work"), Priority(rank=2, text="Wellbeing at work")
    given(PriorityList).when(publish(first, second)).then(
        PrioritiesPublished(
            community=COMMUNITY,
            title="What matters",
            period="2022-03",
            method="Ordered and thematised at three online events",
            source=SOURCE,
            priorities=(first, second),
        )
    )


def test_a_method_may_rank_nothing() -> None:
    wanted = publish(Priority(text="Keeping people in care work"), Priority(text="Wellbeing at work"))
    decided = given(PriorityList).when(wanted)
    assert [event.priorities for event in decided.events if isinstance(event, PrioritiesPublished)] == [
        wanted.priorities
    ]


def test_two_priorities_may_share_a_rank() -> None:
    wanted = publish(Priority(rank=1, text="Keeping people in care work"), Priority(rank=1, text="Wellbeing at work"))
    assert given(PriorityList).when(wanted).refusal is None


def test_a_list_is_ranked_as_a_whole_or_not_at_all() -> None:
    given(PriorityList).when(publish(Priority(rank=1, text="One"), Priority(text="Another"))).refuses("partly-ranked")
