"""A safeguarding concern, from being raised to being closed: the rules, who reads it, and where it is not."""

from uuid import UUID

import pytest

from services.membership.domain.safeguarding_concern import (
    CloseConcern,
    ConcernClosed,
    ConcernNoted,
    ConcernRaised,
    ConcernReferred,
    ConcernSupported,
    ConcernTakenUp,
    NoteOnConcern,
    RaiseConcern,
    ReferConcern,
    SafeguardingConcern,
    SupportConcern,
    TakeUpConcern,
)
from shared.messages.decisions import Command
from shared.messages.recorded import BEGINNING
from shared.testing.decider import given
from tests.unit.membership.house import Caller, House, code_of

RAISED = ConcernRaised(what="She has bruises and is afraid of somebody.")
REFERRED = ConcernReferred(to="The council's safeguarding team")
SUPPORTED = ConcernSupported(note="We talked, and she knows whom to call.")


def test_whoever_worries_tells_it_in_her_own_words() -> None:
    given(SafeguardingConcern).when(RaiseConcern(what=RAISED.what)).then(RAISED)


def test_a_lead_takes_it_up_once() -> None:
    given(SafeguardingConcern, RAISED).when(TakeUpConcern()).then(ConcernTakenUp())
    given(SafeguardingConcern, RAISED, ConcernTakenUp()).when(TakeUpConcern()).then()


def test_it_is_referred_or_people_are_supported_and_then_it_is_closed() -> None:
    taken_up = given(SafeguardingConcern, RAISED, ConcernTakenUp())
    taken_up.when(ReferConcern(to=REFERRED.to)).then(REFERRED)
    taken_up.when(SupportConcern(note=SUPPORTED.note)).then(SUPPORTED)
    taken_up.when(NoteOnConcern(note="Called her.")).then(ConcernNoted(note="Called her."))
    for answer in (REFERRED, SUPPORTED):
        given(SafeguardingConcern, RAISED, ConcernTakenUp(), answer).when(CloseConcern(note="Done.")).then(
            ConcernClosed(note="Done.")
        )


def test_nothing_is_put_away_unanswered() -> None:
    given(SafeguardingConcern, RAISED, ConcernTakenUp()).when(CloseConcern(note="No.")).refuses("not-answered")


@pytest.mark.parametrize(
    "step", [NoteOnConcern(note="x"), ReferConcern(to="x"), SupportConcern(note="x"), CloseConcern(note="x")]
)
def test_every_step_needs_a_lead_who_has_taken_it_up_and_none_follows_the_end(
    step: Command[SafeguardingConcern],
) -> None:
    given(SafeguardingConcern, RAISED).when(step).refuses("not-taken-up")
    closed = given(SafeguardingConcern, RAISED, ConcernTakenUp(), SUPPORTED, ConcernClosed(note="x"))
    closed.when(step).refuses("closed")
    closed.when(TakeUpConcern()).refuses("closed")


PATH = "safeguarding-concerns"
PLANTED = "bruises that nobody else may read of"


def told(house: House, account: str = "ann") -> str:
    return str(house.as_(account).post(PATH, {"what": PLANTED, "about": "Edith"}).get_json()["id"])


def lead(house: House) -> Caller:
    return house.as_("samira", "safeguarding-lead")


def test_only_leads_read_it_and_who_told_sees_that_it_was_received(house: House) -> None:
    house.member("ann")
    id = told(house)
    assert lead(house).get(f"{PATH}/{id}").get_json()["history"][0]["texts"] == {"what": PLANTED, "about": "Edith"}
    for other in (
        house.coordinator,
        house.as_("ann"),
        house.as_("olga", "operator"),
        house.as_("d", "data-protection"),
    ):
        for path in (PATH, f"{PATH}/{id}"):
            assert code_of(other.get(path, 403)) == "not-allowed"
    [received] = house.as_("ann").get("my-safeguarding-concerns").get_json()["items"]
    assert set(received) == {"id", "raised_at"}
    assert house.as_("ben").get("my-safeguarding-concerns").get_json()["items"] == []
    house.as_(None).post(PATH, {"what": "x"}, 401)


def test_a_lead_takes_it_from_the_list_to_its_end(house: House) -> None:
    id, samira = told(house), lead(house)

    def act(step: str, **body: str) -> None:
        etag = samira.get(f"{PATH}/{id}").headers["ETag"]
        samira.post(f"{PATH}/{id}/{step}", body, 200, If_Match=etag)

    act("review")
    act("notes", note="Called her.")
    act("referral", to="The council's safeguarding team")
    act("support", note="A friend stays with her.")
    act("closure", note="She is safe.")
    [row] = samira.get(PATH).get_json()["items"]
    assert (row["id"], row["status"]) == (id, "closed")
    history = samira.get(f"{PATH}/{id}").get_json()["history"]
    assert [each["what_happened"] for each in history] == [
        "concern-raised",
        "concern-taken-up",
        "concern-noted",
        "concern-referred",
        "concern-supported",
        "concern-closed",
    ]
    house.coordinator.post(f"{PATH}/{id}/notes", {"note": "x"}, 403, If_Match='"6"')


def test_what_it_says_is_in_no_table_in_plain_words(house: House) -> None:
    house.member("ann")
    id = told(house)
    with house.running.database.transaction() as db:
        tables = db.all(str, "select schemaname || '.' || tablename from pg_tables where schemaname !~ '^(pg_|inf)'")
        rows = [row for table in tables for row in db.all(str, f"select t::text from {table} t")]
    assert id in "".join(rows)
    assert [row for row in rows if "bruises" in row or "Edith" in row] == []


def test_it_does_not_vanish_with_the_member_who_told(house: House) -> None:
    ann = house.member("ann")
    id = told(house)
    with house.running.keyring_database.transaction() as db:
        db.execute("delete from subject_keys where subject = %s", str(ann))
    house.running.keyring._keys.clear()
    assert lead(house).get(f"{PATH}/{id}").get_json()["history"][0]["texts"]["what"] == PLANTED


def test_each_read_is_noted_without_what_was_read(house: House) -> None:
    id = told(house)
    lead(house).get(PATH)
    lead(house).get(f"{PATH}/{id}")
    [read] = house.as_("dilys", "data-protection").get("sensitive-reads").get_json()["items"]
    assert (read["what"], read["of_whom"], read["roles"]) == ("safeguarding-concern", [id], ["safeguarding-lead"])
    assert PLANTED not in str(read)


def test_its_events_are_confined(house: House) -> None:
    told(house)
    streams = [each.stream for each in house.running.store.read_all(BEGINNING, 100)]
    assert streams
    assert {each.rpartition("-")[0][:20] for each in streams} == {"safeguarding-concern"}
    assert house.running.service.confined == {"safeguarding-concern"}
    assert ConcernRaised in house.running.service.confined_events
    assert UUID(streams[0][-36:])
