"""Where a member stands, through the API: whose wish counts, two at once, and what is refused."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from services.membership.domain.joining import Approve
from services.membership.domain.member import Member, MemberApproved
from shared.messages.decisions import Context, Refused
from shared.messages.ids import uuid7
from tests.unit.membership.house import APPLICATION, House, code_of


def applied(house: House, account: str | None = "ann") -> UUID:
    return UUID(house.as_(account).post("applications", APPLICATION).get_json()["id"])


def standing_of(house: House, id: UUID) -> str:
    return str(house.coordinator.get(f"members/{id}").get_json()["standing"])


def agreement(house: House) -> dict[str, str]:
    return {"ground_rules": house.as_(None).get("ground-rules").get_json()["version"]}


def test_from_the_application_to_leaving(house: House) -> None:
    id, ann, carys = applied(house), house.as_("ann"), house.coordinator
    path = f"members/{id}"
    carys.act(f"applications/{id}/conversation", {"note": "Which village?"}, of=path)
    assert carys.get("applications").get_json()["items"][0]["standing"] == "needs-conversation"
    assert carys.get(path).get_json()["note"] == "Which village?"
    assert "note" not in ann.get(path).get_json(), "what we think before we decide is not for the applicant's page"
    carys.act(f"applications/{id}/approval", of=path)
    assert standing_of(house, id) == "approved"
    ann.act(f"{path}/activation", agreement(house), of=path)
    assert standing_of(house, id) == "active"
    ann.act(f"{path}/pause", of=path)
    assert standing_of(house, id) == "paused"
    ann.act(f"{path}/return", of=path)
    assert standing_of(house, id) == "active"
    ann.act(f"{path}/departure", of=path)
    assert standing_of(house, id) == "left"
    assert code_of(ann.act(f"{path}/departure", of=path, expect=409)) == "already-left"


def test_who_takes_a_break_or_has_left_is_no_member_to_any_route(house: House) -> None:
    id, ann = house.member("ann"), house.as_("ann")
    known = f"people/{id}"
    assert house.coordinator.get(known).get_json()["standing"] == "active"
    ann.act(f"members/{id}/pause", of=f"members/{id}")
    assert house.coordinator.get(known).get_json()["standing"] == "paused"
    ann.get("me")
    ann.act(f"members/{id}/return", of=f"members/{id}")
    assert house.coordinator.get(known).get_json()["standing"] == "active"
    ann.act(f"members/{id}/departure", of=f"members/{id}")
    assert house.coordinator.get(known).get_json()["standing"] == "left"


def test_who_left_may_ask_to_join_again(house: House) -> None:
    id, ann = house.member("ann"), house.as_("ann")
    assert code_of(ann.post("applications", APPLICATION, expect=409)) == "applied-before"
    ann.act(f"members/{id}/pause", of=f"members/{id}")
    assert code_of(ann.post("applications", APPLICATION, expect=409)) == "applied-before"
    ann.act(f"members/{id}/departure", of=f"members/{id}")
    again = ann.post("applications", APPLICATION).get_json()["id"]
    assert ann.get("me").get_json()["id"] == again != str(id)


@pytest.mark.parametrize("wish", ["activation", "pause", "return", "departure"])
def test_nobody_moves_somebody_else(house: House, wish: str) -> None:
    id = house.member("ann")
    house.member("ben")
    body = agreement(house) if wish == "activation" else {}
    house.as_("ben").act(f"members/{id}/{wish}", body, of=f"members/{id}", expect=403)
    house.as_(None).act(f"members/{id}/{wish}", body, of=f"members/{id}", expect=401)
    assert standing_of(house, id) == "approved"


def test_a_coordinator_who_was_told_on_the_phone_does_it_for_her(house: House) -> None:
    id = applied(house, None)
    path = f"members/{id}"
    house.coordinator.act(f"applications/{id}/approval", of=path)
    house.coordinator.act(f"{path}/pause", of=path, Copse_Channel="phone")
    recorded = house.running.codec.decode(house.running.store.read(Member.stream(id))[-1])
    assert recorded.metadata.channel == "phone"
    assert standing_of(house, id) == "paused"


def test_a_change_needs_the_version_that_was_seen(house: House) -> None:
    id, ann = house.member("ann"), house.as_("ann")
    ann.post(f"members/{id}/pause", {}, expect=428)
    ann.post(f"members/{id}/pause", {}, expect=412, If_Match='"1"')
    assert standing_of(house, id) == "approved"


def test_an_applicant_takes_her_application_back_and_then_nobody_approves_it(house: House) -> None:
    id = applied(house)
    house.as_("ben").act(f"applications/{id}/withdrawal", of=f"members/{id}", expect=403)
    house.as_("ann").act(f"applications/{id}/withdrawal", of=f"members/{id}")
    assert house.coordinator.get("applications").get_json()["items"] == []
    assert code_of(house.coordinator.act(f"applications/{id}/approval", of=f"members/{id}", expect=409)) == "withdrawn"


def test_of_two_approvals_at_once_one_counts(house: House) -> None:
    id = applied(house)
    etag = house.coordinator.get(f"members/{id}").headers["ETag"]

    def approves(_: int) -> str:
        context = Context(now=house.running.clock.now(), actor="account:carys", correlation_id=uuid7())
        try:
            house.running.commands.handle(id, Approve(), context)
        except Refused as refused:
            return refused.code
        return "approved"

    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(pool.map(approves, range(8)))
    assert outcomes == ["already-decided"] * 7 + ["approved"]
    stored = [house.running.codec.decode(each).event for each in house.running.store.read(Member.stream(id))]
    assert [type(each) for each in stored].count(MemberApproved) == 1
    house.coordinator.post(f"applications/{id}/approval", {}, expect=412, If_Match=etag)


def test_the_reason_of_a_refusal_is_there_for_both(house: House) -> None:
    id = applied(house)
    house.coordinator.act(f"applications/{id}/refusal", {}, of=f"members/{id}", expect=422)
    house.coordinator.act(f"applications/{id}/refusal", {"reason": "This is for Kent."}, of=f"members/{id}")
    assert standing_of(house, id) == "declined"
    assert house.as_("ann").get("me").get_json()["reason"] == "This is for Kent."


def test_several_stakeholder_groups_are_kept(house: House) -> None:
    body = {**APPLICATION, "also": ["researcher", "unpaid-carer"]}
    id = house.as_("ann").post("applications", body).get_json()["id"]
    shown = house.coordinator.get(f"members/{id}").get_json()
    assert (shown["stakeholder_group"], shown["also"]) == ("unpaid-carer", ["researcher"])
    house.as_("ben").post("applications", {**APPLICATION, "also": ["emperor"]}, expect=422)


def test_a_new_member_sees_her_first_steps_and_what_is_done(house: House) -> None:
    id, ann = house.member("ann"), house.as_("ann")

    def done() -> dict[str, bool]:
        return {item["step"]: item["done"] for item in ann.get("me").get_json()["onboarding"]}

    assert done() == dict.fromkeys(["quick-guide", "ground-rules", "contact-details", "community"], False)
    for _ in range(2):
        ann.post(f"members/{id}/onboarding", {"step": "quick-guide"}, expect=200)
    ann.post(f"members/{id}/onboarding", {"step": "ground-rules"}, expect=422)
    house.as_("ben").post(f"members/{id}/onboarding", {"step": "contact-details"}, expect=403)
    assert [step for step, is_done in done().items() if is_done] == ["quick-guide"]
    ann.act(f"members/{id}/activation", agreement(house), of=f"members/{id}")
    ann.post(f"communities/{house.community()}/requests", {})
    assert [step for step, is_done in done().items() if not is_done] == ["contact-details"]
