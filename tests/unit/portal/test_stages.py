"""Where a support request stands, in seven stages."""

import pytest

from services.portal.pages.support import ORDER, stages


@pytest.mark.parametrize("status", ORDER)
def test_what_is_reached_is_done_and_the_one_after_it_is_next(status: str) -> None:
    reached = ORDER.index(status)
    states = [stage.state for stage in stages(status)]
    assert states == ["done"] * (reached + 1) + ["now"] * (reached < 6) + ["later"] * (5 - reached)


def test_a_request_that_does_not_fit_stops_at_the_second_stage() -> None:
    assert [stage.state for stage in stages("not-relevant")] == ["done", "stopped"]
