"""Access needs over HTTP: said by herself or by a coordinator for her, shared, looked at, and gone when she is."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.membership.domain.access_needs import MEETINGS, AccessNeeds, NoteReviewDue
from services.membership.domain.member import Member, MemberErased
from services.membership.domain.needs_list import WORDINGS
from services.membership.domain.purposes import ACCESS_NEEDS, PURPOSES
from shared.messages.decisions import Command, Context
from shared.messages.events import Event
from shared.messages.ids import uuid7
from shared.projections.reader import cursor_of
from tests.servers import eventually
from tests.unit.membership.house import Caller, House, code_of

NEEDS = {
    "needs": [{"code": "other-language", "detail": "Polish"}, {"code": "bsl-interpreter"}],
    "words": "Please face me when you speak.",
}


def says(caller: Caller, member: UUID, body: dict[str, Any] = NEEDS, expect: int = 200, **headers: str) -> Any:
    etag = caller.get(f"members/{member}/access-needs").headers["ETag"]
    return caller.put(f"members/{member}/access-needs", body, expect, If_Match=etag, **headers)


def seen(caller: Caller, member: UUID) -> Any:
    return caller.get(f"members/{member}/access-needs").get_json()


def wording(house: House) -> str:
    return str(house.as_(None).get("access-needs").get_json()["sharing"][0]["version"])


def shares(house: House, caller: Caller, member: UUID, **more: Any) -> None:
    caller.put(f"members/{member}/access-needs/sharing/meetings", {"wording": wording(house), **more})


def test_everybody_can_read_what_there_is_to_choose_and_its_wording(house: House) -> None:
    offered = house.as_(None).get("access-needs").get_json()
    assert {"code", "text", "arrangement", "detail", "detail_needed", "ways"} == offered["needs"][0].keys()
    assert offered["sharing"][0]["purpose"] == "meetings"
    assert all(offered["sharing"][0]["wording"])


def test_she_says_it_once_and_reads_it(house: House) -> None:
    ann = house.member("ann")
    me = house.as_("ann")
    assert seen(me, ann) == {
        "needs": [],
        "words": None,
        "said_at": None,
        "channel": None,
        "checked_at": None,
        "review_due_at": None,
        "review_due": False,
        "sharing": [],
        "version": 0,
    }
    says(me, ann)
    now = seen(me, ann)
    assert now["needs"] == [
        {"code": "bsl-interpreter", "detail": None},
        {"code": "other-language", "detail": "Polish"},
    ]
    assert (now["words"], now["channel"], now["sharing"]) == (NEEDS["words"], "web", [])


def test_a_coordinator_types_what_she_says_on_the_phone(house: House) -> None:
    ann = house.member("ann")
    says(house.coordinator, ann, Copse_Channel="phone")
    assert seen(house.as_("ann"), ann)["channel"] == "phone"


def test_nobody_else_reads_or_changes_it(house: House) -> None:
    ann = house.member("ann")
    house.member("ben")
    says(house.as_("ann"), ann)
    for other in (house.as_("ben"), house.as_("fay", "facilitator"), house.as_("rob", "researcher")):
        other.get(f"members/{ann}/access-needs", 403)
        other.put(f"members/{ann}/access-needs", NEEDS, 403, If_Match='"1"')
        other.post(f"members/{ann}/access-needs/review", {}, 403, If_Match='"1"')
        other.put(f"members/{ann}/access-needs/sharing/meetings", {"wording": wording(house)}, 403)
        other.delete(f"members/{ann}/access-needs/sharing/meetings", 403)
    house.as_(None).get(f"members/{ann}/access-needs", 401)


def test_two_changes_of_the_same_page_are_one_and_a_refusal(house: House) -> None:
    ann, me = house.member("ann"), house.as_("ann")
    me.put(f"members/{ann}/access-needs", NEEDS, 428)
    says(me, ann)
    assert code_of(me.put(f"members/{ann}/access-needs", NEEDS, 412, If_Match='"0"')) == "changed-meanwhile"


def test_what_is_not_on_the_list_is_told_at_its_field(house: House) -> None:
    ann, me = house.member("ann"), house.as_("ann")
    wrong = says(me, ann, {"needs": [{"code": "diagnosis"}]}, expect=422).get_json()
    assert [error["pointer"] for error in wrong["errors"]] == ["#/needs/0/code"]
    wrong = says(me, ann, {"needs": [{"code": "captions", "condition": "x"}]}, expect=422).get_json()
    assert [error["pointer"] for error in wrong["errors"]] == ["#/needs/0/condition"]
    twice = says(me, ann, {"needs": [{"code": "captions"}, {"code": "captions"}]}, expect=409)
    assert code_of(twice) == "need-twice"


def test_it_is_shared_in_the_wording_in_force_and_stopped_as_easily(house: House) -> None:
    ann, me = house.member("ann"), house.as_("ann")
    path = f"members/{ann}/access-needs/sharing"
    assert code_of(me.put(f"{path}/meetings", {"wording": wording(house)}, 409)) == "nothing-said"
    says(me, ann)
    assert code_of(me.put(f"{path}/meetings", {"wording": "1999-01"}, 409)) == "unknown-wording"
    assert code_of(me.put(f"{path}/research", {"wording": wording(house)}, 409)) == "unknown-purpose"
    shares(house, me, ann)
    (sharing,) = seen(me, ann)["sharing"]
    assert (sharing["purpose"], sharing["version"], sharing["words_too"]) == ("meetings", wording(house), False)
    assert sharing["wording"] == house.as_(None).get("access-needs").get_json()["sharing"][0]["wording"]
    says(me, ann, {"needs": []})
    assert [again["since"] for again in seen(me, ann)["sharing"]] == [sharing["since"]]
    me.delete(f"{path}/meetings")
    assert seen(me, ann)["sharing"] == []


def consent(house: House, member: UUID) -> tuple[str, str | None]:
    """Where her consent to sharing her needs stands, and in which wording it holds."""
    rows = house.as_("ann").get(f"members/{member}/consents").get_json()["consents"]
    [row] = [row for row in rows if row["purpose"] == ACCESS_NEEDS]
    return row["state"], row["granted"]


def test_sharing_is_a_consent_and_stopping_takes_it_back(house: House) -> None:
    ann, me = house.member("ann"), house.as_("ann")
    says(me, ann)
    assert consent(house, ann) == ("not-asked", None)
    shares(house, me, ann)
    assert consent(house, ann) == ("granted", wording(house))
    me.delete(f"members/{ann}/access-needs/sharing/meetings")
    assert consent(house, ann) == ("withdrawn", None)
    me.delete(f"members/{ann}/access-needs/sharing/meetings")
    shares(house, me, ann)
    assert consent(house, ann) == ("granted", wording(house))


def test_taking_the_consent_back_stops_the_sharing_and_no_other_consent_does(house: House) -> None:
    ann, me = house.member("ann"), house.as_("ann")
    says(me, ann)
    shares(house, me, ann)
    me.put(f"members/{ann}/consents/newsletter", {"wording": PURPOSES["newsletter"].current.version})
    me.delete(f"members/{ann}/consents/newsletter")
    assert len(seen(me, ann)["sharing"]) == 1
    me.delete(f"members/{ann}/consents/{ACCESS_NEEDS}")
    assert seen(me, ann)["sharing"] == []
    assert seen(me, ann)["needs"], "what she said stays"


def test_the_consent_alone_shares_nothing_until_she_shares(house: House) -> None:
    ann, me = house.member("ann"), house.as_("ann")
    says(me, ann)
    me.put(f"members/{ann}/consents/{ACCESS_NEEDS}", {"wording": wording(house)})
    assert seen(me, ann)["sharing"] == []
    shares(house, me, ann)
    assert len(seen(me, ann)["sharing"]) == 1


def test_the_consent_and_the_sharing_have_one_wording_version_for_version() -> None:
    """In purposes.toml for the record of consents, in needs_list.toml for the page: change both, or neither."""
    listed = [(each.version, tuple(each.wording)) for each in WORDINGS if each.purpose == MEETINGS]
    assert listed == [(each.version, each.text) for each in PURPOSES[ACCESS_NEEDS].wordings]


def test_nothing_is_recorded_for_an_applicant(house: House) -> None:
    applied = house.as_("una").post(
        "applications",
        {"name": "Una", "email": "una@example.org", "stakeholder_group": "other", "communities": []},
    )
    una = UUID(applied.get_json()["id"])
    assert code_of(says(house.as_("una"), una, expect=409)) == "not-a-member"


def test_a_look_is_due_after_a_year_and_done_in_one_click(house: House) -> None:
    ann, me = house.member("ann"), house.as_("ann")
    says(me, ann)
    with house.running.database.transaction() as db:
        (due,) = db.rows("select due_at - now() from agenda where action = 'NoteReviewDue' and done_at is null")
        assert timedelta(days=364) < due[0] < timedelta(days=366)
        details = db.rows("select details::text from agenda")
    assert not any("bsl" in each[0] for each in details)
    _handle(house, ann, NoteReviewDue(), house.running.clock.now() + timedelta(days=366))
    now = seen(me, ann)
    assert now["review_due"]
    etag = me.get(f"members/{ann}/access-needs").headers["ETag"]
    me.post(f"members/{ann}/access-needs/review", {}, 200, If_Match=etag)
    assert not seen(me, ann)["review_due"]


def test_who_leaves_shares_nothing_any_more_and_a_break_changes_nothing(house: House) -> None:
    ann, me = house.member("ann"), house.as_("ann")
    says(me, ann)
    shares(house, me, ann)
    house.coordinator.act(f"members/{ann}/pause", of=f"members/{ann}")
    assert len(seen(house.coordinator, ann)["sharing"]) == 1
    house.coordinator.act(f"members/{ann}/departure", of=f"members/{ann}")
    assert seen(house.coordinator, ann)["sharing"] == []


class Erase(Command[Member]):
    def decide(self, member: Member, context: Context) -> Iterator[Event]:  # noqa: ARG002  # a fact, not a wish
        yield MemberErased()


def test_what_is_erased_is_neither_shown_nor_shared_nor_back_after_a_rebuild(house: House) -> None:
    ann, me = house.member("ann"), house.as_("ann")
    says(me, ann)
    shares(house, me, ann, words_too=True)
    _handle(house, ann, Erase(), house.running.clock.now())
    assert _rows(house) == (0, 0)
    with house.running.keyring_database.transaction() as db:
        db.execute("delete from subject_keys where subject = %s", str(ann))
    house.running.keyring._keys.clear()  # what it remembers for some seconds
    with house.running.database.transaction() as db:
        db.execute("update readers set xid = '0', position = 0 where name = 'access_needs'")
    eventually(lambda: _at_the_end(house), "the read model is told everything again")
    assert _rows(house) == (0, 0)
    state, _ = house.running.commands.load(AccessNeeds, ann)
    assert (state.said, state.sharing) == (None, {})


def _rows(house: House) -> tuple[int | None, int | None]:
    with house.running.database.transaction() as db:
        counted = [db.value(int, f"select count(*) from {table}") for table in ("access_needs", "access_needs_shared")]
    return counted[0], counted[1]


def _at_the_end(house: House) -> bool:
    house.settle()
    return cursor_of(house.running.database, "access_needs") == cursor_of(house.running.database, "members")


def _handle(house: House, member: UUID, command: Command[Any], now: datetime) -> None:
    context = Context(now=now, actor="service:membership", correlation_id=uuid7())
    house.running.commands.handle(member, command, context)
    house.settle()
