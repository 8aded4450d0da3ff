"""Milestones stand in the order of time, however exact each is."""

from services.portal.pages.home import in_order


def test_undated_milestones_come_last_and_a_year_before_its_months() -> None:
    told = [{"period": period} for period in (None, "2022-03-18", "2021", "2021-07", "2022-03")]
    assert [item["period"] for item in in_order(told)] == ["2021", "2021-07", "2022-03", "2022-03-18", None]
