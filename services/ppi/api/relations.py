"""Who has which part in a request. For everybody without one it is not there: an unfunded idea is confidential."""

from uuid import UUID

from services.ppi.domain.support_request import SupportRequest
from shared.http.authorization import caller, may, running
from shared.http.problems import Problem, not_found
from shared.messages.events import MemberId


def calling_member() -> MemberId:
    """The member who is calling. Raises the 403 problem when the sign-in is linked to no approved member."""
    member = caller().member
    if member is None:
        raise Problem(
            403, "not-a-member", "Your sign-in is not linked to an approved membership. Apply to join, or ask us."
        )
    return member


def must_have_part_in(request_id: UUID) -> None:
    """Raises the 404 problem for a caller who neither asked, nor was asked to review, nor coordinates.

    It looks at the events, not at the read model, so that somebody who was asked a moment ago is not turned away.
    """
    request, _ = running().commands.load(SupportRequest, request_id)
    has_part = calling_member() in {request.requester, *request.offers}
    if not has_part and not may("support-requests:read-all"):
        raise no_such_request(request_id)


def no_such_request(id: UUID) -> Problem:
    """The same words as for an id that does not exist, so that nobody can find out which ideas there are."""
    return not_found("support-request", id)
