"""Meetings: when communities meet, who comes, and what they agree to matter."""

from collections.abc import Sequence
from pathlib import Path

from services.meetings.contracts import membership
from services.meetings.domain.arrangements import Arrangements
from services.meetings.domain.meeting import Meeting
from services.meetings.domain.priorities import PriorityList
from services.meetings.permissions import MEANINGS, PERMISSIONS
from services.meetings.projections.arrangements import arrangements
from services.meetings.projections.closed_communities import closed_communities
from services.meetings.projections.hosts import hosts
from services.meetings.projections.people import people
from services.meetings.projections.priorities import priorities
from services.meetings.projections.replies import replies
from services.meetings.projections.shared_needs import shared_needs
from services.meetings.projections.upcoming_meetings import upcoming_meetings
from services.meetings.reactions.arrange import arrange, bring_into_line
from services.meetings.reactions.erase_here import erasing_here
from services.meetings.reactions.free_places import free_places
from shared.erasure.here import ErasureHere
from shared.identity.people import find_member, find_session
from shared.service import Service


def resources() -> Sequence[object]:
    from services.meetings.api import arrangements as what_to_arrange
    from services.meetings.api import meetings, priorities, replies
    from shared.http.people import people_resource

    return [
        meetings.blueprint,
        replies.blueprint,
        what_to_arrange.blueprint,
        priorities.blueprint,
        people_resource(people),
    ]


service = Service(
    name="meetings",
    title="Copse meetings: what is on, who comes, what matters",
    folder=Path(__file__).parent,
    aggregates=[
        Meeting,
        PriorityList,
        ErasureHere,
        Arrangements,
    ],
    projections=[
        people,
        closed_communities,
        upcoming_meetings,
        replies,
        priorities,
        shared_needs,
        hosts,
        arrangements,
    ],
    reactions=[
        free_places,
        erasing_here.reaction,
        arrange,
    ],
    effects=[
        erasing_here.effect,
        bring_into_line,
    ],
    resources=resources,
    permissions=PERMISSIONS,
    meanings=MEANINGS,
    find_member=find_member,
    find_session=find_session,
    contracts={"membership": membership},
)
