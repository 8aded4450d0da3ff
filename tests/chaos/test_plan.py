"""What a chaos run will do is known before it begins."""

from collections import Counter

import pytest

from services.ppi.domain.support_request import TIME_TO_RESPOND
from shared.eventstore.keeping import KEPT
from tests.chaos.fail_points import POINTS
from tests.chaos.house import KAFKA, POSTGRES
from tests.chaos.plan import TURNED_BY, Freeze, Kill, KillAt, plan, rivals


def test_the_same_seed_gives_the_same_harm() -> None:
    assert plan(7, 40) == plan(7, 40)
    assert plan(7, 40) != plan(8, 40)


@pytest.mark.parametrize("kills", [20, 200])
def test_it_kills_as_often_as_it_was_asked_to_and_freezes_between(kills: int) -> None:
    harms = plan(7, kills)
    assert sum(isinstance(harm, Kill | KillAt) for harm in harms) == kills
    assert {POSTGRES, KAFKA} <= {harm.target for harm in harms if isinstance(harm, Freeze)}
    assert {POSTGRES, KAFKA} <= {harm.target for harm in harms if isinstance(harm, Kill)}


@pytest.mark.parametrize("seed", range(5))
def test_the_short_run_tries_every_core_fail_point(seed: int) -> None:
    tried = Counter(harm.point.name for harm in plan(seed, 20) if isinstance(harm, KillAt))
    assert {point.name for point in POINTS if point.core} <= tried.keys()


@pytest.mark.parametrize("kills", [20, 200])
def test_half_way_the_clock_is_turned_once_and_whoever_keeps_the_timers_dies(kills: int) -> None:
    harms = plan(7, kills)
    [turning] = [harm for harm in harms if isinstance(harm, KillAt) and harm.turned_by]
    assert (turning.target, turning.turned_by) == ("ppi-worker", TURNED_BY)
    assert abs(harms.index(turning) - len(harms) / 2) <= 1


def test_it_is_turned_past_the_longest_timer_and_no_answer_is_forgotten() -> None:
    assert TIME_TO_RESPOND < TURNED_BY < KEPT


def test_it_kills_only_rivals_that_there_are() -> None:
    for kills in (20, 200):
        killed = {harm.target for harm in plan(7, kills) if harm.target.endswith("-rival")}
        assert killed <= {f"{name}-rival" for name in rivals(kills)}
