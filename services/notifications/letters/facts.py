"""Gathers from the read models what a letter says."""

from collections.abc import Mapping
from typing import Final

from services.notifications.domain.delivery import DeliveryQueued, Kind
from services.notifications.letters.help import help_given
from services.notifications.letters.letter import Facts
from services.notifications.projections.meetings import meeting, reply_of
from services.notifications.projections.refusals import refusal
from services.notifications.projections.support_requests import fee, offer, support_request
from services.notifications.settings import MailSettings
from shared.database.pool import Transaction
from shared.identity.people import Person, community

NEEDED: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.WELCOME: (),
    Kind.APPLICATION_DECLINED: ("reason",),
    Kind.GOODBYE: (),
    Kind.MEETING_INVITATION: ("meeting",),
    Kind.REPLY_CONFIRMED: ("meeting", "reply"),
    Kind.PLACE_FREED: ("meeting", "reply"),
    Kind.REVIEW_OFFER: ("request", "offer"),
    Kind.REVIEWS_RELEASED: ("request",),
    Kind.WHAT_WE_CHANGED: ("request",),
    Kind.CLAIM_ACCRUED: ("fee", "request"),
    Kind.DONE_FOR_YOU: ("help",),
}
"""The facts without which a letter of a kind cannot be written."""


class NotKnownYet(Exception):
    """What the letter is about has not arrived here yet."""


def facts_for(db: Transaction, asked: DeliveryQueued, addressee: Person, settings: MailSettings) -> Facts:
    """Everything that the letter of a delivery may say. Raises NotKnownYet."""
    about = meeting(db, asked.meeting) if asked.meeting else None
    group = community(db, about.community_id) if about else None
    earned = fee(db, asked.claim) if asked.claim else None
    request_id = earned.request_id if earned else asked.request
    facts = Facts(
        name=addressee.name,
        channel=asked.channel,
        portal_url=settings.portal_url,
        quick_guide_url=settings.quick_guide_url,
        community=group.name if group else None,
        meeting=about,
        reply=reply_of(db, about.meeting_id, asked.member) if about else None,
        request=support_request(db, request_id) if request_id else None,
        offer=offer(db, request_id, asked.member) if request_id else None,
        fee=earned,
        help=help_given(db, asked.session) if asked.session else None,
        reason=refusal(db, asked.member) if asked.kind is Kind.APPLICATION_DECLINED else None,
    )
    for what in NEEDED[asked.kind]:
        if getattr(facts, what) is None:
            raise NotKnownYet(f"The {what} that this message is about has not arrived here yet.")
    return facts
