"""Consents through the API: whose wish counts, how it came, what shows it, and the record that names nobody."""

from dataclasses import replace
from uuid import UUID

import pytest

from services.membership.domain import purposes
from services.membership.domain.ground_rules import CURRENT
from services.membership.domain.member import Member, MemberErased
from services.membership.domain.purposes import PURPOSES, Wording
from services.membership.projections.consents import consents
from shared.eventstore.store import NewEvent, Write
from shared.messages.decisions import Context
from shared.messages.ids import uuid7
from shared.messages.recorded import Metadata
from shared.projections.projection import Projection, make_tables
from shared.projections.reader import Reader
from tests.servers import eventually
from tests.unit.membership.house import House, code_of

WORDS = {"wording": PURPOSES["newsletter"].current.version}


def state(house: House, id: UUID, purpose: str) -> str:
    return str(shown(house, id, purpose)["state"])


def shown(house: House, id: UUID, purpose: str) -> dict[str, object]:
    consents = house.coordinator.get(f"members/{id}/consents").get_json()["consents"]
    return next(each for each in consents if each["purpose"] == purpose)


def before_this_release(house: House, projection: Projection) -> None:
    """As where it was not there yet, and then an update brings it: it is told of all that happened."""
    with house.running.database.transaction() as db:
        db.execute(f'drop schema "{projection.name}" cascade')
        for table in ("projections", "readers"):
            db.execute(f"delete from {table} where name = %s", projection.name)
    make_tables(projection, house.running.database)
    started_again = Reader(house.running.database, house.running.codec, [projection])
    eventually(started_again.advance_all, "it was told what happened")


def erase(house: House, id: UUID) -> None:
    """What the service does about an erasure: only the event, until it has a way of its own."""
    codec, store = house.running.codec, house.running.store
    stream, event_id = Member.stream(id), uuid7()
    context = Context(now=house.running.clock.now(), actor="service:membership", correlation_id=uuid7())
    made = NewEvent(event_id, *codec.encode(MemberErased(), event_id, stream))
    store.append([Write(stream, len(store.read(stream)), (made,))], Metadata.of(context), context.now, None)
    house.settle()


def test_from_being_asked_to_taking_it_back(house: House) -> None:
    id, ann = house.member("ann"), house.as_("ann")
    path = f"members/{id}/consents/newsletter"
    assert state(house, id, "newsletter") == "not-asked"
    ann.put(path, WORDS)
    assert state(house, id, "newsletter") == "granted"
    ann.put(path, WORDS)
    ann.delete(path)
    assert state(house, id, "newsletter") == "withdrawn"
    assert code_of(ann.delete(path, expect=409)) == "no-such-consent"
    ann.put(path, WORDS)
    mine = ann.get(f"members/{id}/consents").get_json()["consents"]
    told = next(each for each in mine if each["purpose"] == "newsletter")
    assert [(each["wording"], each["channel"]) for each in told["history"]] == [
        (WORDS["wording"], "web"),
        (None, "web"),
        (WORDS["wording"], "web"),
    ]
    assert told["history"][0]["text"] == list(PURPOSES["newsletter"].current.text), "word for word"


def test_a_consent_to_something_unknown_is_refused_plainly(house: House) -> None:
    id, ann = house.member("ann"), house.as_("ann")
    assert code_of(ann.put(f"members/{id}/consents/spam", WORDS, expect=409)) == "unknown-purpose"
    old = {"wording": "1999-01"}
    assert code_of(ann.put(f"members/{id}/consents/newsletter", old, expect=409)) == "unknown-wording"
    ann.put(f"members/{id}/consents/newsletter", {}, expect=422)
    assert state(house, id, "newsletter") == "not-asked"


def test_a_coordinator_notes_what_was_said_and_how_and_nobody_else_does(house: House) -> None:
    id = house.member("ann")
    house.member("ben")
    path = f"members/{id}/consents/newsletter"
    house.as_("ben").put(path, WORDS, expect=403)
    house.as_("ben").delete(path, expect=403)
    house.as_("ben").get(f"members/{id}/consents", expect=403)
    house.as_(None).put(path, WORDS, expect=401)
    assert code_of(house.coordinator.put(path, WORDS, expect=422)) == "channel-needed"
    house.coordinator.put(path, WORDS, Copse_Channel="post")
    assert shown(house, id, "newsletter")["history"][0]["channel"] == "post"  # type: ignore[index]
    recorded = house.running.codec.decode(house.running.store.read(Member.stream(id))[-1])
    assert recorded.metadata.channel == "post"
    assert code_of(house.coordinator.delete(path, expect=422)) == "channel-needed"
    house.coordinator.delete(path, Copse_Channel="phone")
    assert state(house, id, "newsletter") == "withdrawn"


def test_agreeing_to_the_ground_rules_counts_also_for_those_who_did_so_before_there_were_consents(house: House) -> None:
    id, ann = house.member("ann"), house.as_("ann")
    assert state(house, id, "membership") == "not-asked"
    ann.act(f"members/{id}/activation", {"ground_rules": CURRENT.version}, of=f"members/{id}")
    assert state(house, id, "membership") == "granted"
    assert shown(house, id, "membership")["history"][0]["text"] == list(CURRENT.rules)  # type: ignore[index]
    before_this_release(house, consents)
    assert state(house, id, "membership") == "granted"


def test_taking_back_the_consent_to_be_a_member_ends_it(house: House) -> None:
    id, ann = house.member("ann"), house.as_("ann")
    community = house.community()
    ann.post(f"communities/{community}/requests", {})
    ann.put(f"members/{id}/consents/membership", {"wording": CURRENT.version})
    assert ann.get("me").get_json()["standing"] == "active"
    ann.put(f"members/{id}/consents/newsletter", WORDS)
    ann.delete(f"members/{id}/consents/membership")
    assert ann.get("me").get_json()["standing"] == "left"
    assert house.coordinator.get(f"communities/{community}/members").get_json()["items"] == []
    assert state(house, id, "newsletter") == "withdrawn", "no consent outlives the membership"
    assert code_of(ann.put(f"members/{id}/consents/newsletter", WORDS, expect=409)) == "already-left"
    assert house.coordinator.get("consents/newsletter/members").get_json()["items"] == []


def test_who_consented_to_older_words_is_asked_again_and_may_say_either(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    id, ann = house.member("ann"), house.as_("ann")
    path = f"members/{id}/consents/newsletter"
    ann.put(path, WORDS)
    assert ann.get("me").get_json()["consents_to_look_at"] == []
    purpose = PURPOSES["newsletter"]
    later = replace(purpose, wordings=(*purpose.wordings, Wording("2027-03", ("Every week.",))))
    monkeypatch.setitem(purposes.PURPOSES, "newsletter", later)
    assert state(house, id, "newsletter") == "superseded"
    assert shown(house, id, "newsletter")["granted"] == WORDS["wording"]
    assert ann.get("me").get_json()["consents_to_look_at"] == ["newsletter"]
    [still] = house.coordinator.get("consents/newsletter/members").get_json()["items"]
    assert still["member_id"] == str(id), "what she agreed to holds until she answers"
    assert code_of(ann.put(path, WORDS, expect=409)) == "old-wording"
    ann.put(path, {"wording": "2027-03"})
    assert ann.get("me").get_json()["consents_to_look_at"] == []
    history = shown(house, id, "newsletter")["history"]
    assert [each["text"] for each in history] == [list(purpose.current.text), ["Every week."]]  # type: ignore[attr-defined]


def test_the_lists_of_who_consents_follow_at_once_and_are_for_coordinators(house: House) -> None:
    ids = {name: house.member(name) for name in ("ann", "ben", "cat", "dan")}
    for name, id in ids.items():
        house.as_(name).put(f"members/{id}/consents/newsletter", WORDS)

    def listed() -> list[str]:
        rows = house.coordinator.get("consents/newsletter/members").get_json()["items"]
        return [each["name"] for each in rows]

    assert listed() == ["Ann", "Ben", "Cat", "Dan"]
    house.as_("ann").delete(f"members/{ids['ann']}/consents/newsletter")
    house.as_("ben").act(f"members/{ids['ben']}/pause", of=f"members/{ids['ben']}")
    erase(house, ids["cat"])
    assert listed() == ["Dan"]
    house.as_("ben").act(f"members/{ids['ben']}/return", of=f"members/{ids['ben']}")
    assert listed() == ["Ben", "Dan"]
    house.as_("ann").get("consents/newsletter/members", expect=403)
    house.as_("dora", "data-protection").get("consents/newsletter/members", expect=403)
    house.coordinator.get("consents/spam/members", expect=404)
    assert code_of(house.coordinator.get("consents/access-needs/members", expect=403)) == "special-category"


def test_the_record_of_purposes_counts_nobody_below_five(house: House) -> None:
    dora = house.as_("dora", "data-protection")
    ids = {name: house.member(name) for name in ("ann", "ben", "cat", "dan", "eve", "fay")}

    def counted() -> tuple[int | None, int | None]:
        [row] = [each for each in dora.get("consents").get_json()["items"] if each["purpose"] == "newsletter"]
        return row["wordings"][-1]["people"], row["withdrawn"]

    assert counted() == (None, None)
    for name in ("ann", "ben", "cat", "dan"):
        house.as_(name).put(f"members/{ids[name]}/consents/newsletter", WORDS)
    assert counted() == (None, None), "four"
    house.as_("eve").put(f"members/{ids['eve']}/consents/newsletter", WORDS)
    assert counted() == (5, None)
    house.as_("fay").put(f"members/{ids['fay']}/consents/newsletter", WORDS)
    house.as_("ann").delete(f"members/{ids['ann']}/consents/newsletter")
    assert counted() == (5, None), "one who withdrew is not told"
    house.as_("ben").act(f"members/{ids['ben']}/pause", of=f"members/{ids['ben']}")
    assert counted() == (None, None), "who takes a break is not counted"
    [row] = [each for each in dora.get("consents").get_json()["items"] if each["purpose"] == "access-needs"]
    assert row["special_category"]
    assert row["wordings"][0]["text"] == list(PURPOSES["access-needs"].wordings[0].text)
    house.as_("ann").get("consents", expect=403)
    house.as_(None).get("consents", expect=401)


def test_an_erased_member_has_no_consents_to_read_or_to_change(house: House) -> None:
    id, ann = house.member("ann"), house.as_("ann")
    ann.put(f"members/{id}/consents/newsletter", WORDS)
    erase(house, id)
    house.coordinator.get(f"members/{id}/consents", expect=404)
    path = f"members/{id}/consents/newsletter"
    assert code_of(house.coordinator.put(path, WORDS, expect=409, Copse_Channel="phone")) == "erased"
