"""Meetings: when communities meet, who comes, and what they agree to matter."""

from collections.abc import Sequence
from pathlib import Path

from services.meetings.contracts import membership
from services.meetings.domain.meeting import Meeting
from services.meetings.domain.priorities import PriorityList
from services.meetings.permissions import PERMISSIONS
from services.meetings.projections.closed_communities import closed_communities
from services.meetings.projections.people import people
from services.meetings.projections.priorities import priorities
from services.meetings.projections.replies import replies
from services.meetings.projections.upcoming_meetings import upcoming_meetings
from services.meetings.reactions.free_places import free_places
from shared.identity.people import find_member, find_session
from shared.service import Service


def resources() -> Sequence[object]:
    from services.meetings.api import meetings, priorities, replies
    from shared.http.people import people_resource

    return [meetings.blueprint, replies.blueprint, priorities.blueprint, people_resource(people)]


service = Service(
    name="meetings",
    title="Copse meetings: what is on, who comes, what matters",
    folder=Path(__file__).parent,
    aggregates=[Meeting, PriorityList],
    projections=[people, closed_communities, upcoming_meetings, replies, priorities],
    reactions=[free_places],
    resources=resources,
    permissions=PERMISSIONS,
    find_member=find_member,
    find_session=find_session,
    contracts={"membership": membership},
)
