"""The rules of a delivery: queued once, sent or handed over once, done by hand where no mail goes."""

from uuid import UUID

import pytest

from services.notifications.domain.delivery import (
    CancelDelivery,
    Channel,
    Delivery,
    DeliveryCancelled,
    DeliveryDoneByHand,
    DeliveryFailed,
    DeliveryHandedOver,
    DeliveryQueued,
    DeliverySent,
    HandOver,
    Kind,
    MarkDoneByHand,
    QueueDelivery,
    RecordFailed,
    RecordSent,
    delivery_id,
)
from shared.messages.events import MemberId
from shared.testing.decider import given

ANN, BEN = MemberId(UUID(int=1)), MemberId(UUID(int=2))
MEETING, OTHER_MEETING = UUID(int=10), UUID(int=11)
SENT = DeliverySent(member=ANN, subject="Welcome", body="Dear Ann")
FAILED = DeliveryFailed(member=ANN, reason="The mail server refused the address of this member for good (code 550).")


def queued(channel: Channel = Channel.EMAIL) -> DeliveryQueued:
    return DeliveryQueued(member=ANN, kind=Kind.MEETING_INVITATION, channel=channel, meeting=MEETING)


def test_a_letter_is_queued_with_what_it_is_about() -> None:
    given(Delivery).when(
        QueueDelivery(member=ANN, kind=Kind.MEETING_INVITATION, channel=Channel.EMAIL, meeting=MEETING)
    ).then(queued())


def test_a_mail_that_the_server_took_is_sent() -> None:
    given(Delivery, queued()).when(RecordSent(subject="Welcome", body="Dear Ann")).then(SENT)


def test_a_mail_that_is_sent_stays_sent_when_it_goes_out_again_after_a_crash() -> None:
    given(Delivery, queued(), SENT).when(RecordSent(subject="Welcome", body="Dear Ann")).then()
    given(Delivery, queued(), SENT).when(RecordFailed(reason="The mail server does not answer.")).then()


def test_a_mail_that_no_address_takes_has_failed() -> None:
    given(Delivery, queued()).when(RecordFailed(reason=FAILED.reason)).then(FAILED)


@pytest.mark.parametrize("channel", [Channel.PHONE, Channel.POST])
def test_a_letter_for_phone_or_post_is_done_by_hand(channel: Channel) -> None:
    given(Delivery, queued(channel)).when(MarkDoneByHand(note="Spoke to her")).then(
        DeliveryDoneByHand(member=ANN, note="Spoke to her")
    )


def test_a_member_who_turns_out_to_have_no_email_is_called_or_written_to() -> None:
    given(Delivery, queued()).when(HandOver(channel=Channel.POST)).then(DeliveryHandedOver(channel=Channel.POST))
    given(Delivery, queued(), DeliveryHandedOver(channel=Channel.POST)).when(MarkDoneByHand()).then(
        DeliveryDoneByHand(member=ANN)
    )


def test_a_letter_is_not_handed_over_to_email() -> None:
    given(Delivery, queued()).when(HandOver(channel=Channel.EMAIL)).refuses("not-by-hand")


def test_what_email_could_not_bring_a_coordinator_may_bring() -> None:
    given(Delivery, queued(), FAILED).when(MarkDoneByHand()).then(DeliveryDoneByHand(member=ANN))


def test_a_mail_that_goes_by_itself_is_not_done_by_hand() -> None:
    given(Delivery, queued()).when(MarkDoneByHand()).refuses("still-queued")
    given(Delivery, queued(), SENT).when(MarkDoneByHand()).refuses("sent-already")


def test_done_by_hand_twice_is_done_once() -> None:
    given(Delivery, queued(Channel.POST), DeliveryDoneByHand(member=ANN)).when(MarkDoneByHand()).then()


def test_nobody_is_written_to_twice_for_one_thing() -> None:
    invitation = delivery_id(ANN, Kind.MEETING_INVITATION, meeting=MEETING)
    assert invitation == delivery_id(ANN, Kind.MEETING_INVITATION, meeting=MEETING)
    others = [
        delivery_id(BEN, Kind.MEETING_INVITATION, meeting=MEETING),
        delivery_id(ANN, Kind.MEETING_INVITATION, meeting=OTHER_MEETING),
        delivery_id(ANN, Kind.REPLY_CONFIRMED, meeting=MEETING),
        delivery_id(ANN, Kind.MEETING_INVITATION, meeting=MEETING, occasion=UUID(int=30)),
    ]
    assert len({invitation, *others}) == 5


@pytest.mark.parametrize("waiting", [queued(), queued(Channel.POST)])
def test_what_waits_for_somebody_who_was_erased_is_cancelled(waiting: DeliveryQueued) -> None:
    given(Delivery, waiting).when(CancelDelivery()).then(DeliveryCancelled())
    given(Delivery, waiting, DeliveryCancelled()).when(CancelDelivery()).then()
    given(Delivery, waiting, DeliveryCancelled()).when(MarkDoneByHand()).refuses("cancelled")
    given(Delivery, waiting, DeliveryCancelled()).when(RecordSent(subject="Welcome", body="Dear Ann")).then()


def test_what_was_sent_is_not_cancelled_and_says_whom_it_quotes() -> None:
    given(Delivery, queued()).when(RecordSent(subject="Welcome", body="Dear Ann", quoted=(BEN,))).then(
        DeliverySent(member=ANN, subject="Welcome", body="Dear Ann", quoted=(BEN,))
    )
    given(Delivery, queued(), SENT).when(CancelDelivery()).then()
