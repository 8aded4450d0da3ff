"""From a reply and a shared need to the list of what to arrange, whichever comes first, and off it again."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.meetings.contracts.membership import (
    AccessNeedsShared,
    AccessNeedsSharingStopped,
    AssistedSessionOpened,
    CommunityFounded,
    CommunityJoined,
    FacilitatorAppointed,
    FacilitatorStoodDown,
    MemberApproved,
    MemberErased,
    MemberLeft,
    MemberPaused,
    MemberReturned,
    Shared,
    ToArrange,
)
from services.meetings.reactions.arrange import arrange
from shared.messages.even_length import evenly
from shared.messages.events import Event, MemberId
from tests.kernel.provider import provider
from tests.servers import Databases, eventually
from tests.unit.meetings.house import Caller, House, house_in
from tests.unit.membership.house import code_of

ANN, BEN, FAY, GUS = (MemberId(UUID(int=number)) for number in (1, 2, 3, 4))
COMMUNITY, OTHER = UUID(int=10), UUID(int=11)
CAPTIONS = ToArrange("captions", "Captions", None, ("in-person", "online"))
LOOP = ToArrange("hearing-loop", "Hearing loop", None, ("in-person",))
POLISH = ToArrange("other-language", "Interpreting", "Polish")


@pytest.fixture(scope="module")
def one_house(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    clock: Path = tmp_path_factory.mktemp("clock") / "seconds"
    clock.write_text("0")
    with (
        pytest.MonkeyPatch.context() as environment,
        provider() as at_provider,
        house_in(databases.for_events(), databases.for_keys(), at_provider, clock) as house,
    ):
        environment.setenv("COPSE_CLOCK_FILE", str(clock))
        yield house


@pytest.fixture
def house(one_house: House) -> House:
    """Ann and Ben are members; Fay facilitates the community, and Gus facilitates another."""
    one_house.empty()
    for id, name in ((ANN, "ann"), (BEN, "ben"), (FAY, "fay"), (GUS, "gus")):
        one_house.hears(
            MemberApproved(name=name.title(), stakeholder_group="other", account=one_house.account(name)), id
        )
    for community, facilitator in ((COMMUNITY, FAY), (OTHER, GUS)):
        one_house.hears(CommunityFounded(name=str(community), kind="community", privacy="open"), community)
        one_house.hears(CommunityJoined(member=facilitator), community)
        one_house.hears(FacilitatorAppointed(member=facilitator), community)
    return one_house


@pytest.fixture
def meeting(house: House) -> str:
    return planned(house)


def planned(
    house: House, community: UUID = COMMUNITY, by: str = "carys", role: str = "coordinator", **more: Any
) -> str:
    starts = house.now + timedelta(days=7)
    body = {
        "community_id": str(community),
        "title": "A talk",
        "about": "Care.",
        "starts_at": starts.isoformat(),
        "ends_at": (starts + timedelta(hours=1)).isoformat(),
        "places": 10,
        **more,
    }
    return str(house.as_(by, role).post("meetings", body, 201).get_json()["id"])


def coordinator(house: House) -> Caller:
    return house.as_("carys", "coordinator")


def shares(*needs: ToArrange, words: str | None = None) -> AccessNeedsShared:
    return AccessNeedsShared(purpose="meetings", shared=evenly(Shared(needs, words)))


def replies(house: House, meeting: str, answer: str, account: str = "ann") -> None:
    house.as_(account).post(f"meetings/{meeting}/replies", {"answer": answer}, 201)


def listed(house: House, meeting: str, query: str = "") -> list[Any]:
    return list(coordinator(house).get(f"meetings/{meeting}/arrangements{query}").get_json()["items"])


def asked(house: House, meeting: str) -> list[tuple[str, str]]:
    return [(row["name"], row["arrangement"]) for row in listed(house, meeting)]


def test_who_replies_after_she_shared_is_put_on_the_list(house: House, meeting: str) -> None:
    house.hears(shares(CAPTIONS, POLISH), ANN)
    assert asked(house, meeting) == []
    replies(house, meeting, "online")
    assert asked(house, meeting) == [("Ann", "Captions"), ("Ann", "Interpreting")]
    assert [row["detail"] for row in listed(house, meeting)] == [None, "Polish"]


def test_who_shares_after_she_replied_is_put_on_the_list(house: House, meeting: str) -> None:
    replies(house, meeting, "in-person")
    house.hears(shares(CAPTIONS), ANN)
    assert asked(house, meeting) == [("Ann", "Captions")]


def test_a_share_heard_before_the_reply_was_read_still_meets_it(house: House, meeting: str) -> None:
    """The reply is recorded, and the read models have not come to it when the share is heard."""
    headers = {"Authorization": f"Bearer {house.as_('ann')._token}"}
    house.app.test_client().post(f"/v1/meetings/{meeting}/replies", json={"answer": "online"}, headers=headers)
    house.hears(shares(CAPTIONS), ANN, settle=False)
    house._agenda.work()
    house.settle()
    assert asked(house, meeting) == [("Ann", "Captions")]


def test_a_reply_that_the_read_models_do_not_show_yet_is_not_lost(house: House, meeting: str) -> None:
    """The reaction is told of the reply while the list of replies stands still."""
    house.hears(shares(CAPTIONS), ANN)
    headers = {"Authorization": f"Bearer {house.as_('ann')._token}"}
    house.app.test_client().post(f"/v1/meetings/{meeting}/replies", json={"answer": "online"}, headers=headers)
    eventually(lambda: house._reader.advance(arrange) > 0, "the reaction is told of the reply")
    house._agenda.work()
    house.settle()
    assert asked(house, meeting) == []
    house.later(timedelta(minutes=1))
    house.settle()
    assert asked(house, meeting) == [("Ann", "Captions")]


def test_only_what_matters_in_her_way_of_taking_part_is_arranged(house: House, meeting: str) -> None:
    house.hears(shares(CAPTIONS, LOOP, POLISH), ANN)
    replies(house, meeting, "by-phone")
    assert asked(house, meeting) == [("Ann", "Interpreting")]
    replies(house, meeting, "in-person")
    assert asked(house, meeting) == [("Ann", "Captions"), ("Ann", "Hearing loop"), ("Ann", "Interpreting")]


def test_who_waits_for_a_place_is_arranged_for_once_she_has_it(house: House) -> None:
    full = planned(house, places=1)
    replies(house, full, "online", "ben")
    house.hears(shares(CAPTIONS), ANN)
    replies(house, full, "online")
    assert asked(house, full) == []
    replies(house, full, "no", "ben")
    assert asked(house, full) == [("Ann", "Captions")]


@pytest.mark.parametrize("gone", [AccessNeedsSharingStopped(purpose="meetings"), MemberPaused(), MemberLeft()])
def test_what_she_does_not_share_any_more_is_taken_off(house: House, meeting: str, gone: Event) -> None:
    house.hears(shares(CAPTIONS), ANN)
    replies(house, meeting, "online")
    arranged(house, meeting)
    house.hears(gone, ANN)
    assert listed(house, meeting) == []


def test_stopping_another_purpose_takes_nothing_off(house: House, meeting: str) -> None:
    house.hears(shares(CAPTIONS), ANN)
    replies(house, meeting, "online")
    house.hears(AccessNeedsSharingStopped(purpose="research"), ANN)
    assert asked(house, meeting) == [("Ann", "Captions")]


def test_who_cannot_come_after_all_is_taken_off(house: House, meeting: str) -> None:
    house.hears(shares(CAPTIONS), ANN)
    replies(house, meeting, "online")
    replies(house, meeting, "no")
    assert listed(house, meeting) == []


def test_what_she_agreed_to_holds_when_she_comes_back(house: House, meeting: str) -> None:
    house.hears(shares(CAPTIONS), ANN)
    house.hears(MemberPaused(), ANN)
    house.hears(MemberReturned(), ANN)
    replies(house, meeting, "online")
    assert asked(house, meeting) == [("Ann", "Captions")]


def test_a_change_of_what_she_needs_changes_the_list_and_keeps_what_is_arranged(house: House, meeting: str) -> None:
    house.hears(shares(CAPTIONS), ANN)
    replies(house, meeting, "online")
    arranged(house, meeting)
    house.hears(shares(CAPTIONS, POLISH), ANN)
    assert [(row["arrangement"], row["progress"]) for row in listed(house, meeting)] == [
        ("Captions", "arranged"),
        ("Interpreting", "flagged"),
    ]
    house.hears(shares(POLISH), ANN)
    assert asked(house, meeting) == [("Ann", "Interpreting")]


def arranged(house: House, meeting: str, **note: str) -> str:
    id = str(listed(house, meeting)[0]["id"])
    coordinator(house).post(f"arrangements/{id}/arranged", note)
    return id


def test_her_own_words_are_shown_only_when_she_shares_them(house: House, meeting: str) -> None:
    house.hears(shares(CAPTIONS), ANN)
    replies(house, meeting, "online")
    assert [row["words"] for row in listed(house, meeting)] == [None]
    house.hears(shares(CAPTIONS, words="Please face me."), ANN)
    assert [row["words"] for row in listed(house, meeting)] == ["Please face me."]
    house.hears(shares(CAPTIONS), ANN)
    assert [row["words"] for row in listed(house, meeting)] == [None]


def test_it_is_arranged_and_then_met_or_not_as_she_says(house: House, meeting: str) -> None:
    house.hears(shares(CAPTIONS), ANN)
    replies(house, meeting, "online")
    ann = house.as_("ann")
    id = arranged(house, meeting, note="A person types.")
    assert listed(house, meeting, "?unmet=true") == []
    (mine,) = ann.get("arrangements").get_json()["items"]
    assert (mine["progress"], mine["note"]) == ("arranged", "A person types.")
    assert "words" not in mine
    assert code_of(ann.post(f"arrangements/{id}/met", {}, 409)) == "meeting-not-begun"
    assert code_of(ann.post(f"arrangements/{id}/not-met", {"reason": "."}, 409)) == "meeting-not-begun"
    ann.post(f"arrangements/{id}/arranged", {}, 404)
    house.later(timedelta(days=8))
    coordinator(house).post(f"arrangements/{id}/met", {})
    assert [row["progress"] for row in listed(house, meeting)] == ["met"]
    ann.post(f"arrangements/{id}/not-met", {}, 422)
    ann.post(f"arrangements/{id}/not-met", {"reason": "They stopped after ten minutes."})
    (row,) = listed(house, meeting, "?unmet=true")
    assert (row["progress"], row["note"]) == ("not-met", "They stopped after ten minutes.")


def test_only_who_runs_the_meeting_reads_the_list(house: House, meeting: str) -> None:
    house.hears(shares(CAPTIONS), ANN)
    replies(house, meeting, "online")
    path = f"meetings/{meeting}/arrangements"
    id = listed(house, meeting)[0]["id"]
    assert len(house.as_("fay").get(path).get_json()["items"]) == 1
    for other in (house.as_("gus", "facilitator"), house.as_("ben"), house.as_("ann"), house.as_("rob", "researcher")):
        other.get(path, 403)
    house.as_(None).get(path, 401)
    for other in (house.as_("gus", "facilitator"), house.as_("ben")):
        other.post(f"arrangements/{id}/arranged", {}, 404)
        other.post(f"arrangements/{id}/not-met", {"reason": "."}, 404)
        assert other.get("arrangements").get_json()["items"] == []
    house.as_("fay").post(f"arrangements/{id}/arranged", {})
    runs = {who: house.as_(who).get(f"meetings/{meeting}").get_json()["run_by_me"] for who in ("fay", "gus", "ann")}
    assert runs == {"fay": True, "gus": False, "ann": False}
    house.hears(FacilitatorStoodDown(member=FAY), COMMUNITY)
    house.as_("fay").get(path, 403)


def test_who_planned_a_meeting_runs_it(house: House) -> None:
    hers = planned(house, COMMUNITY, "gus", "facilitator")
    house.as_("gus", "facilitator").get(f"meetings/{hers}/arrangements")
    house.as_("gus").get(f"meetings/{hers}/arrangements", 403)


def test_nothing_of_it_stands_in_the_agenda_or_readable_in_an_event(house: House, meeting: str) -> None:
    house.hears(shares(CAPTIONS, words="Please face me."), ANN)
    replies(house, meeting, "online")
    id = arranged(house, meeting, note="A person types.")
    coordinator(house).post(f"arrangements/{id}/not-met", {"reason": "Nobody is free."})
    with house.running.database.transaction() as db:
        texts = db.rows("select details::text from agenda union all select data::text from events")
    assert len(texts) > 4
    for word in ("aptions", "face me", "person types", "Nobody is free"):
        assert not [text for (text,) in texts if word in text]


def test_what_is_erased_is_on_no_list_and_comes_back_by_no_rebuild(house: House, meeting: str) -> None:
    house.hears(shares(CAPTIONS, words="Please face me."), ANN)
    replies(house, meeting, "online")
    arranged(house, meeting, note="A person types.")
    with house.running.keyring_database.transaction() as db:
        db.execute("delete from subject_keys where subject = %s", str(ANN))
    house.running.keyring._keys.clear()  # what it remembers for some seconds
    house.hears(MemberErased(), ANN)
    assert listed(house, meeting) == []
    with house.running.database.transaction() as db:
        db.execute("update readers set xid = '0', position = 0 where name = 'arrangements'")
        assert db.value(int, "select count(*) from shared_needs") == 0
        assert db.value(int, "select count(*) from agenda where done_at is null") == 0
    house.hears(MemberPaused(), BEN)
    assert listed(house, meeting) == []
    with house.running.keyring_database.transaction() as db:
        assert db.value(int, "select count(*) from subject_keys where subject = %s", str(ANN)) == 0


def reads(house: House) -> list[tuple[str, list[str], list[str]]]:
    rows = house.as_("dilys", "data-protection").get("sensitive-reads").get_json()["items"]
    return [(row["what"], row["of_whom"], row["roles"]) for row in rows]


def test_whoever_reads_what_to_arrange_for_others_is_noted(house: House, meeting: str) -> None:
    for member, account in ((ANN, "ann"), (FAY, "fay")):
        house.hears(shares(CAPTIONS, POLISH), member)
        replies(house, meeting, "online", account)
    house.as_("ann").get("arrangements")
    assert reads(house) == []
    house.as_("fay").get(f"meetings/{meeting}/arrangements")
    assert reads(house) == [("arrangements", [str(ANN)], ["member"])], "her own are nobody's business"
    coordinator(house).get(f"meetings/{meeting}/arrangements?limit=2")
    assert reads(house)[0] == ("arrangements", [str(ANN)], ["coordinator"]), "those alone that are on the page"


def test_whoever_acts_for_a_member_is_noted_when_she_reads_what_is_arranged_for_her(house: House, meeting: str) -> None:
    house.hears(shares(CAPTIONS), ANN)
    replies(house, meeting, "online")
    session = UUID(int=90)
    opened = AssistedSessionOpened(
        member=ANN, account=house.account("carys"), channel="phone", closes_at=house.now + timedelta(minutes=30)
    )
    house.hears(opened, session)
    headers = {"Authorization": f"Bearer {coordinator(house)._token}", "Copse-On-Behalf-Of": str(session)}
    assert house.app.test_client().get("/v1/arrangements", headers=headers).get_json()["items"]
    assert reads(house) == [("arrangements", [str(ANN)], ["coordinator", "assisted-session"])]
