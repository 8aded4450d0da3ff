"""What people type as a day or a time of day."""

from datetime import date, time

import pytest

from services.portal.typed_dates import in_kent, read_clock, read_day


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("10am", time(10)),
        ("2:30pm", time(14, 30)),
        ("2.30 PM", time(14, 30)),
        ("14:30", time(14, 30)),
        ("12am", time(0)),
        ("12pm", time(12)),
        ("midday", time(12)),
        (" 9:05am ", time(9, 5)),
        ("17", time(17)),
    ],
)
def test_times_are_read_as_people_write_them(typed: str, meant: time) -> None:
    assert read_clock(typed) == meant


@pytest.mark.parametrize("typed", ["", "7", "13pm", "0am", "25:00", "10:75am", "soon"])
def test_times_that_could_mean_two_things_or_nothing_are_asked_again(typed: str) -> None:
    with pytest.raises(ValueError, match="for example 10am"):
        read_clock(typed)


def test_a_day_that_is_not_in_the_calendar_is_asked_again() -> None:
    assert read_day("7", "12", "2026") == date(2026, 12, 7)
    for typed in (("30", "2", "2026"), ("x", "1", "2026"), ("", "", "")):
        with pytest.raises(ValueError, match="real date"):
            read_day(*typed)


def test_a_time_in_kent_carries_summer_time() -> None:
    assert in_kent(date(2026, 7, 1), time(10)) == "2026-07-01T10:00:00+01:00"
    assert in_kent(date(2026, 12, 1), time(10)) == "2026-12-01T10:00:00+00:00"
