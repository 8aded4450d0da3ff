"""Whoever reads special-category data of somebody else is written down, and who may see that log."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from shared.eventstore.keeping import READS_KEPT, forget_overdue
from tests.unit.membership.house import House


def log(house: House, **query: object) -> list[dict[str, Any]]:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    items: list[dict[str, Any]] = (
        house.as_("dilys", "data-protection").get(f"sensitive-reads?{asked}").get_json()["items"]
    )
    return items


def drawing_on_care(house: House, account: str) -> UUID:
    return house.member(account, stakeholder_group="person-drawing-on-care")


def forgotten(house: House) -> None:
    with house.running.database.transaction() as db:
        db.execute("delete from sensitive_reads")


def test_a_coordinator_who_opens_a_record_that_tells_of_care_is_noted(house: House) -> None:
    ann, ben = drawing_on_care(house, "ann"), house.member("ben")
    forgotten(house)
    house.coordinator.get(f"members/{ben}")
    assert log(house) == []
    house.coordinator.get(f"members/{ann}")
    [read] = log(house)
    assert (read["what"], read["of_whom"]) == ("member-record", [str(ann)])
    assert read["roles"] == ["coordinator"]
    assert read["account"]
    assert read["request_id"]


def test_so_are_lists_what_she_wrote_of_herself_and_the_exported_list(house: House) -> None:
    ann, cem = drawing_on_care(house, "ann"), house.member("cem", about="I live with a condition.")
    house.member("ben")
    forgotten(house)
    house.coordinator.get("members")
    house.coordinator.get("exports/members.csv")
    assert [(each["what"], set(each["of_whom"])) for each in log(house)] == [
        ("exported-list-of-members", {str(ann), str(cem)}),
        ("list-of-members", {str(ann), str(cem)}),
    ]


def test_nobody_is_noted_for_reading_her_own(house: House) -> None:
    ann = drawing_on_care(house, "ann")
    forgotten(house)
    house.as_("ann").get("me")
    house.as_("ann").get(f"members/{ann}")
    house.as_("ann").act(f"members/{ann}/pause", of=f"members/{ann}")
    forgotten(house)
    house.as_("ann").get(f"members/{ann}")
    assert log(house) == []


def test_a_member_sees_the_reads_of_her_own_data_and_in_which_role(house: House) -> None:
    ann, eve = drawing_on_care(house, "ann"), drawing_on_care(house, "eve")
    forgotten(house)
    house.coordinator.get("members")
    house.coordinator.get(f"members/{eve}")
    [read] = house.as_("ann").get(f"sensitive-reads?of={eve}").get_json()["items"]
    assert (read["of_whom"], read["what"], read["roles"]) == ([str(ann)], "list-of-members", ["coordinator"])
    assert (read["account"], read["member"]) == (None, None)
    assert house.coordinator.get("sensitive-reads").get_json()["items"] == []
    house.as_(None).get("sensitive-reads", 401)
    assert {UUID(each) for row in log(house, of=eve) for each in row["of_whom"]} == {ann, eve}


def test_the_log_is_read_page_by_page_and_kept_for_its_time(house: House) -> None:
    ann = drawing_on_care(house, "ann")
    forgotten(house)
    for _ in range(3):
        house.coordinator.get(f"members/{ann}")
    first = log(house, limit=2)
    rest = log(house, limit=2, after=first[-1]["id"])
    assert len({each["id"] for each in first + rest}) == 3
    now = house.running.clock.now()
    forget_overdue(house.running.database, now + READS_KEPT - timedelta(days=1))
    assert len(log(house)) == 3
    forget_overdue(house.running.database, now + READS_KEPT + timedelta(days=1))
    assert log(house) == []


def test_nothing_is_shown_when_it_cannot_be_noted(house: House) -> None:
    ann = drawing_on_care(house, "ann")
    with house.running.database.transaction() as db:
        db.execute("alter table sensitive_reads rename to sensitive_reads_away")
    try:
        answer = house.coordinator.get(f"members/{ann}", expect=500)
    finally:
        with house.running.database.transaction() as db:
            db.execute("alter table sensitive_reads_away rename to sensitive_reads")
    assert "person-drawing-on-care" not in answer.text
