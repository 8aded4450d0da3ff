"""The clock is turned between two commands, and whoever asked before is told that the day is another."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.messages.clock import Clock
from tests.chaos.turned_clock import Overtaken, TurnedClock

_LIMIT = 10.0


def test_every_process_reads_the_hour_that_it_was_turned_to(tmp_path: Path) -> None:
    hour = TurnedClock(tmp_path / "clock")
    assert hour.now() - datetime.now(UTC) < timedelta(minutes=1)
    with hour.turned_after(timedelta(days=29)):
        assert hour.now() - datetime.now(UTC) < timedelta(minutes=1)
    for now in (hour.now(), Clock(str(tmp_path / "clock")).now()):
        assert timedelta(days=28, hours=23) < now - datetime.now(UTC) <= timedelta(days=29)


def test_a_story_that_it_overtook_ends(tmp_path: Path) -> None:
    hour = TurnedClock(tmp_path / "clock")
    began = hour.times_turned
    with hour.standing_still(began):
        pass
    with hour.turned_after(timedelta(days=1)):
        pass
    with pytest.raises(Overtaken), hour.standing_still(began):
        pass
    with hour.standing_still(hour.times_turned):
        pass


def test_it_waits_for_a_command_that_is_on_its_way(tmp_path: Path) -> None:
    hour = TurnedClock(tmp_path / "clock")
    turned = threading.Event()

    def turn() -> None:
        with hour.turned_after(timedelta(days=1)):
            turned.set()

    turning = threading.Thread(target=turn, daemon=True)
    with hour.standing_still(0):
        turning.start()
        assert not turned.wait(0.2)
    assert turned.wait(_LIMIT)
    turning.join(_LIMIT)
    assert hour.times_turned == 1
