"""A complaint: from anybody, acknowledged within 30 days, looked into and answered."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.membership.domain.complaint import (
    Acknowledge,
    AcknowledgementMissed,
    AcknowledgementNear,
    AnswerComplaint,
    Complain,
    Complaint,
    ComplaintAcknowledged,
    ComplaintAnswered,
    ComplaintInvestigated,
    ComplaintReceived,
    Investigate,
    NoteNotAcknowledged,
    WarnOfAcknowledgement,
)
from shared.messages.decisions import Command
from shared.messages.events import MemberId
from shared.testing.decider import given
from tests.unit.membership.house import House, code_of
from tests.unit.membership.test_rights_request import dilys

ANN = MemberId(UUID(int=1))
RECEIVED = ComplaintReceived(
    person=ANN, known=True, received_on=date(2026, 3, 2), acknowledge_by=date(2026, 4, 1), what="Nobody answered."
)
ACKNOWLEDGED = ComplaintAcknowledged(person=ANN, known=True)
LOOKED_INTO = ComplaintInvestigated(person=ANN, note="A letter was lost.")
ANSWERED = ComplaintAnswered(person=ANN, answer="We are sorry.")


def test_it_is_acknowledged_within_thirty_days_of_the_day_on_which_it_came() -> None:
    given(Complaint).when(Complain(person=ANN, known=True, what="Nobody answered.")).then(RECEIVED)
    later = datetime(2026, 3, 9, 12, tzinfo=UTC)
    wish = Complain(person=ANN, known=True, what="Nobody answered.", received_on=date(2026, 3, 2))
    given(Complaint).when(wish, now=later).then(RECEIVED)
    early = Complain(person=ANN, known=True, what="x", received_on=date(2026, 3, 3))
    given(Complaint).when(early).refuses("not-received-yet")


def test_who_is_not_known_here_must_be_reachable() -> None:
    for name, email in ((None, None), ("Ben", None), (None, "ben@example.org")):
        wish = Complain(person=ANN, known=False, what="x", name=name, email=email)
        given(Complaint).when(wish).refuses("no-way-to-reach")


def test_it_is_acknowledged_looked_into_and_answered_in_this_order() -> None:
    given(Complaint, RECEIVED).when(Acknowledge()).then(ACKNOWLEDGED)
    given(Complaint, RECEIVED, ACKNOWLEDGED).when(Investigate(note="A letter was lost.")).then(LOOKED_INTO)
    given(Complaint, RECEIVED, ACKNOWLEDGED, LOOKED_INTO).when(AnswerComplaint(answer="We are sorry.")).then(ANSWERED)
    given(Complaint, RECEIVED).when(Investigate(note="x")).refuses("not-now")
    given(Complaint, RECEIVED, ACKNOWLEDGED).when(AnswerComplaint(answer="x")).refuses("not-now")


@pytest.mark.parametrize("wish", [Acknowledge(), Investigate(note="x"), AnswerComplaint(answer="x")])
def test_what_was_answered_is_over(wish: Command[Complaint]) -> None:
    given(Complaint, RECEIVED, ACKNOWLEDGED, LOOKED_INTO, ANSWERED).when(wish).refuses("answered")


def test_only_what_waits_is_warned_of() -> None:
    given(Complaint, RECEIVED).when(WarnOfAcknowledgement()).then(AcknowledgementNear())
    given(Complaint, RECEIVED).when(NoteNotAcknowledged()).then(AcknowledgementMissed())
    for timer in (WarnOfAcknowledgement(), NoteNotAcknowledged()):
        given(Complaint, RECEIVED, ACKNOWLEDGED).when(timer).then()


def row(house: House, id: str) -> Any:
    house.settle()
    return dilys(house).get(f"complaints/{id}").get_json()


def act(house: House, id: str, step: str, **body: str) -> None:
    etag = dilys(house).get(f"complaints/{id}").headers["ETag"]
    dilys(house).post(f"complaints/{id}/{step}", body, 200, If_Match=etag)


def test_a_member_complains_and_sees_what_came_of_it_and_not_our_notes(house: House) -> None:
    house.member("ann")
    id = house.as_("ann").post("complaints", {"what": "Nobody answered."}).get_json()["id"]
    act(house, id, "acknowledgement")
    act(house, id, "investigation", note="A letter was lost.")
    act(house, id, "outcome", answer="We are sorry.")
    hers = house.as_("ann").get(f"complaints/{id}").get_json()
    assert hers["status"] == "outcome"
    assert [text for each in hers["history"] for text in each["texts"].values()] == [
        "Nobody answered.",
        "We are sorry.",
    ]
    assert [each["id"] for each in house.as_("ann").get("complaints").get_json()["items"]] == [id]
    for other in (house.coordinator, house.as_("ben")):
        assert other.get("complaints").get_json()["items"] == []
        other.get(f"complaints/{id}", 403)


def test_anybody_complains_without_a_sign_in_and_a_coordinator_takes_it_by_phone(house: House) -> None:
    ann, stranger = house.member("ann"), {"what": "x", "name": "Stan", "email": "stan@example.org"}
    id = house.as_(None).post("complaints", stranger).get_json()["id"]
    assert row(house, id)["known"] is False
    assert row(house, id)["history"][0]["texts"] == stranger
    assert code_of(house.as_(None).post("complaints", {"what": "x"}, 409)) == "no-way-to-reach"
    house.as_(None).post("complaints", {**stranger, "received_on": "2026-02-02"}, 401)
    house.as_("ben").post("complaints", stranger, 403, Copse_Channel="phone")
    taken = {"what": "x", "member_id": str(ann), "received_on": "2026-02-02"}
    hers = house.coordinator.post("complaints", taken, Copse_Channel="phone").get_json()["id"]
    assert (row(house, hers)["known"], row(house, hers)["acknowledge_by"]) == (True, "2026-03-04")
    assert [each["id"] for each in house.as_("ann").get("complaints").get_json()["items"]] == [hers]


def test_the_timer_warns_before_the_thirty_days_are_over(house: House) -> None:
    house.member("ann")
    id = house.as_("ann").post("complaints", {"what": "x"}).get_json()["id"]
    assert (row(house, id)["warned"], row(house, id)["missed"]) == (False, False)
    with house.turned(timedelta(days=24)):
        assert (row(house, id)["warned"], row(house, id)["missed"]) == (True, False)
    with house.turned(timedelta(days=32)):
        assert row(house, id)["missed"] is True
