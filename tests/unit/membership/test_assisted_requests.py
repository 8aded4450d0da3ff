"""Acting for a member through the API: as her and never as oneself, while the session lasts, and on the record."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from services.membership.domain.erasure import AskErasure
from services.membership.domain.purposes import PURPOSES
from shared.messages.clock import Clock
from shared.messages.decisions import Context, Refused, must_be_in_person
from shared.messages.recorded import BEGINNING, Recorded
from shared.testing.decider import NOW
from tests.unit.membership.house import APPLICATION, Caller, House, code_of

PHONE = {**APPLICATION, "name": "Edith", "email": None, "phone": "01632 960141"}


def edith(house: House) -> UUID:
    """A member without email or sign-in, whose application came by phone."""
    body = {name: value for name, value in PHONE.items() if value is not None}
    id = UUID(house.coordinator.post("applications", body, Copse_Channel="phone").get_json()["id"])
    house.coordinator.act(f"applications/{id}/approval", of=f"members/{id}")
    return id


def opening(member: UUID, **changes: object) -> dict[str, object]:
    said = {"member_id": str(member), "reason": "She rang", "channel": "phone", "checked": "called-back"}
    return {**said, **changes}


def opened(house: House, member: UUID, who: Caller | None = None, *, key: str = "") -> str:
    answer = (who or house.coordinator).post("assisted-sessions", opening(member), Idempotency_Key=key or str(uuid4()))
    return str(answer.get_json()["id"])


def last_event(house: House) -> Recorded:
    return house.running.codec.decode(house.running.store.read_all(BEGINNING, 1000)[-1])


def later(house: House, clock: Path, by: timedelta, monkeypatch: pytest.MonkeyPatch) -> None:
    """The requests' clock alone: the worker, who would end the session, sleeps."""
    clock.write_text(str(by.total_seconds()))
    monkeypatch.setattr(house.running, "clock", Clock(str(clock)))


def test_what_is_done_carries_both_ids_the_session_and_the_channel(house: House) -> None:
    member, community = edith(house), house.community()
    session = opened(house, member)
    house.coordinator.post(f"communities/{community}/requests", {}, Copse_On_Behalf_Of=session)
    assert [str(community)] == house.coordinator.get(f"members/{member}").get_json()["communities"]
    metadata = last_event(house).metadata
    assert metadata.actor.startswith("account:")
    assert metadata.on_behalf_of == f"member:{member}"
    assert metadata.session == UUID(session)
    assert metadata.channel == "phone"


def test_whoever_acts_sees_what_the_member_sees_and_may_no_more_than_she(house: House) -> None:
    member, other = edith(house), house.member("ann")
    session = opened(house, member)
    carys = house.coordinator
    assert carys.get("me", Copse_On_Behalf_Of=session).get_json()["id"] == str(member)
    assert carys.get(f"members/{member}", Copse_On_Behalf_Of=session).get_json()["name"] == "Edith"
    carys.get(f"members/{other}", 403, Copse_On_Behalf_Of=session)
    carys.get("members", 403, Copse_On_Behalf_Of=session)
    carys.post("communities", {"name": "Mine", "kind": "community", "about": "x"}, 403, Copse_On_Behalf_Of=session)
    carys.post("assisted-sessions", opening(other), 403, Copse_On_Behalf_Of=session)
    carys.get("members")


def test_nobody_agrees_to_the_ground_rules_for_another(house: House) -> None:
    member = edith(house)
    session = opened(house, member)
    rules = {"ground_rules": house.as_(None).get("ground-rules").get_json()["version"]}
    path = f"members/{member}"
    acted = house.coordinator.act(f"{path}/activation", rules, of=path, expect=409, Copse_On_Behalf_Of=session)
    assert code_of(acted) == "only-in-person"
    house.coordinator.act(f"{path}/activation", rules, of=path, Copse_Channel="phone")


def test_a_session_is_its_owners_alone(house: House) -> None:
    member = edith(house)
    session = opened(house, member)
    other = house.as_("cora", "coordinator")
    for unknown in (session, str(uuid4())):
        assert code_of(other.get("me", 409, Copse_On_Behalf_Of=unknown)) == "session-not-known"
    other.post(f"assisted-sessions/{session}/end", {}, 404)
    other.get(f"assisted-sessions/{session}", 404)
    demoted = house.as_("carys")
    assert code_of(demoted.get("me", 403, Copse_On_Behalf_Of=session)) == "not-allowed"
    assert code_of(house.as_(None).get("ground-rules", 401, Copse_On_Behalf_Of=session)) == "sign-in-needed"
    assert code_of(house.coordinator.get("me", 400, Copse_On_Behalf_Of="hers")) == "bad-session"


def test_an_ended_session_is_over_even_where_no_sign_in_is_needed(house: House) -> None:
    session = opened(house, edith(house))
    house.coordinator.post(f"assisted-sessions/{session}/end", {}, 200)
    house.coordinator.post(f"assisted-sessions/{session}/end", {}, 200)
    for path in ("me", "ground-rules"):
        assert code_of(house.coordinator.get(path, 403, Copse_On_Behalf_Of=session)) == "session-over"


def test_after_half_an_hour_it_is_over_whether_or_not_its_end_was_heard_of(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = edith(house)
    session, carys = opened(house, member), house.coordinator
    later(house, tmp_path / "clock", timedelta(minutes=29), monkeypatch)
    carys.get("me", Copse_On_Behalf_Of=session)
    later(house, tmp_path / "clock", timedelta(minutes=30, seconds=1), monkeypatch)
    assert code_of(carys.get("me", 403, Copse_On_Behalf_Of=session)) == "session-over"
    assert carys.get(f"assisted-sessions/{session}").get_json()["ended_at"] is None
    opened(house, member)  # a session whose time is up stands in nobody's way
    monkeypatch.setattr(house._agenda, "_clock", house.running.clock)
    house.settle()
    assert carys.get(f"assisted-sessions/{session}").get_json()["because"] in ("ran-out", "another-opened")


def test_one_session_at_a_time(house: House) -> None:
    member = edith(house)
    first = opened(house, member, key="one")
    refused = house.coordinator.post("assisted-sessions", opening(house.member("ann")), 409)
    assert code_of(refused) == "already-acting"
    assert opened(house, member, key="one") == first, "a double click is one session"
    house.coordinator.post(f"assisted-sessions/{first}/end", {}, 200)
    assert opened(house, member) != first


def test_keys_of_the_coordinator_and_of_the_session_stay_apart(house: House) -> None:
    member, community = edith(house), house.community()
    carys_herself = house.member("carys")
    session = opened(house, member)
    path = f"communities/{community}/requests"
    house.coordinator.post(path, {}, Idempotency_Key="k")
    answered = house.coordinator.post(path, {}, Idempotency_Key="k", Copse_On_Behalf_Of=session)
    assert "Idempotency-Replayed" not in answered.headers
    for each in (member, carys_herself):
        assert house.coordinator.get(f"members/{each}").get_json()["communities"] == [str(community)]


@pytest.mark.parametrize("step", ["pause", "departure"])
def test_a_session_ends_when_the_member_pauses_or_leaves(house: House, step: str) -> None:
    member = edith(house)
    session, path = opened(house, member), f"members/{member}"
    house.coordinator.act(f"{path}/{step}", of=path, Copse_On_Behalf_Of=session)
    assert house.coordinator.get(f"assisted-sessions/{session}").get_json()["because"] == "member-gone"
    assert code_of(house.coordinator.get("me", 403, Copse_On_Behalf_Of=session)) == "session-over"
    assert code_of(house.coordinator.post("assisted-sessions", opening(member), 409)) == "not-taking-part"


def test_a_member_who_refuses_help_is_left_alone(house: House) -> None:
    member = house.member("ann")
    session = opened(house, member)
    house.as_("ann").put(f"members/{member}/help", {"accepted": False})
    assert house.coordinator.get(f"assisted-sessions/{session}").get_json()["because"] == "member-gone"
    assert house.as_("ann").get(f"members/{member}/help").get_json() == {"accepted": False}
    assert code_of(house.coordinator.post("assisted-sessions", opening(member), 409)) == "help-refused"
    house.as_("ben").put(f"members/{member}/help", {"accepted": True}, 403)
    house.as_("ann").put(f"members/{member}/help", {"accepted": True})
    opened(house, member)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"reason": ""}, 422),
        ({"channel": "carrier-pigeon"}, 422),
        ({"channel": "web"}, 409),
        ({"checked": "trust-me"}, 422),
        ({"member_id": "edith"}, 422),
        ({"until": "2030-01-01"}, 422),
    ],
)
def test_a_bad_opening_opens_nothing(house: House, changes: dict[str, object], status: int) -> None:
    house.coordinator.post("assisted-sessions", opening(edith(house), **changes), status)
    assert house.coordinator.get("assisted-sessions").get_json()["items"] == []


def test_an_unknown_member_and_oneself_are_refused(house: House) -> None:
    house.coordinator.post("assisted-sessions", opening(uuid4()), 404)
    assert code_of(house.coordinator.post("assisted-sessions", opening(house.member("carys")), 409)) == "yourself"
    house.as_("ann").post("assisted-sessions", opening(edith(house)), 403)


def test_coordinators_see_their_own_sessions_and_data_protection_sees_all(house: House) -> None:
    member = edith(house)
    mine, other = opened(house, member), house.as_("cora", "coordinator")
    hers = opened(house, member, other)

    def listed(who: Caller) -> list[str]:
        return [row["id"] for row in who.get("assisted-sessions").get_json()["items"]]

    assert listed(house.coordinator) == [mine]
    assert listed(other) == [hers]
    officer = house.as_("dora", "data-protection")
    assert listed(officer) == [hers, mine]
    [_, row] = officer.get("assisted-sessions").get_json()["items"]
    assert (row["member_name"], row["reason"], row["checked"]) == ("Edith", "She rang", "called-back")
    officer.post("assisted-sessions", opening(member), 403)
    house.as_("ann").get("assisted-sessions", 403)


def test_the_reason_is_sealed_under_the_members_key(house: House) -> None:
    member = edith(house)
    session = opened(house, member)
    [stored] = [each for each in house.running.store.read_all(BEGINNING, 1000) if session in each.stream]
    assert "She rang" not in stored.data
    assert f"sealed:{member}:" in stored.data


def test_a_phone_member_takes_her_record_over(house: House) -> None:
    member, community = edith(house), house.community()
    session = opened(house, member)
    house.coordinator.post(f"communities/{community}/requests", {}, Copse_On_Behalf_Of=session)
    made = house.coordinator.post(f"members/{member}/account-invitation", {}).get_json()
    assert len(made["code"].replace("-", "")) == 16
    assert made["code"] not in str([each.data for each in house.running.store.read_all(BEGINNING, 1000)])
    house.coordinator.post("me/record", {"code": made["code"]}, 409)
    house.coordinator.post("me/record", {"code": made["code"]}, 403, Copse_On_Behalf_Of=session)
    assert code_of(house.as_("edith").post("me/record", {"code": "AAAA"}, 409)) == "code-not-known"
    house.as_("edith").post("me/record", {"code": made["code"].lower().replace("-", " ")}, 200)
    me = house.as_("edith").get("me").get_json()
    assert (me["id"], me["communities"]) == (str(member), [str(community)])
    house.as_("thief").post("me/record", {"code": made["code"]}, 409)
    again = house.coordinator.post(f"members/{member}/account-invitation", {}, 409)
    assert code_of(again) == "has-an-account"


def test_who_has_a_record_takes_over_no_other(house: House) -> None:
    member = edith(house)
    house.member("ann")
    code = house.coordinator.post(f"members/{member}/account-invitation", {}).get_json()["code"]
    assert code_of(house.as_("ann").post("me/record", {"code": code}, 409)) == "has-a-record"


def test_of_the_consents_only_that_to_be_a_member_is_her_own_alone(house: House) -> None:
    member = edith(house)
    session = opened(house, member)
    now = {name: {"wording": purpose.current.version} for name, purpose in PURPOSES.items()}
    path = f"members/{member}/consents"
    refused = house.coordinator.put(f"{path}/membership", now["membership"], 409, Copse_On_Behalf_Of=session)
    assert code_of(refused) == "only-in-person"
    house.coordinator.put(f"{path}/newsletter", now["newsletter"], Copse_On_Behalf_Of=session)
    metadata = last_event(house).metadata
    assert (metadata.session, metadata.on_behalf_of) == (UUID(session), f"member:{member}")
    house.coordinator.put(f"{path}/membership", now["membership"], Copse_Channel="phone")


@pytest.mark.parametrize("right", ["access", "objection", "erasure"])
def test_a_request_about_data_is_taken_in_a_session_and_waits_for_the_identity_check(house: House, right: str) -> None:
    member = edith(house)
    session = opened(house, member)
    asked = {"right": right, "purpose": "the newsletter"}
    made = house.coordinator.post("rights-requests", asked, Copse_On_Behalf_Of=session).get_json()["id"]
    shown = house.as_("dora", "data-protection").get(f"rights-requests/{made}").get_json()
    assert (shown["member_id"], shown["status"], shown["channel"]) == (str(member), "received", "phone")
    assert shown["identity"] is None, "she did not sign in"


def test_a_complaint_is_taken_in_a_session(house: House) -> None:
    member = edith(house)
    session = opened(house, member)
    made = house.coordinator.post("complaints", {"what": "Nobody called."}, Copse_On_Behalf_Of=session)
    shown = house.as_("dora", "data-protection").get(f"complaints/{made.get_json()['id']}").get_json()
    assert (shown["known"], shown["channel"]) == (True, "phone")
    assert last_event(house).metadata.session == UUID(session)


def test_nobody_begins_an_erasure_for_another() -> None:
    context = Context(
        now=NOW, actor="account:1", correlation_id=uuid4(), on_behalf_of=f"member:{uuid4()}", session=uuid4()
    )
    with pytest.raises(Refused, match="Nobody can do this for somebody else"):
        must_be_in_person(AskErasure(), context)
