"""Gathers from the read models what a letter says."""

from typing import TypeVar

from services.notifications.letters.letter import Facts
from services.notifications.projections.deliveries import DeliveryRow
from services.notifications.projections.meetings import meeting, reply_of
from services.notifications.projections.support_requests import fee, offer, support_request
from services.notifications.settings import MailSettings
from shared.database.pool import Transaction
from shared.identity.people import Person, community

T = TypeVar("T")


class NotKnownYet(Exception):
    """What the letter is about has not arrived here yet."""


def facts_for(db: Transaction, delivery: DeliveryRow, addressee: Person, settings: MailSettings) -> Facts:
    """Everything that the letter of a delivery may say. Raises NotKnownYet."""
    row_of_meeting = reply = group = None
    if delivery.meeting_id:
        row_of_meeting = _known(meeting(db, delivery.meeting_id), "meeting")
        reply = reply_of(db, delivery.meeting_id, delivery.member_id)
        group = community(db, row_of_meeting.community_id)
    row_of_fee = _known(fee(db, delivery.claim_id), "claim") if delivery.claim_id else None
    request_id = delivery.request_id or (row_of_fee.request_id if row_of_fee else None)
    request = _known(support_request(db, request_id), "support request") if request_id else None
    return Facts(
        name=addressee.name,
        channel=delivery.channel,
        portal_url=settings.portal_url,
        quick_guide_url=settings.quick_guide_url,
        community=group.name if group else None,
        meeting=row_of_meeting,
        reply=reply,
        request=request,
        offer=offer(db, request_id, delivery.member_id) if request_id else None,
        fee=row_of_fee,
    )


def _known(row: T | None, what: str) -> T:
    if row is None:
        raise NotKnownYet(f"The {what} that this message is about has not arrived here yet.")
    return row
