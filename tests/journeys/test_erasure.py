"""Somebody is erased: with all four services running, nothing that anybody can read is left of her, anywhere.

Values are planted, found in the read models (so that the scan can fail), erased, and looked for in every table of every
database, in the files of the tables, in every topic and every log; and again after every read model was made anew.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deploy.demo.client import Client, until
from deploy.demo.configuration import SERVICES
from deploy.demo.load import approve
from deploy.demo.story import play
from deploy.demo.system import System
from tests.journeys import scanning
from tests.system import free_offset

ZEBEDEE = {
    "name": "Zebedee Quillfeather",
    "email": "zebedee.quillfeather.91@example.org",
    "phone": "01632 960917",
    "postal_address": "7 Quillfeather Rise\nWhitstable",
    "about": "I looked after my brother Peregrine for eleven years.",
    "stakeholder_group": "unpaid-carer",
}
OTTOLINE = {
    "name": "Ottoline Brackwater",
    "postal_address": "The Old Brackwater Mill",
    "about": "No internet, please post me everything. (brackwater-about)",
    "stakeholder_group": "person-drawing-on-care",
}
DECLINED = {
    "name": "Lysander Mosscroft",
    "email": "lysander.mosscroft@example.org",
    "about": "I live in Cornwall. (mosscroft-about)",
    "stakeholder_group": "other",
}
REASON = "Mosscroft lives outside Kent, sadly. (mosscroft-reason)"
NOTE = "Ask Zebedee about his brother Peregrine."
TITLE, SUMMARY = "Night rotas of small homes (rowan-title)", "We would ask forty carers. (rowan-summary)"
FITS = "It fits what members said about rotas. (rowan-fits)"
REVIEW = "Nobody on nights was asked. I would ask them first. (marion-review)"
CHANGED = "We now ask people on nights first. (rowan-changed)"
ROWAN = ["Rowan Achebe", "rowan.achebe@example.org", TITLE, SUMMARY, FITS, CHANGED]
MARION = ["marion.teal@example.org", REVIEW]
SAID = {
    "complaint": "Nobody answered my letter of May. (quillfeather-complaint)",
    "request": "My postcode is wrong. (quillfeather-request)",
    "session": "Could not read the form. (quillfeather-session)",
    "needs": "I cannot sit for long. (quillfeather-needs)",
    "language": "Quillfeatherish",
    "directory": "Rotas, and beekeeping. (quillfeather-interests)",
    "label": "Of my sister (quillfeather-label)",
    "mobile": "07700 900917",
}
"""What Zebedee says in every other part of membership."""
CONCERN = "I worry about Zebedee Quillfeather. (quillfeather-concern)"
PLANTED = [
    *SAID.values(),
    *(ZEBEDEE[each] for each in ("name", "email", "phone", "about")),
    "Quillfeather Rise",
    *(OTTOLINE[each] for each in ("name", "postal_address", "about")),
    *(DECLINED[each] for each in ("name", "email", "about")),
    "mosscroft-reason",
    NOTE,
    *ROWAN,
    *MARION,
]


@dataclass
class House:
    system: System
    members: dict[str, str] = field(default_factory=dict)
    """Names -> ids of those who are erased."""

    def client(self, account: str | None) -> Client:
        return Client(self.system.configuration, account)

    def copse(self, *words: str, status: int = 0, **environment: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "shared.cli", *words],
            env={**self.system.environment(), **environment, "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, servers_folder: Any) -> Iterator[House]:
    """A Copse of its own: who is erased would be missed by other tests."""
    with System(servers_folder / "erasing", moved_by=free_offset()) as system:
        assert play(system.configuration, print) == 0
        made = House(system)
        plant(made)
        yield made


def plant(house: House) -> None:
    coordinator, researcher, marion = (house.client(each) for each in ("coordinator", "researcher", "lewg-one"))
    communities = [
        each["id"] for each in coordinator.get("membership", "communities").items if each["kind"] == "community"
    ]
    for person in (ZEBEDEE, OTTOLINE, DECLINED):
        wanted = {**person, "communities": communities[:1]}
        id = coordinator.post("membership", "applications", wanted, channel="phone").id
        house.members[str(person["name"])] = id
    etag = _seen(coordinator, house.members["Zebedee Quillfeather"])
    coordinator.post(
        "membership",
        f"applications/{house.members['Zebedee Quillfeather']}/conversation",
        {"note": NOTE},
        if_match=etag,
    )
    approve(coordinator, house.members["Zebedee Quillfeather"])
    approve(coordinator, house.members["Ottoline Brackwater"])
    etag = _seen(coordinator, house.members["Lysander Mosscroft"])
    refusal = f"applications/{house.members['Lysander Mosscroft']}/refusal"
    coordinator.post("membership", refusal, {"reason": REASON}, if_match=etag)
    house.members["Dr Rowan Achebe"] = researcher.get("membership", "me").id
    house.members["Marion Teal"] = marion.get("membership", "me").id
    _says_all(coordinator, house.members["Zebedee Quillfeather"])
    coordinator.post("membership", "safeguarding-concerns", {"what": CONCERN})
    named = {"name": "Those who thank", "kind": "community", "about": "Founded with Marion Teal.", "privacy": "open"}
    coordinator.post("membership", "communities", named)
    joseph = house.client("lewg-two")
    reviewers = {house.members["Marion Teal"]: marion, joseph.get("membership", "me").id: joseph}
    _supported(coordinator, researcher, reviewers)


def _says_all(coordinator: Client, member: str) -> None:
    """A directory entry, another contact, access needs, a complaint, a request and an assisted session."""

    def tag(path: str) -> str | None:
        return coordinator.get("membership", path).etag

    hers = f"members/{member}"
    until("her contacts have begun", lambda: tag(f"{hers}/contacts") != '"0"', seconds=60)
    mobile = {"kind": "mobile", "value": SAID["mobile"], "label": SAID["label"]}
    coordinator.post("membership", f"{hers}/contacts", mobile, if_match=tag(f"{hers}/contacts"))
    entry = {"interests": {"text": SAID["directory"], "audience": "all-members"}}
    coordinator.put("membership", f"{hers}/directory-entry", entry, if_match=tag(f"{hers}/directory-entry"))
    wordings = {each["purpose"]: each for each in coordinator.get("membership", f"{hers}/consents").body["consents"]}
    consent = {"wording": wordings["directory"]["wording"]}
    coordinator.put("membership", f"{hers}/consents/directory", consent, channel="phone")
    needs = {"needs": [{"code": "other-language", "detail": SAID["language"]}], "words": SAID["needs"]}
    coordinator.put("membership", f"{hers}/access-needs", needs, if_match=tag(f"{hers}/access-needs"))
    agreed = coordinator.get("membership", "access-needs").body["sharing"][0]["version"]
    sharing = {"wording": agreed, "words_too": True}
    coordinator.put("membership", f"{hers}/access-needs/sharing/meetings", sharing, channel="phone")
    complaint = {"what": SAID["complaint"], "member_id": member}
    coordinator.post("membership", "complaints", complaint, channel="phone")
    request = {"right": "rectification", "details": SAID["request"], "member_id": member}
    coordinator.post("membership", "rights-requests", request, channel="phone")
    wish = {"member_id": member, "reason": SAID["session"], "channel": "phone", "checked": "called-back"}
    session = coordinator.post("membership", "assisted-sessions", wish).id
    coordinator.post("membership", f"assisted-sessions/{session}/end", {})


def _supported(coordinator: Client, researcher: Client, reviewers: dict[str, Client]) -> None:
    """Marion and Joseph review for Rowan; Joseph is not erased, and his letters quote her."""
    wish = {
        "title": TITLE,
        "kind": "application-review",
        "summary": SUMMARY,
        "needed_by": (datetime.now(UTC) + timedelta(days=40)).date().isoformat(),
        "reviewers": 2,
        "activity": "two-hours",
    }
    request = researcher.post("ppi", "support-requests", wish).id

    def act(who: Client, what: str, body: dict[str, object], *, match: bool = False) -> None:
        until("it shows", lambda: who.finds("ppi", f"support-requests/{request}"))
        etag = who.get("ppi", f"support-requests/{request}").etag if match else None
        who.post("ppi", f"support-requests/{request}/{what}", body, if_match=etag)

    def reached(status: str) -> None:
        until(status, lambda: coordinator.get("ppi", f"support-requests/{request}").body["status"] == status)

    act(coordinator, "relevance", {"relevant": True, "reason": FITS}, match=True)
    answer_by = (datetime.now(UTC) + timedelta(days=7)).date().isoformat()
    for member in reviewers:
        act(coordinator, "offers", {"member_id": member, "answer_by": answer_by}, match=True)
    for reviewer, text in zip(reviewers.values(), (REVIEW, "Ask those who sleep by day."), strict=True):
        act(reviewer, "acceptance", {"no_conflict_of_interest": True})
        act(reviewer, "reviews", {"text": text})
    reached("review-in")
    act(coordinator, "release", {}, match=True)
    reached("released")
    act(researcher, "response", {"what_we_changed": CHANGED})
    reached("closed")

    def quoted() -> bool:
        letters = coordinator.get("notifications", "deliveries?limit=200").items
        told = {
            each["member_id"]
            for each in letters
            if each["kind"] == "what-we-changed" and TITLE in each["subject"] and each["status"] == "sent"
        }
        return told >= reviewers.keys()

    until("the answer reached both", quoted, seconds=60)


def _seen(coordinator: Client, member: str) -> str | None:
    until("the coordinator sees it", lambda: coordinator.finds("membership", f"members/{member}"))
    return coordinator.get("membership", f"members/{member}").etag


def test_a_person_is_erased_everywhere(house: House) -> None:
    system, officer = house.system, house.client("data-protection")
    before = scanning.in_tables(system, PLANTED)
    in_no_read_model = {SAID["complaint"], SAID["request"]}  # they are opened from the streams, for who may read them
    assert set.union(*before.values()) == set(PLANTED) - in_no_read_model, "the scan finds what was planted"
    assert {place.split()[1] for place in before} >= {f"copse_{service}" for service in SERVICES}
    assert scanning.in_tables(system, PLANTED, public_alone=True) == {}, "events, agenda and answers hold it sealed"
    assert scanning.in_topics(system, PLANTED) == {}

    marion = house.members["Marion Teal"]
    unpaid = {"member_id": marion, "confirmation": "Marion Teal"}
    refused = officer.post("membership", "erasures", unpaid, expect=409)
    assert "is not paid" in refused.body["detail"] or "are not paid" in refused.body["detail"]
    wrong = {"member_id": marion, "confirmation": "marion teal", "leave_claims_open": True}
    assert "not the name" in officer.post("membership", "erasures", wrong, expect=409).body["detail"]
    house.client("coordinator").post("membership", "erasures", unpaid, expect=403)

    zebedee = house.members["Zebedee Quillfeather"]
    told = house.copse("erase", zebedee, "--confirm", "Zebedee Quillfeathers", status=2)
    assert "not the name" in told
    house.copse("erase", zebedee, "--confirm", "Zebedee Quillfeather")
    for name, id in house.members.items():
        if id != zebedee:
            wish = {"member_id": id, "confirmation": name, "leave_claims_open": name == "Marion Teal"}
            officer.post("membership", "erasures", wish)
    for name, id in house.members.items():

        def closed(id: str = id) -> bool:
            path = f"erasures/{id}"
            return officer.finds("membership", path) and officer.get("membership", path).body["status"] == "closed"

        until(f"the erasure of {name} is closed", closed, seconds=90)

    assert scanning.everywhere(system, PLANTED) == {}
    reports_say_what_is_kept_and_left_to_do(house, officer)
    for service in SERVICES:
        compared = house.copse("projections", "compare", service)
        assert "differs" not in compared, compared
        house.copse("projections", "rebuild", service)
    assert scanning.everywhere(system, PLANTED) == {}, "nothing comes back when everything is told anew"
    house.copse("audit")


def reports_say_what_is_kept_and_left_to_do(house: House, officer: Client) -> None:
    report = officer.get("membership", f"erasures/{house.members['Marion Teal']}").body
    services = {each["service"]: each for each in report["services"]}
    assert report["failures"] == []
    assert {each["table"] for each in services["membership"]["mentions"]} == {"communities.communities"}
    assert any("claims" in each["what"] and "legal period" in each["why"] for each in services["ppi"]["kept"])
    assert any("not paid" in each["what"] for each in services["ppi"]["by_hand"])
    assert any("reviews" in each["what"] for each in services["ppi"]["erased"])
    (here,) = (
        each
        for each in officer.get("membership", f"erasures/{house.members['Zebedee Quillfeather']}").body["services"]
        if each["service"] == "membership"
    )
    gone = {each["what"]: each["number"] for each in here["erased"]}
    assert [gone[f"{each}"] for each in ("complaints: the words", "requests about her data: the words")] == [1, 1]
    assert gone["assisted sessions: the reason"] == 1
    assert any("safeguarding concerns" in each["what"] and "lead" in each["why"] for each in here["kept"])
    rowan = officer.get("membership", f"erasures/{house.members['Dr Rowan Achebe']}").body
    erased = {each["what"]: each["number"] for s in rowan["services"] for each in s["erased"]}
    assert erased["letters to others that quote her: the words"] >= 2
    shown = house.copse("erase", house.members["Ottoline Brackwater"], "--report")
    assert "Closed" in shown
    assert "Kept, and why" in shown
    as_json = json.loads(house.copse("erase", house.members["Ottoline Brackwater"], "--report", "--json"))
    assert as_json["status"] == "closed"
    again = house.copse("erase", house.members["Ottoline Brackwater"], "--confirm", "Ottoline Brackwater", status=2)
    assert "erased before" in again


def test_a_safeguarding_concern_is_kept_for_the_leads(house: House) -> None:
    lead = house.client("safeguarding")
    concerns = lead.get("membership", "safeguarding-concerns").items
    told = [json.dumps(lead.get("membership", f"safeguarding-concerns/{each['id']}").body) for each in concerns]
    assert any(CONCERN in each for each in told)


def test_who_was_erased_is_nobody_to_any_service(house: House) -> None:
    coordinator, marion = house.client("coordinator"), house.client("lewg-one")
    for id in house.members.values():
        assert not coordinator.finds("membership", f"members/{id}")
    for service in SERVICES:
        known = coordinator.get(service, f"people/{house.members['Marion Teal']}").body
        assert (known["standing"], known["communities"], known["groups"]) == ("erased", [], [])
    marion.get("membership", "me", expect=404)
    marion.post("ppi", f"support-requests/{house.members['Marion Teal']}/reviews", {"text": "x"}, expect=403)
