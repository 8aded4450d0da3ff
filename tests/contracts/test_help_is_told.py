"""Whatever a coordinator may do for a member is told to her afterwards: an event with no words would be left out."""

from typing import Final

from services.meetings.service import service as meetings
from services.membership.service import service as membership
from services.notifications.projections.assisted_sessions import MAY_BE_DONE
from services.ppi.service import service as ppi
from shared.messages.events import type_of

NEVER_DONE_FOR_A_MEMBER: Final = {
    # only with a role of one's own, which nobody has while she acts
    "community-founded", "facilitator-appointed", "role-given", "role-ended", "milestone-noted", "privacy-changed",
    "application-received", "conversation-needed", "member-approved", "application-refused", "account-invited",
    "meeting-planned", "priorities-published", "support-requested", "relevance-judged", "review-offered",
    "offer-withdrawn", "reviews-released", "assisted-session-opened", "assisted-session-ended",
    # in_person_only
    "member-activated", "account-linked", "help-accepted",
    # no member who takes part can do it
    "application-withdrawn", "member-returned",
    # by a service, by itself, or by the operator
    "offer-expired", "response-overdue", "request-closed", "claim-accrued", "member-erased",
}  # fmt: skip


def test_every_event_that_may_be_of_a_session_is_in_the_letter() -> None:
    told = {known.name for each in MAY_BE_DONE if (known := type_of(each))}
    events = [event for service in (membership, meetings, ppi) for event in service.events]
    recorded = {known.name for each in events if (known := type_of(each))}
    assert recorded - told - NEVER_DONE_FOR_A_MEMBER == set(), (
        "Can a coordinator cause this for a member? Then give it words: the event in notifications' contracts, a place"
        " in MAY_BE_DONE, a sentence in letters/help.py. Otherwise say here why not."
    )
    assert not told & NEVER_DONE_FOR_A_MEMBER
