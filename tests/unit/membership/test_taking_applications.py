"""Applications that a coordinator takes from a call or a letter, and the same person twice."""

from typing import Any
from uuid import uuid4

from services.membership.domain.member import Member
from shared.privacy.blind_index import BlindIndex
from tests.unit.membership.house import APPLICATION, House, code_of

EDITH = {"name": "Edith Marlow", "phone": "01632 960141", "stakeholder_group": "other", "communities": []}


def apply(house: House, account: str | None = None, **changes: object) -> str:
    return str(house.as_(account).post("applications", {**APPLICATION, **changes}).get_json()["id"])


def waiting(house: House) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in house.coordinator.get("applications").get_json()["items"]}


def test_a_coordinator_takes_an_application_from_a_call_and_the_channel_is_recorded(house: House) -> None:
    for channel in ("phone", "post", "in-person", "email"):
        id = house.coordinator.post("applications", EDITH, Copse_Channel=channel).get_json()["id"]
        shown = house.coordinator.get(f"members/{id}").get_json()
        assert (shown["channel"], shown["has_account"]) == (channel, False)
        (stored,) = house.running.store.read(Member.stream(id))
        metadata = house.running.codec.decode(stored).metadata
        assert metadata.channel == channel
        assert metadata.actor.startswith("account:")


def test_nobody_else_takes_applications_from_calls(house: House) -> None:
    house.as_("ann").post("applications", EDITH, expect=403, Copse_Channel="phone")
    house.as_(None).post("applications", EDITH, expect=401, Copse_Channel="phone")
    assert code_of(house.coordinator.post("applications", EDITH, expect=400, Copse_Channel="owl")) == "unknown-channel"
    assert waiting(house) == {}


def test_the_same_person_twice_is_noticed_however_she_writes_her_number(house: House) -> None:
    first = apply(house, name="Zoë Example", phone="01632 960141", email=None)
    second = apply(house, name="ZOE  EXAMPLE", phone="+44 (0)1632 960141", email="zoe@example.org")
    rows = waiting(house)
    assert rows[second]["same_person"] == [
        {"id": first, "name": "Zoë Example", "standing": "applied", "shares": ["phone", "name"]}
    ]
    assert [each["id"] for each in rows[first]["same_person"]] == [second]
    shown = house.coordinator.get(f"members/{second}").get_json()
    assert shown["same_person"] == rows[second]["same_person"]


def test_a_family_shares_a_phone_and_nobody_is_stopped(house: House) -> None:
    ids = [apply(house, name=name, phone="01632 960141", email=None) for name in ("Ann", "Ben", "Caz")]
    rows = waiting(house)
    assert {id: len(rows[id]["same_person"]) for id in ids} == dict.fromkeys(ids, 2)
    assert all(each["shares"] == ["phone"] for id in ids for each in rows[id]["same_person"])
    for id in ids:
        house.coordinator.act(f"applications/{id}/approval", of=f"members/{id}")


def test_forty_people_of_one_care_home_are_not_taken_for_one(house: House) -> None:
    for name in ("Ann", "Ben"):
        house.as_(None).post(
            "applications",
            {"name": name, "postal_address": "1 Home Lane", "stakeholder_group": "other", "communities": []},
        )
    assert [row["same_person"] for row in waiting(house).values()] == [[], []]


def test_who_was_declined_or_has_left_is_recognised_too(house: House) -> None:
    first = apply(house)
    house.coordinator.act(f"applications/{first}/refusal", {"reason": "Not now."}, of=f"members/{first}")
    second = apply(house)
    assert [each["standing"] for each in waiting(house)[second]["same_person"]] == ["declined"]


def test_the_applicant_is_not_told_who_else_is_known_here(house: House) -> None:
    apply(house)
    second = apply(house, "ben")
    shown = house.as_("ben").get(f"members/{second}").get_json()
    assert "same_person" not in shown
    assert "same_person" not in house.as_("ben").get("me").get_json()


def test_an_application_that_was_refused_for_its_form_leaves_nobody_in_the_index(house: House) -> None:
    body = {**APPLICATION, "communities": ["00000000-0000-7000-8000-000000000000"]}
    house.as_(None).post("applications", body, expect=422)
    id = apply(house)
    assert waiting(house)[id]["same_person"] == []


def test_marks_without_a_record_are_passed_over(house: House) -> None:
    BlindIndex(house.running.keyring_database, house.running.keyring).note({uuid4(): {"email": "ann@example.org"}})
    id = apply(house)
    assert waiting(house)[id]["same_person"] == []
