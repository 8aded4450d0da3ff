"""A rights request and its clock: the rules, the timers, who reads what, and what a restriction does."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.membership.domain.member import (
    LiftRestriction,
    Member,
    MemberErased,
    MemberPaused,
    ProcessingRestricted,
    RestrictionLifted,
    RestrictProcessing,
)
from services.membership.domain.months import months_after
from services.membership.domain.rights_request import (
    AskForRight,
    Assess,
    CarryOut,
    CheckIdentity,
    ClockPaused,
    ClockResumed,
    DeadlineMissed,
    DeadlineNear,
    EndByErasure,
    ExtendTime,
    IdentityCheck,
    IdentityChecked,
    NoteMissed,
    PauseClock,
    RefusePart,
    Report,
    RequestActioned,
    RequestAssessed,
    RequestEndedByErasure,
    RequestPartRefused,
    RequestReported,
    RequestStatus,
    ResumeClock,
    Right,
    RightsRequest,
    RightsRequestReceived,
    TimeExtended,
    WarnOfDeadline,
)
from services.membership.domain.taking_part import Return
from shared.messages.decisions import Channel
from shared.messages.events import MemberId
from shared.testing.decider import given
from tests.unit.membership.house import Caller, House, code_of
from tests.unit.membership.test_member import approved
from tests.unit.membership.test_member import received as application_received

ANN = MemberId(UUID(int=1))
APPLIED, APPROVED = application_received(), approved()
JAN_31, DUE = date(2026, 1, 31), date(2026, 2, 28)


def received(right: Right = Right.ACCESS, **changes: Any) -> RightsRequestReceived:
    return RightsRequestReceived(**{"member": ANN, "right": right, "received_on": JAN_31, "due_on": DUE, **changes})


CHECKED = IdentityChecked(how=IdentityCheck.CALLED_BACK)
ASSESSED = RequestAssessed(member=ANN, note="Fine.")


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "months", "due"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 3, 31), 1, date(2026, 4, 30)),
        (date(2026, 12, 31), 1, date(2027, 1, 31)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 5, 15), 1, date(2026, 6, 15)),
    ],
)
def test_a_month_is_a_calendar_month_and_ends_with_it(day: date, months: int, due: date) -> None:
    assert months_after(day, months) == due


def test_the_clock_begins_on_the_day_of_receipt() -> None:
    wish = AskForRight(member=ANN, right=Right.ACCESS, received_on=JAN_31)
    given(RightsRequest).when(wish, now=at(date(2026, 2, 3))).then(received())
    given(RightsRequest).when(AskForRight(member=ANN, right=Right.ACCESS, signed_in=True), now=at(JAN_31)).then(
        received(), IdentityChecked(how=IdentityCheck.SIGNED_IN)
    )
    given(RightsRequest).when(wish, now=at(date(2026, 1, 30))).refuses("not-received-yet")


def test_an_objection_says_to_what_and_a_correction_what_is_wrong() -> None:
    given(RightsRequest).when(AskForRight(member=ANN, right=Right.OBJECTION)).refuses("no-purpose")
    given(RightsRequest).when(AskForRight(member=ANN, right=Right.RECTIFICATION)).refuses("no-details")


def test_the_clock_stops_while_she_is_asked_and_the_days_are_added() -> None:
    paused = ClockPaused(member=ANN, paused_on=date(2026, 2, 10), question="Which year?")
    asked = given(RightsRequest, received(), CHECKED)
    asked.when(PauseClock(question="Which year?"), now=at(date(2026, 2, 10))).then(paused)
    waiting = given(RightsRequest, received(), CHECKED, paused)
    waiting.when(ResumeClock(), now=at(date(2026, 2, 17))).then(
        ClockResumed(resumed_on=date(2026, 2, 17), due_on=date(2026, 3, 7))
    )
    waiting.when(NoteMissed(due_on=DUE)).then()
    waiting.when(Assess(note="x")).refuses("clock-paused")
    for right in (Right.ERASURE, Right.RECTIFICATION):
        given(RightsRequest, received(right), CHECKED).when(PauseClock(question="?")).refuses("clock-goes-on")


def test_the_time_is_extended_once_by_two_months_within_the_first() -> None:
    extended = TimeExtended(member=ANN, due_on=date(2026, 4, 30), reason="Four services.")
    given(RightsRequest, received(), CHECKED).when(ExtendTime(reason="Four services."), now=at(DUE)).then(extended)
    given(RightsRequest, received()).when(ExtendTime(reason="x"), now=at(date(2026, 3, 1))).refuses("too-late")
    given(RightsRequest, received(), extended).when(ExtendTime(reason="x"), now=at(DUE)).refuses("extended-before")


def test_only_what_was_checked_and_assessed_is_answered_and_then_reported() -> None:
    given(RightsRequest, received()).when(CheckIdentity(how=IdentityCheck.CALLED_BACK)).then(CHECKED)
    given(RightsRequest, received()).when(Assess(note="x")).refuses("identity-not-checked")
    given(RightsRequest, received(), CHECKED).when(CarryOut(done="x")).refuses("not-now")
    given(RightsRequest, received(), CHECKED).when(Assess(note="Fine.")).then(ASSESSED)
    done = RequestActioned(member=ANN, right=Right.ACCESS, done="Sent.")
    given(RightsRequest, received(), CHECKED, ASSESSED).when(CarryOut(done="Sent.")).then(done)
    refused = RequestPartRefused(member=ANN, right=Right.ACCESS, reason="About somebody else.")
    given(RightsRequest, received(), CHECKED, ASSESSED).when(RefusePart(reason="About somebody else.")).then(refused)
    for end, outcome in ((done, RequestStatus.ACTIONED), (refused, RequestStatus.PART_REFUSED)):
        told = RequestReported(member=ANN, outcome=outcome, answer="Here it is.")
        given(RightsRequest, received(), CHECKED, ASSESSED, end).when(Report(answer="Here it is.")).then(told)
        over = given(RightsRequest, received(), CHECKED, ASSESSED, end, told)
        for wish in (Report(answer="x"), Assess(note="x"), ExtendTime(reason="x")):
            over.when(wish).refuses("answered")
    erasure = given(RightsRequest, received(Right.ERASURE), CHECKED, ASSESSED)
    erasure.when(CarryOut(done="x")).refuses("erase-her")


def test_warnings_are_of_the_day_that_is_due_now() -> None:
    open_now = given(RightsRequest, received(), CHECKED)
    open_now.when(WarnOfDeadline(due_on=DUE)).then(DeadlineNear(due_on=DUE))
    open_now.when(NoteMissed(due_on=DUE)).then(DeadlineMissed(due_on=DUE))
    later = TimeExtended(member=ANN, due_on=date(2026, 4, 30), reason="x")
    given(RightsRequest, received(), later).when(NoteMissed(due_on=DUE)).then()
    told = RequestReported(member=ANN, outcome=RequestStatus.ACTIONED, answer="x")
    given(RightsRequest, received(), CHECKED, told).when(WarnOfDeadline(due_on=DUE)).then()


def test_erasure_ends_what_is_open() -> None:
    given(RightsRequest, received(Right.ERASURE), CHECKED).when(EndByErasure()).then(RequestEndedByErasure())
    told = RequestReported(member=ANN, outcome=RequestStatus.ACTIONED, answer="x")
    given(RightsRequest, received(), CHECKED, told).when(EndByErasure()).then()


def test_a_restriction_is_a_break_that_only_its_lifting_can_end() -> None:
    given(Member, APPLIED, APPROVED).when(RestrictProcessing()).then(ProcessingRestricted(), MemberPaused())
    given(Member, APPLIED, APPROVED, MemberPaused()).when(RestrictProcessing()).then(ProcessingRestricted())
    kept = (APPLIED, APPROVED, ProcessingRestricted(), MemberPaused())
    given(Member, *kept).when(RestrictProcessing()).then()
    given(Member, *kept).when(Return()).refuses("restricted")
    given(Member, *kept).when(LiftRestriction()).then(RestrictionLifted())
    given(Member, APPLIED, APPROVED).when(LiftRestriction()).refuses("not-restricted")
    given(Member, APPLIED).when(RestrictProcessing()).then()


PATH = "rights-requests"


def dilys(house: House) -> Caller:
    return house.as_("dilys", "data-protection")


def act(house: House, id: str, step: str, expect: int = 200, **body: str) -> None:
    etag = dilys(house).get(f"{PATH}/{id}").headers["ETag"]
    dilys(house).post(f"{PATH}/{id}/{step}", body, expect, If_Match=etag)


def test_her_own_request_from_asking_to_the_answer(house: House) -> None:
    ann = house.member("ann")
    id = house.as_("ann").post(PATH, {"right": "restriction", "details": "Until it is put right."}).get_json()["id"]
    act(house, id, "assessment", note="She may ask this.")
    act(house, id, "action", done="Only kept from today on.")
    assert house.coordinator.get(f"people/{ann}").get_json()["standing"] == "paused", "every service follows a pause"
    path = f"members/{ann}"
    assert code_of(house.coordinator.act(f"{path}/return", of=path, expect=409)) == "restricted"
    act(house, id, "report", answer="We only keep your data now.")
    hers = house.as_("ann").get(f"{PATH}/{id}").get_json()
    assert (hers["status"], hers["outcome"], hers["identity"]) == ("reported", "actioned", "signed-in")
    assert {name for each in hers["history"] for name in each["texts"]} == {"details", "answer"}
    house.as_("ann").delete(f"{path}/restriction")
    house.as_("ann").act(f"{path}/return", of=path)
    assert house.coordinator.get(f"people/{ann}").get_json()["standing"] == "active"


def test_who_asks_for_whom_and_who_reads_it(house: House) -> None:
    ann, _ben = house.member("ann"), house.member("ben")
    taken = {"right": "access", "member_id": str(ann), "received_on": "2026-02-02"}
    assert code_of(house.as_("ben").post(PATH, taken, 403)) == "not-allowed"
    id = house.coordinator.post(PATH, taken, Copse_Channel=str(Channel.POST)).get_json()["id"]
    row = dilys(house).get(f"{PATH}/{id}").get_json()
    assert (row["name"], row["status"], row["due_on"], row["channel"]) == ("Ann", "received", "2026-03-02", "post")
    for other in (house.coordinator, house.as_("ben")):
        other.get(f"{PATH}/{id}", 403)
        assert other.get(PATH).get_json()["items"] == []
    assert [each["id"] for each in house.as_("ann").get(PATH).get_json()["items"]] == [id]
    [read] = [
        each for each in dilys(house).get("sensitive-reads").get_json()["items"] if each["what"] == "rights-request"
    ]
    assert read["of_whom"] == [str(ann)]
    assert code_of(house.as_("nobody").post(PATH, {"right": "access"}, 404)) == "not-linked"
    unknown = {"right": "access", "member_id": str(UUID(int=9))}
    assert code_of(house.coordinator.post(PATH, unknown, 422)) == "invalid"


def test_the_clock_warns_a_week_before_and_notes_what_was_missed(house: House) -> None:
    house.member("ann")
    id = house.as_("ann").post(PATH, {"right": "access"}).get_json()["id"]
    assert flags(house, id) == (False, False)
    with house.turned(timedelta(days=26)):
        assert flags(house, id) == (True, False)
    with house.turned(timedelta(days=33)):
        assert flags(house, id) == (True, True)


def flags(house: House, id: str) -> tuple[bool, bool]:
    house.settle()
    row = dilys(house).get(f"{PATH}/{id}").get_json()
    return row["warned"], row["missed"]


def test_an_erasure_ends_her_open_requests(house: House) -> None:
    ann = house.member("ann")
    ids = [house.as_("ann").post(PATH, {"right": right}).get_json()["id"] for right in ("erasure", "portability")]
    house.happened(Member.stream(ann), MemberErased())
    assert {dilys(house).get(f"{PATH}/{id}").get_json()["status"] for id in ids} == {"ended-by-erasure"}
