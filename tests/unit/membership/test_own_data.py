"""Everything that is held of somebody: for herself, or for the answer to her request; nothing of anybody else."""

import json
from typing import Any
from uuid import UUID

import pytest

from shared.privacy import own_data
from tests.unit.membership.house import House, code_of
from tests.unit.membership.test_rights_request import PATH, dilys


def texts(export: Any) -> str:
    return json.dumps(export["events"])


def test_she_gets_all_that_she_said_and_did_opened(house: House) -> None:
    ann = house.member("ann", phone="01632 960001", about="I look after my brother.")
    id = house.as_("ann").post(PATH, {"right": "access", "details": "All of it."}).get_json()["id"]
    export = house.as_("ann").get(f"people/{ann}/export").get_json()
    assert (export["service"], export["member_id"]) == ("membership", str(ann))
    assert [each["what_happened"] for each in export["events"]] == [
        "application-received",
        "member-approved",
        "contacts-begun",
        "rights-request-received",
        "identity-checked",
    ]
    for said in ("Ann", "ann@example.org", "01632 960001", "I look after my brother.", "All of it."):
        assert said in texts(export)
    assert "sealed:" not in texts(export)
    assert [each["by_you"] for each in export["events"]] == [False, False, False, True, True]
    assert export["events"][3]["record_id"] == id


def test_what_is_of_others_stays_with_them(house: House) -> None:
    ann, ben = house.member("ann"), house.member("ben", about="Ben's secret")
    community = house.community()
    for account, each in (("ann", ann), ("ben", ben)):
        house.coordinator.post(f"communities/{community}/members", {"member_id": str(each)})
        assert account
    everything = texts(house.as_("ann").get(f"people/{ann}/export").get_json())
    assert "community-joined" in everything
    for other in ("Ben", "ben@example.org", str(ben)):
        assert other not in everything
    assert code_of(house.as_("ben").get(f"people/{ann}/export", 403)) == "not-allowed"
    house.coordinator.get(f"people/{ann}/export", 403)
    house.as_(None).get(f"people/{ann}/export", 401)


def test_a_member_who_approves_others_takes_no_text_of_theirs_with_her(house: House) -> None:
    ann = house.member("ann")
    applied = house.as_("ben").post("applications", {**APPLICANT, "about": "Ben's secret"}).get_json()["id"]
    approver = house.as_("ann", "coordinator")
    approver.act(f"applications/{applied}/approval", of=f"members/{applied}")
    export = house.as_("ann").get(f"people/{ann}/export").get_json()
    [approval] = [each for each in export["events"] if each["record_id"] == applied]
    assert approval["data"]["name"] == approval["data"]["email"] == own_data.SOMEBODY_ELSE
    assert "Ben" not in texts(export)


APPLICANT = {"name": "Ben", "email": "ben@example.org", "stakeholder_group": "other", "communities": []}


def test_concerns_are_left_out_and_it_says_so(house: House) -> None:
    ann = house.member("ann")
    house.as_("ann").post("safeguarding-concerns", {"what": "bruises"})
    export = house.as_("ann").get(f"people/{ann}/export").get_json()
    assert "concern" not in texts(export)
    assert any("safeguarding leads" in each for each in export["left_out"])


def test_data_protection_needs_a_request_that_was_checked_and_is_noted(house: House) -> None:
    ann, ben = house.member("ann"), house.member("ben")
    taken = {"right": "access", "member_id": str(ann)}
    id = house.coordinator.post(PATH, taken, Copse_Channel="phone").get_json()["id"]
    path = f"people/{ann}/export"
    for query in ("", f"?request={id}", f"?request={UUID(int=5)}"):
        assert code_of(dilys(house).get(path + query, 403)) == "no-checked-request"
    etag = dilys(house).get(f"{PATH}/{id}").headers["ETag"]
    dilys(house).post(f"{PATH}/{id}/identity-check", {"how": "called-back"}, 200, If_Match=etag)
    assert "Ann" in texts(dilys(house).get(f"{path}?request={id}").get_json())
    assert code_of(dilys(house).get(f"people/{ben}/export?request={id}", 403)) == "no-checked-request"
    newest = dilys(house).get("sensitive-reads").get_json()["items"][0]
    assert (newest["what"], newest["of_whom"]) == ("export-of-everything", [str(ann)])
    assert house.as_("ann").get(path).get_json()["reads"][0]["what"] == "export-of-everything"


def test_who_takes_a_break_still_gets_it_and_what_was_erased_reads_as_erased(house: House) -> None:
    ann = house.member("ann")
    house.as_("ann").act(f"members/{ann}/pause", of=f"members/{ann}")
    assert "ann@example.org" in texts(house.as_("ann").get(f"people/{ann}/export").get_json())
    with house.running.keyring_database.transaction() as db:
        db.execute("delete from subject_keys where subject = %s", str(ann))
    house.running.keyring._keys.clear()
    everything = texts(house.as_("ann").get(f"people/{ann}/export").get_json())
    assert "ann@example.org" not in everything
    assert "[erased]" in everything


def test_a_history_of_many_pages_is_whole(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    ann = house.member("ann")
    for _ in range(3):
        house.as_("ann").post(PATH, {"right": "access"})
    whole = house.as_("ann").get(f"people/{ann}/export").get_json()["events"]
    monkeypatch.setattr(own_data, "_PAGE", 2)
    assert house.as_("ann").get(f"people/{ann}/export").get_json()["events"] == whole
    assert len(whole) > 4  # several pages of two
