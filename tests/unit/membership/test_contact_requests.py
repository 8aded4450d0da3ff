"""Contact details over HTTP: whose they are, what follows them, and what is nowhere to be read."""

from typing import Any
from uuid import UUID

import pytest

from services.membership.contracts.notifications import DeliveryFailed
from services.membership.domain.contact_details import ContactDetails, EmailCheckAsked
from services.membership.domain.member import Member, MemberApproved, MemberErased
from services.membership.projections.contacts import contacts as projection
from services.membership.projections.contacts import reached
from services.membership.reactions.flag_contact import flag_contact
from shared.messages.events import Event, MemberId
from shared.messages.ids import uuid7
from shared.messages.recorded import BEGINNING, Metadata, Recorded
from shared.privacy.email_code import code_of
from shared.testing.decider import NOW
from tests.unit.membership.house import APPLICATION, Caller, House
from tests.unit.membership.house import code_of as problem_of

NEW = {"kind": "email", "value": "ann@new.example.org", "label": "Work"}


def shown(house: House, id: UUID) -> dict[str, Any]:
    found: dict[str, Any] = house.coordinator.get(f"members/{id}/contacts").get_json()
    return found


def ids(house: House, id: UUID) -> dict[str, str]:
    return {each["value"]: each["id"] for each in shown(house, id)["contacts"]}


def act(house: House, who: Caller, id: UUID, path: str, body: Any, method: str = "POST", **more: Any) -> Any:
    return who.act(f"members/{id}/{path}", body, of=f"members/{id}/contacts", method=method, **more)


def sent_code(house: House, id: UUID) -> str:
    """The code that went out last, as notifications works it out."""
    events = [house.running.codec.decode(each).event for each in house.running.store.read(ContactDetails.stream(id))]
    check = [each.check for each in events if isinstance(each, EmailCheckAsked)][-1]
    return code_of(house.running.keyring, check)


def test_whoever_never_touched_this_has_what_she_gave_when_she_asked_to_join(house: House) -> None:
    id = house.member("ann", phone="07700 900123", postal_address="1 Example Lane\nAshford")
    found = shown(house, id)
    assert [(each["kind"], each["value"], each["channels"]) for each in found["contacts"]] == [
        ("email", "ann@example.org", ["email"]),
        ("mobile", "07700 900123", ["text", "phone"]),
        ("post", "1 Example Lane\nAshford", ["post"]),
    ]
    assert all(each["from_application"] and each["usable"] and not each["confirmed"] for each in found["contacts"])
    assert (found["preferred"], found["channel"], found["formats"], found["language"]) == (None, None, [], None)


def test_an_applicant_has_none_yet_and_cannot_begin_any(house: House) -> None:
    id = UUID(house.as_("ann").post("applications", APPLICATION).get_json()["id"])
    house.as_("ann").get(f"members/{id}/contacts", expect=404)
    refused = house.as_("ann").post(f"members/{id}/contacts", NEW, expect=409, If_Match='"1"')
    assert problem_of(refused) == "not-a-member"


def test_a_new_address_replaces_the_old_one_once_its_code_came_back(house: House) -> None:
    id, ann = house.member("ann"), house.as_("ann")
    old = ids(house, id)["ann@example.org"]
    act(house, ann, id, "contacts", {**NEW, "replaces": old}, expect=201)
    new = ids(house, id)[NEW["value"]]
    assert [each["usable"] for each in shown(house, id)["contacts"]] == [True, False]
    assert ann.get("me").get_json()["email"] == "ann@example.org", "it is of no use until it is confirmed"
    path = f"members/{id}/contacts/{new}/confirmation"
    wrong = ann.post(path, {"code": "0000 0000"}, expect=200).get_json()
    assert wrong == {"confirmed": False, "attempts_left": 4}
    right = ann.post(path, {"code": sent_code(house, id).replace(" ", "")}, expect=200).get_json()
    assert right["confirmed"] is True
    (only,) = shown(house, id)["contacts"]
    assert (only["value"], only["confirmed"], only["usable"]) == (NEW["value"], True, True)
    assert ann.get("me").get_json()["email"] == NEW["value"]
    assert NEW["value"] in house.coordinator.get("exports/members.csv").text
    assert ann.post(path, {"code": "1111 1111"}, expect=200).get_json()["confirmed"] is True, "it stays confirmed"


def test_the_code_is_in_no_table_and_the_address_only_sealed(house: House) -> None:
    id, ann = house.member("ann"), house.as_("ann")
    act(house, ann, id, "contacts", NEW, expect=201)
    code = sent_code(house, id)
    with house.running.database.transaction() as db:
        kept = "\n".join(db.all(str, "select data::text from events"))
        kept += "\n".join(db.all(str, "select details::text from agenda"))
    assert code not in kept
    assert code.replace(" ", "") not in kept
    for planted in (NEW["value"], NEW["label"], "ann@example.org"):
        assert planted not in kept


def test_five_wrong_codes_end_it_and_another_can_be_asked_for(house: House) -> None:
    id, ann = house.member("ann"), house.as_("ann")
    act(house, ann, id, "contacts", NEW, expect=201)
    new, first = ids(house, id)[NEW["value"]], sent_code(house, id)
    path = f"members/{id}/contacts/{new}"
    for left in (4, 3, 2, 1, 0):
        answer = ann.post(f"{path}/confirmation", {"code": "not it"}, expect=200).get_json()
        assert answer["attempts_left"] == left
    assert problem_of(ann.post(f"{path}/confirmation", {"code": first}, expect=409)) == "too-many-attempts"
    ann.post(f"{path}/code", {}, expect=200)
    assert ann.post(f"{path}/confirmation", {"code": first}, expect=200).get_json()["confirmed"] is False
    second = {"code": sent_code(house, id)}
    assert ann.post(f"{path}/confirmation", second, expect=200).get_json()["confirmed"] is True


def test_what_she_prefers_and_the_formats(house: House) -> None:
    id, ann = house.member("ann", phone="07700 900123"), house.as_("ann")
    mobile = ids(house, id)["07700 900123"]
    act(house, ann, id, "preferred-contact", {"contact": mobile, "channel": "text"}, "PUT")
    act(house, ann, id, "formats", {"formats": ["large-print", "easy-read"], "language": "Polish"}, "PUT")
    found = shown(house, id)
    assert (found["preferred"], found["channel"]) == (mobile, "text")
    assert (found["formats"], found["language"]) == (["easy-read", "large-print"], "Polish")
    act(house, ann, id, "formats", {"formats": ["telepathy"]}, "PUT", expect=422)
    with house.running.database.transaction() as db:
        kept = "\n".join(db.all(str, "select data::text from events"))
    assert "easy-read" not in kept, "it says something about her health"
    assert "Polish" not in kept


def test_a_coordinator_writes_down_what_she_heard_on_the_phone(house: House) -> None:
    id = house.member("ann", email=None, phone="01632 960001")
    number = ids(house, id)["01632 960001"]
    body = {"value": "07700 900123", "label": "Daughter's"}
    act(house, house.coordinator, id, f"contacts/{number}", body, "PUT", Copse_Channel="phone")
    (only,) = shown(house, id)["contacts"]
    assert (only["kind"], only["value"], only["label"]) == ("mobile", "07700 900123", "Daughter's")
    last = house.running.codec.decode(house.running.store.read(ContactDetails.stream(id))[-1])
    assert last.metadata.channel == "phone"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "contacts", NEW),
        ("DELETE", "contacts/{contact}", {}),
        ("PUT", "contacts/{contact}", {"label": "Mine now"}),
        ("PUT", "preferred-contact", {"contact": "{contact}", "channel": "email"}),
        ("PUT", "formats", {"formats": []}),
        ("PUT", "name", {"name": "Mallory"}),
    ],
)
def test_nobody_else_reads_or_changes_them(house: House, method: str, path: str, body: dict[str, Any]) -> None:
    id = house.member("ann")
    house.member("ben")
    contact = ids(house, id)["ann@example.org"]
    wanted = {name: str(value).format(contact=contact) if name == "contact" else value for name, value in body.items()}
    path = path.format(contact=contact)
    act(house, house.as_("ben"), id, path, wanted, method, expect=403)
    act(house, house.as_(None), id, path, wanted, method, expect=401)
    house.as_("ben").get(f"members/{id}/contacts", expect=403)
    house.as_("frank", "facilitator", "researcher", "finance").get(f"members/{id}/contacts", expect=403)


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "email", "value": "not an address"},
        {"kind": "phone", "value": "ring me"},
        {"kind": "owl", "value": "Hedwig"},
        {"kind": "post", "value": "x" * 501},
        {"kind": "mobile", "value": "07700 900123", "surprise": 1},
        {"kind": "mobile", "value": "07700\n900123"},
    ],
)
def test_what_cannot_be_one_is_refused_and_leaves_no_mark(house: House, body: dict[str, Any]) -> None:
    id = house.member("ann")
    act(house, house.as_("ann"), id, "contacts", body, expect=422)
    assert len(shown(house, id)["contacts"]) == 1


def test_the_last_one_stays_and_a_stale_page_changes_nothing(house: House) -> None:
    id, ann = house.member("ann"), house.as_("ann")
    contact = ids(house, id)["ann@example.org"]
    refused = act(house, ann, id, f"contacts/{contact}", {}, "DELETE", expect=409)
    assert problem_of(refused) == "last-contact"
    ann.post(f"members/{id}/contacts", NEW, expect=428)
    ann.post(f"members/{id}/contacts", NEW, expect=412, If_Match='"7"')


def alike(house: House, **ways: object) -> list[str]:
    """Who may be the same person as somebody who now applies with these ways to be reached."""
    body = {"name": "Somebody", "stakeholder_group": "other", "communities": [], **ways}
    id = house.as_(None).post("applications", body).get_json()["id"]
    found = house.coordinator.get(f"members/{id}").get_json()["same_person"]
    return [each["id"] for each in found if each["standing"] != "applied"]


def test_the_blind_index_learns_what_is_new_and_forgets_what_is_gone(house: House) -> None:
    id, ann = house.member("ann", phone="07700 900123"), house.as_("ann")
    number = ids(house, id)["07700 900123"]
    assert alike(house, phone="+44 7700 900123") == [str(id)]
    act(house, ann, id, f"contacts/{number}", {"value": "07700 900456"}, "PUT")
    assert alike(house, phone="07700 900456") == [str(id)]
    assert alike(house, phone="07700 900123") == []
    act(house, ann, id, "contacts", {**NEW, "replaces": ids(house, id)["ann@example.org"]}, expect=201)
    assert alike(house, email="ANN@new.example.org") == [str(id)]
    assert alike(house, email="ann@example.org") == [str(id)], "it still is hers"
    new = ids(house, id)[NEW["value"]]
    ann.post(f"members/{id}/contacts/{new}/confirmation", {"code": sent_code(house, id)}, expect=200)
    assert alike(house, email="ann@example.org") == []
    act(house, ann, id, f"contacts/{number}", {}, "DELETE")
    assert alike(house, phone="07700 900456") == []
    ann.post(f"members/{id}/contacts", {**NEW, "value": "refused@example.org"}, expect=412, If_Match='"1"')
    assert alike(house, email="refused@example.org") == []


def test_a_corrected_name_is_shown_everywhere_here(house: House) -> None:
    id, ann = house.member("ann"), house.as_("ann")
    ann.act(f"members/{id}/name", {"name": "Ánn Éxample-Smith"}, of=f"members/{id}", method="PUT")
    assert ann.get("me").get_json()["name"] == "Ánn Éxample-Smith"
    with house.running.database.transaction() as db:
        assert db.value(str, "select name from people where member_id = %s", id) == "Ánn Éxample-Smith"
    ann.act(f"members/{id}/name", {"name": " "}, of=f"members/{id}", method="PUT", expect=422)


def test_the_list_of_before_a_correction_makes_nobody_twice(house: House) -> None:
    id, before = house.member("ann"), b"name,email,group\nAnn,ann@example.org,other\n"
    house.as_("ann").act(f"members/{id}/name", {"name": "Anna"}, of=f"members/{id}", method="PUT")
    for line in (before, before.replace(b"Ann,", b"Anna,")):
        assert house.coordinator.post("imports", line, expect=200).get_json()["here_already"] == 1


def test_who_left_is_kept_as_she_was(house: House) -> None:
    id, ann = house.member("ann"), house.as_("ann")
    etag = ann.get(f"members/{id}/contacts").headers["ETag"]
    ann.act(f"members/{id}/departure", of=f"members/{id}")
    assert problem_of(ann.post(f"members/{id}/contacts", NEW, expect=409, If_Match=etag)) == "not-a-member"


def heard(event: Event, stream: str) -> Recorded:
    return Recorded(
        event=event,
        event_id=uuid7(),
        stream=stream,
        version=9,
        position=BEGINNING,
        who=Metadata(actor="anonymous", channel="web", correlation_id=uuid7()),
        recorded_at=NOW,
    )


def test_what_came_back_is_flagged_for_her_and_for_coordinators(house: House) -> None:
    id = house.member("ann")
    contact = UUID(ids(house, id)["ann@example.org"])
    for at_fault, flagged in ((None, False), (contact, True)):
        failed = DeliveryFailed(member=MemberId(id), contact=at_fault)
        with house.running.database.transaction() as db:
            flag_contact.tell(heard(failed, f"delivery-{uuid7()}"), db)
        house.settle()
        assert house.as_("ann").get(f"members/{id}/contacts").get_json()["contacts"][0]["flagged"] is flagged
    assert shown(house, id)["contacts"][0]["flagged"] is True


def test_people_from_a_list_are_told_apart_from_those_who_asked(house: House) -> None:
    id = house.member("ann")
    house.coordinator.post("imports", b"name,email,group\nBen,ben@example.org,other\n", expect=200)
    with house.running.database.transaction() as db:
        imported = db.value(UUID, "select id from members where name = 'Ben'")
    assert imported is not None
    told = {
        each: [
            event.from_list
            for stored in house.running.store.read(Member.stream(each))
            if isinstance(event := house.running.codec.decode(stored).event, MemberApproved)
        ]
        for each in (id, imported)
    }
    assert told == {id: [False], imported: [True]}
    assert [each["value"] for each in shown(house, imported)["contacts"]] == ["ben@example.org"]


def test_nothing_of_an_erased_person_is_left(house: House) -> None:
    id = house.member("ann", phone="07700 900123")
    erased = heard(MemberErased(), f"member-{id}")
    with house.running.database.transaction() as db:
        projection.tell(erased, db)
        assert reached(db, MemberId(id)) is None
        assert db.value(int, "select 1 from member_contacts limit 1") is None
    house.coordinator.get(f"members/{id}/contacts", expect=404)
