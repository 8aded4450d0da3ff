"""Notifications: every letter to a member, by email, phone or post."""

from collections.abc import Sequence
from pathlib import Path

from services.notifications.contracts import meetings as of_meetings
from services.notifications.contracts import membership as of_membership
from services.notifications.contracts import ppi as of_ppi
from services.notifications.domain.delivery import Delivery
from services.notifications.permissions import MEANINGS, PERMISSIONS
from services.notifications.projections.arrangements import arrangements
from services.notifications.projections.assisted_sessions import assisted_sessions
from services.notifications.projections.deliveries import deliveries
from services.notifications.projections.facilitators import facilitators
from services.notifications.projections.meetings import meetings
from services.notifications.projections.people import people
from services.notifications.projections.reach import reach
from services.notifications.projections.refusals import refusals
from services.notifications.projections.rights_letters import rights_letters
from services.notifications.projections.support_requests import support_requests
from services.notifications.reactions.ask_to_check_needs import ask_to_check_needs
from services.notifications.reactions.cancel_letters import cancel_letters
from services.notifications.reactions.confirm_reply import confirm_reply
from services.notifications.reactions.erase_here import erasing_here
from services.notifications.reactions.invite_members import invite_members
from services.notifications.reactions.offer_review import offer_review
from services.notifications.reactions.say_goodbye import say_goodbye
from services.notifications.reactions.send_by_mail import send_by_mail, send_mail
from services.notifications.reactions.send_code import send_code
from services.notifications.reactions.tell_facilitators import tell_facilitators
from services.notifications.reactions.tell_of_arrangements import tell_of_arrangements
from services.notifications.reactions.tell_of_decline import tell_of_decline
from services.notifications.reactions.tell_of_fee import tell_of_fee
from services.notifications.reactions.tell_of_release import tell_of_release
from services.notifications.reactions.tell_of_rights import tell_of_rights
from services.notifications.reactions.tell_what_changed import tell_what_changed
from services.notifications.reactions.tell_what_was_done import confirm_help, tell_what_was_done
from services.notifications.reactions.welcome_member import welcome_member
from services.notifications.settings import mail_settings
from shared.erasure.here import ErasureHere
from shared.identity.people import find_member, find_session
from shared.service import Service


def resources() -> Sequence[object]:
    from services.notifications.api import deliveries
    from shared.http.people import people_resource

    return [deliveries.blueprint, people_resource(people)]


service = Service(
    name="notifications",
    title="Copse notifications: letters to members",
    folder=Path(__file__).parent,
    aggregates=[
        Delivery,
        ErasureHere,
    ],
    projections=[
        people,
        refusals,
        meetings,
        support_requests,
        deliveries,
        rights_letters,
        reach,
        facilitators,
        arrangements,
        assisted_sessions,
    ],
    reactions=[
        welcome_member,
        tell_of_decline,
        say_goodbye,
        invite_members,
        confirm_reply,
        offer_review,
        tell_of_release,
        tell_what_changed,
        tell_of_fee,
        tell_of_rights,
        tell_facilitators,
        send_code,
        tell_of_arrangements,
        ask_to_check_needs,
        tell_what_was_done,
        send_by_mail,
        cancel_letters,
        erasing_here.reaction,
    ],
    contracts={"membership": of_membership, "meetings": of_meetings, "ppi": of_ppi},
    effects=[
        send_mail,
        erasing_here.effect,
        confirm_help,
    ],
    resources=resources,
    permissions=PERMISSIONS,
    meanings=MEANINGS,
    find_member=find_member,
    find_session=find_session,
    own_settings=mail_settings,
)
