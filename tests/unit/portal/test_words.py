"""Dates, times and money as people say them."""

from datetime import date

import pytest

from services.portal import words


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("2025-11-18T10:00:00+00:00", "Tuesday 18 November 2025, 10am"),
        ("2026-07-01T09:30:00Z", "Wednesday 1 July 2026, 10:30am"),
        ("2025-11-18T12:00:00+00:00", "Tuesday 18 November 2025, midday"),
        ("2025-11-18T00:00:00+00:00", "Tuesday 18 November 2025, midnight"),
        ("2025-11-18T12:05:00+00:00", "Tuesday 18 November 2025, 12:05pm"),
    ],
)
def test_a_moment_is_said_in_kents_time(written: str, said: str) -> None:
    assert words.moment(written) == said


def test_a_time_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="no offset"):
        words.moment("2025-11-18T10:00:00")


def test_a_meeting_on_one_day_names_the_day_once() -> None:
    said = words.span("2025-11-18T10:00:00+00:00", "2025-11-18T11:30:00+00:00")
    assert said == "Tuesday 18 November 2025, 10am to 11:30am"


def test_a_meeting_over_midnight_names_both_days() -> None:
    said = words.span("2025-11-18T22:00:00+00:00", "2025-11-19T01:00:00+00:00")
    assert said == "Tuesday 18 November 2025, 10pm to Wednesday 19 November 2025, 1am"


@pytest.mark.parametrize(
    ("written", "said"),
    [("2021", "2021"), ("2021-07", "July 2021"), ("2023-08-24", "24 August 2023"), (None, "Undated")],
)
def test_a_milestone_is_as_exact_as_its_source(written: str | None, said: str) -> None:
    assert words.period(written) == said


def test_a_day_is_read_from_a_date_or_from_a_whole_time() -> None:
    assert words.day("2026-12-06") == "6 December 2026"
    assert words.day("2026-06-06T23:30:00+00:00") == "7 June 2026"
    assert words.weekday(date(2026, 12, 7)) == "Monday 7 December 2026"


@pytest.mark.parametrize(
    ("pence", "said"), [(1380, "£13.80"), (7500, "£75"), (49500, "£495"), (181400, "£1,814"), (5, "£0.05")]
)
def test_money_has_pence_only_where_there_are_some(pence: int, said: str) -> None:
    assert words.pounds(pence) == said


def test_whole_numbers_have_no_decimals() -> None:
    assert words.number(2149.0) == "2,149"
    assert words.number(60.5) == "60.5"
