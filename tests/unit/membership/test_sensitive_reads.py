"""Whoever reads special-category data of somebody else is written down, and who may see that log."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.eventstore.keeping import READS_KEPT, forget_overdue
from tests.unit.membership.house import House
from tests.unit.membership.test_access_needs_requests import says
from tests.unit.membership.test_assisted_requests import opened


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


ROUTES = {"consents": "consents", "directory-entry": "directory-entry", "access-needs": "access-needs"}


@pytest.mark.parametrize(("route", "what"), ROUTES.items())
def test_what_may_tell_of_health_is_noted_for_everybody_but_herself(house: House, route: str, what: str) -> None:
    ann = house.member("ann")
    says(house.as_("ann"), ann)
    forgotten(house)
    house.as_("ann").get(f"members/{ann}/{route}")
    house.coordinator.act(f"members/{ann}/pause", of=f"members/{ann}")
    house.as_("ann").get(f"members/{ann}/{route}")
    assert log(house) == []
    house.coordinator.get(f"members/{ann}/{route}")
    [read] = log(house)
    assert (read["what"], read["of_whom"], read["roles"]) == (what, [str(ann)], ["coordinator"])


def test_a_format_of_letters_is_noted_and_an_address_is_not(house: House) -> None:
    ann = house.member("ann")
    house.coordinator.get(f"members/{ann}/contacts")
    house.coordinator.get(f"members/{ann}/access-needs")
    assert log(house) == [], "nothing was said that could be read"
    house.as_("ann").act(
        f"members/{ann}/formats", {"formats": ["easy-read"]}, method="PUT", of=f"members/{ann}/contacts"
    )
    forgotten(house)
    house.as_("ann").get(f"members/{ann}/contacts")
    house.coordinator.get(f"members/{ann}/contacts")
    assert [(each["what"], each["of_whom"]) for each in log(house)] == [("formats", [str(ann)])]


def test_whoever_acts_for_a_member_reads_as_somebody_else(house: House) -> None:
    ann = drawing_on_care(house, "ann")
    says(house.as_("ann"), ann)
    session = opened(house, ann)
    forgotten(house)
    for route in (f"members/{ann}", *(f"members/{ann}/{each}" for each in ROUTES)):
        house.coordinator.get(route, Copse_On_Behalf_Of=session)
    assert [each["what"] for each in reversed(log(house))] == ["member-record", *ROUTES.values()]
    for read in log(house):
        assert read["roles"] == ["coordinator", "assisted-session"]
        assert (read["account"], read["member"], read["of_whom"]) == (account(house), None, [str(ann)])


def test_a_coordinator_who_is_a_member_too_is_noted_by_her_own_name_when_she_acts(house: House) -> None:
    carys, ann = house.member("carys"), drawing_on_care(house, "ann")
    session = opened(house, ann)
    forgotten(house)
    house.coordinator.get(f"members/{ann}", Copse_On_Behalf_Of=session)
    [read] = log(house)
    assert (read["member"], read["account"]) == (str(carys), None)


def test_a_request_and_a_complaint_are_noted_when_they_are_opened_for_her(house: House) -> None:
    ann = house.member("ann")
    request = house.as_("ann").post("rights-requests", {"right": "access"}).get_json()["id"]
    complaint = house.as_("ann").post("complaints", {"what": "Nobody called."}).get_json()["id"]
    session = opened(house, ann)
    forgotten(house)
    for route in (f"rights-requests/{request}", f"complaints/{complaint}"):
        house.as_("ann").get(route)
        house.coordinator.get(route, Copse_On_Behalf_Of=session)
    assert [each["what"] for each in reversed(log(house))] == ["rights-request", "complaint"]


def test_nobody_opens_everything_that_is_held_of_her_in_a_session(house: House) -> None:
    ann = house.member("ann")
    session = opened(house, ann)
    house.as_("ann").get(f"people/{ann}/export")
    house.coordinator.get(f"people/{ann}/export", 403, Copse_On_Behalf_Of=session)


def account(house: House) -> str:
    """Of the coordinator."""
    return str(house.running.keyring.pseudonym("account", f"{house.running.settings.issuer} carys"))
