"""Asking for an erasure over the API: who may, what must be typed, what must be paid first."""

import os
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from services.membership.domain.changing_contacts import AddContact, ChangeContact, RemoveContact
from services.membership.domain.contact_details import ContactDetails, ContactKind
from services.membership.domain.erasure import NoteConfirmed, NoteSearched
from services.membership.domain.member import ApplicationReceived, Member, Standing
from services.membership.domain.naming import CorrectName
from services.membership.reactions import erase_member
from services.membership.service import service
from shared.database.pool import Transaction
from shared.messages.decisions import Command, Context
from shared.messages.events import ERASED
from shared.messages.ids import uuid7
from shared.service import Running
from tests.unit.membership.house import House, code_of

OTHERS = ("meetings", "ppi", "notifications")


@pytest.fixture
def settled(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """The effect that destroys keys finds the keyring by the environment, as in a worker; and nobody waits here."""
    said = house.running.settings
    values = {
        "MEMBERSHIP_DATABASE_URL": said.database_url,
        "KEYRING_DATABASE_URL": said.keyring_url,
        "KEYRING_MASTER_KEY": b64encode(said.master_key).decode(),
        "KAFKA_BOOTSTRAP_SERVERS": said.kafka,
        "OIDC_ISSUER": said.issuer,
    }
    for name in [each for each in os.environ if each.endswith("_FILE")]:
        monkeypatch.delenv(name)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("services.membership.reactions.erase_member.SETTLING", timedelta(0))
    erase_member.keyring.cache_clear()
    yield house
    erase_member.keyring()._database.close()
    erase_member.keyring.cache_clear()


def tell(house: House, member: UUID, command: NoteSearched | NoteConfirmed) -> None:
    """What came from another service by Kafka."""
    context = Context(now=house.running.clock.now(), actor="service:membership", correlation_id=uuid7())
    house.running.commands.handle(member, command, context)
    house.settle()


def wish(member: UUID, confirmation: str, **more: object) -> dict[str, object]:
    return {"member_id": str(member), "confirmation": confirmation, **more}


def test_only_data_protection_may_ask_and_read(house: House) -> None:
    ann = house.member("ann")
    for who in (house.coordinator, house.as_("ann"), house.as_("fen", "finance")):
        who.post("erasures", wish(ann, "Ann"), expect=403)
        who.get("erasures", expect=403)
        who.get(f"erasures/{ann}", expect=403)
    house.as_(None).post("erasures", wish(ann, "Ann"), expect=401)


def test_the_name_must_be_typed_exactly(house: House) -> None:
    ann, officer = house.member("ann", name="Zoë Lee-Ánn"), house.as_("dale", "data-protection")
    for typed in ("zoë lee-ánn", "Zoë", "Zoe Lee-Ann", f"erase {uuid4()}"):
        assert code_of(officer.post("erasures", wish(ann, typed), expect=409)) == "not-confirmed"
    assert house.running.commands.load(Member, ann)[0].standing is not Standing.ERASED
    officer.post("erasures", wish(ann, "  Zoe\u0308  Lee-Ánn"))  # the same letters, however they are composed
    assert code_of(officer.post("erasures", wish(ann, "Zoë Lee-Ánn"), expect=409)) == "erasure-under-way"


def test_nobody_is_erased_who_is_not_there(house: House) -> None:
    officer = house.as_("dale", "data-protection")
    officer.post("erasures", wish(uuid4(), "Ann"), expect=404)
    officer.get(f"erasures/{uuid4()}", expect=404)
    officer.post("erasures", {"member_id": "ann", "confirmation": ""}, expect=422)


def test_an_unpaid_claim_comes_first_and_the_answer_says_so(house: House) -> None:
    ann, officer = house.member("ann"), house.as_("dale", "data-protection")
    with house.running.database.transaction() as db:
        db.execute("insert into open_claims values (%s, %s, 2750)", uuid4(), ann)
    refused = officer.post("erasures", wish(ann, "Ann"), expect=409)
    assert code_of(refused) == "unpaid-claims"
    assert "£27.50 in 1 claim that is not paid" in refused.get_json()["detail"]
    assert "Pay it first" in refused.get_json()["detail"]
    officer.post("erasures", wish(ann, "Ann", leave_claims_open=True))
    assert officer.get(f"erasures/{ann}").get_json()["claims_left_open"] is True


def known_to_the_planner(db: Transaction, text: str) -> bool:
    """Whether the statistics of any column hold it."""
    kept = (
        "select bool_or(coalesce(most_common_vals::text, '') || coalesce(histogram_bounds::text, '') like %s)"
        " from pg_stats"
    )
    return bool(db.value(bool, kept, f"%{text}%"))


def test_an_erasure_from_asking_to_the_report(settled: House) -> None:
    house, officer = settled, settled.as_("dale", "data-protection")
    group = house.community(kind="working-group", places=1)
    ann = house.member("ann", about="My story.", name="Ann Quill", phone="01632 960961")
    house.coordinator.post(f"communities/{group}/members", {"member_id": str(ann)})
    for other in ("cai", "dot"):
        house.member(other)
    with house.running.database.transaction() as db:
        db.execute("analyze members")
        assert known_to_the_planner(db, "ann@example.org")
    named = house.community(about="Begun by Ann Quill in a kitchen.", name="Kitchen")
    officer.post("erasures", wish(ann, "Ann Quill"))

    seen = officer.get(f"erasures/{ann}").get_json()
    assert (seen["status"], seen["waiting_for"]) == ("searching", ["meetings", "notifications", "ppi"])
    assert house.coordinator.get(f"members/{ann}").get_json()["name"] == "Ann Quill", "nothing is dropped before"
    for other in OTHERS:
        tell(house, ann, NoteSearched(service=other))

    assert house.running.commands.load(Member, ann)[0].standing is Standing.ERASED
    house.coordinator.get(f"members/{ann}", expect=404)
    house.as_("ann").get("me", expect=404)
    with house.running.database.transaction() as db:
        assert not known_to_the_planner(db, "ann@example.org")
    known = house.coordinator.get(f"people/{ann}").get_json()
    assert known == {"member_id": str(ann), "standing": "erased", "communities": [], "groups": []}
    house.coordinator.post(f"communities/{group}/members", {"member_id": str(house.member("ben"))})  # the place is free
    left = [each.type for each in house.running.store.read(f"community-{group}")]
    assert "community-left" in left

    assert officer.get(f"erasures/{ann}").get_json()["status"] == "confirming"
    for other in OTHERS:
        tell(house, ann, NoteConfirmed(service=other))
    report = officer.get(f"erasures/{ann}").get_json()
    assert report["status"] == "closed"
    assert [each["member_id"] for each in officer.get("erasures").get_json()["items"]] == [str(ann)]
    (here,) = report["services"]
    assert (here["service"], here["searched"]) == ("membership", True)
    assert [(each["table"], each["key"], each["column"]) for each in here["mentions"]] == [
        ("communities.communities", str(named), "about")
    ]
    assert here["erased"]
    assert all(each["why"] for each in [*here["kept"], *here["by_hand"]])
    assert code_of(officer.post("erasures", wish(ann, "Ann Quill"), expect=409)) == "already-erased"


def test_former_names_and_ways_that_she_took_out_are_looked_for(house: House) -> None:
    ann = house.member("ann", name="Ann Quill", phone="01632 960961")
    old, new = uuid4(), uuid4()
    context = Context(now=house.running.clock.now(), actor="anonymous", correlation_id=uuid7())
    for name in ("Ann Lee", "Ann Teal"):
        house.running.commands.handle(ann, CorrectName(name=name), context)
    said: list[Command[ContactDetails]] = [
        AddContact(contact=old, kind=ContactKind.PHONE, value="01632 960962", check=uuid4(), proof=uuid4()),
        ChangeContact(contact=old, kind=ContactKind.PHONE, value="01632 960963"),
        AddContact(contact=new, kind=ContactKind.POST, value="7 Mill Lane", check=uuid4(), proof=uuid4()),
        RemoveContact(contact=old),
    ]
    for command in said:
        house.running.commands.handle(ann, command, context)
    numbers = ["01632 960961", "01632-960-962", "01632960963", "7 Mill Lane"]
    texts = ["Ann Quill", "Mrs Lee", "Ann Teal", *numbers, "ann@example.org"]
    named = [str(house.community(about=f"Ask {each}.", name=f"Number {nth}")) for nth, each in enumerate(texts)]
    house.community(about="Ask Ann, 01632 960964.", name="Another")
    house.as_("dale", "data-protection").post("erasures", wish(ann, "Ann Teal"))
    house.settle()
    (here,) = house.as_("dale", "data-protection").get(f"erasures/{ann}").get_json()["services"]
    assert sorted(each["key"] for each in here["mentions"]) == sorted(named)


def test_a_service_that_starts_with_yesterdays_keyring_takes_the_key_away_before_it_reads_one(settled: House) -> None:
    house, officer = settled, settled.as_("dale", "data-protection")
    ann = house.member("ann")
    with house.running.keyring_database.transaction() as db:
        yesterday = db.value(memoryview, "select wrapped from subject_keys where subject = %s", str(ann))
    (received, *_) = house.running.store.read(f"member-{ann}")
    officer.post("erasures", wish(ann, "Ann"))
    for other in OTHERS:
        tell(house, ann, NoteSearched(service=other))
    with house.running.keyring_database.transaction() as db:
        assert yesterday is not None
        restored = "update subject_keys set wrapped = %s, erased_at = null where subject = %s"
        assert db.execute(restored, bytes(yesterday), str(ann)) == 1
    started = Running(service, house.running.settings)
    try:
        read = started.codec.decode(received).event
    finally:
        started.close()
    assert isinstance(read, ApplicationReceived)
    assert (read.name, read.email) == (ERASED, None)
    with house.running.keyring_database.transaction() as db:
        assert db.value(bool, "select wrapped is null from subject_keys where subject = %s", str(ann))


def test_an_applicant_who_never_became_a_member_is_erased_too(settled: House) -> None:
    house, officer = settled, settled.as_("dale", "data-protection")
    body = {"name": "Ann", "email": "a@example.org", "stakeholder_group": "other", "communities": []}
    ann = UUID(house.as_(None).post("applications", body).get_json()["id"])
    officer.post("erasures", wish(ann, f"erase {ann}"))
    for other in OTHERS:
        tell(house, ann, NoteSearched(service=other))
    assert [each.type for each in house.running.store.read(f"member-{ann}")][-1] == "member-erased"
    house.coordinator.get(f"people/{ann}", expect=404)
    house.as_(None).post("applications", body)  # may ask to join again, as somebody new
    with house.running.keyring_database.transaction() as db:
        marks = "select count(*) from blind_index join subject_keys using (subject) where wrapped is null"
        assert db.value(int, marks) == 0
