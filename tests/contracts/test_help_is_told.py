"""Whatever a coordinator may do for a member is told to her afterwards: an event with no words would be left out."""

from typing import Final

from services.meetings.service import service as meetings
from services.membership.domain.purposes import ACCESS_NEEDS, PURPOSES
from services.membership.service import service as membership
from services.notifications.letters import help
from services.notifications.projections.assisted_sessions import MAY_BE_DONE
from services.ppi.service import service as ppi
from shared.messages.events import type_of

NEVER_DONE_FOR_A_MEMBER: Final = {
    # only with a role of one's own, which nobody has while she acts
    "community-founded", "facilitator-appointed", "role-given", "role-ended", "milestone-noted", "privacy-changed",
    "application-received", "conversation-needed", "member-approved", "application-refused", "account-invited",
    "meeting-planned", "priorities-published", "support-requested", "relevance-judged", "review-offered",
    "offer-withdrawn", "reviews-released", "assisted-session-opened", "assisted-session-ended",
    "identity-checked", "clock-paused", "clock-resumed", "time-extended", "request-assessed", "request-actioned",
    "request-part-refused", "request-reported", "complaint-acknowledged", "complaint-investigated",
    "complaint-answered", "concern-taken-up", "concern-noted", "concern-referred", "concern-supported",
    "concern-closed", "erasure-asked",
    # in_person_only
    "member-activated", "account-linked", "help-accepted",
    # no member who takes part can do it
    "application-withdrawn", "member-returned", "processing-restricted", "restriction-lifted",
    # confined to membership: and the letter may be opened by whoever she is afraid of
    "concern-raised",
    # by a service, by itself, or by the operator
    "offer-expired", "response-overdue", "request-closed", "claim-accrued", "member-erased",
    "request-ended-by-erasure", "deadline-near", "deadline-missed", "acknowledgement-near", "acknowledgement-missed",
    "contacts-begun", "contact-flagged", "access-needs-review-due", "arrangements-flagged", "arrangements-dropped",
    "service-searched", "searches-done", "key-destroyed", "service-confirmed", "erasure-closed", "mentions-searched",
    "erasure-confirmed",
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


def test_every_purpose_of_a_consent_has_its_words_but_for_that_which_may_tell_of_health() -> None:
    assert help.PURPOSES.keys() == PURPOSES.keys() - {ACCESS_NEEDS}
    assert not any(purpose.special for name, purpose in PURPOSES.items() if name in help.PURPOSES)
