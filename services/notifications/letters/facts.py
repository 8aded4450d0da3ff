"""Gathers from the read models what a letter says."""

from collections.abc import Mapping
from typing import Final

from services.notifications.domain.delivery import DeliveryQueued, Kind
from services.notifications.letters.help import help_given
from services.notifications.letters.letter import Facts
from services.notifications.projections.arrangements import arranged_at
from services.notifications.projections.meetings import meeting, reply_of
from services.notifications.projections.reach import reach_of
from services.notifications.projections.refusals import refusal
from services.notifications.projections.rights_letters import rights_letter
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
    Kind.RIGHTS_RECEIVED: ("rights",),
    Kind.RIGHTS_QUESTION: ("rights",),
    Kind.RIGHTS_EXTENDED: ("rights",),
    Kind.RIGHTS_OUTCOME: ("rights",),
    Kind.COMPLAINT_RECEIVED: ("rights",),
    Kind.COMPLAINT_OUTCOME: ("rights",),
    Kind.WELCOME_FROM_LIST: (),
    Kind.JOINING_ASKED: ("community",),
    Kind.EMAIL_CHECK: ("code",),
    Kind.ARRANGEMENTS: ("meeting", "arranged"),
    Kind.ACCESS_NEEDS_CHECK: (),
    Kind.DONE_FOR_YOU: ("help",),
}
"""The facts without which a letter of a kind cannot be written."""

HIDDEN_CODE: Final = "•••• ••••"
"""Stands for a code wherever the letter is kept or shown. The code itself is in the mail alone."""


class NotKnownYet(Exception):
    """What the letter is about has not arrived here yet."""


def facts_for(db: Transaction, asked: DeliveryQueued, addressee: Person, settings: MailSettings) -> Facts:
    """Everything that the letter of a delivery may say. Raises NotKnownYet."""
    about = meeting(db, asked.meeting) if asked.meeting else None
    community_id = about.community_id if about else asked.community
    group = community(db, community_id) if community_id else None
    reached = reach_of(db, asked.member)
    earned = fee(db, asked.claim) if asked.claim else None
    request_id = earned.request_id if earned else asked.request
    facts = Facts(
        name=addressee.name,
        channel=asked.channel,
        portal_url=settings.portal_url,
        quick_guide_url=settings.quick_guide_url,
        large_print=reached.large_print,
        to_make=() if asked.kind is Kind.EMAIL_CHECK else reached.to_make,
        community=group.name if group else None,
        community_id=community_id,
        meeting=about,
        reply=reply_of(db, about.meeting_id, asked.member) if about else None,
        request=support_request(db, request_id) if request_id else None,
        offer=offer(db, request_id, asked.member) if request_id else None,
        fee=earned,
        rights=rights_letter(db, request_id, asked.kind) if request_id else None,
        arranged=arranged_at(db, about.meeting_id, asked.member) if about and asked.kind is Kind.ARRANGEMENTS else None,
        help=help_given(db, asked.session) if asked.session else None,
        reason=refusal(db, asked.member) if asked.kind is Kind.APPLICATION_DECLINED else None,
        code=HIDDEN_CODE if asked.kind is Kind.EMAIL_CHECK else None,
    )
    for what in NEEDED[asked.kind]:
        if getattr(facts, what) is None:
            raise NotKnownYet(f"The {what} that this message is about has not arrived here yet.")
    return facts
