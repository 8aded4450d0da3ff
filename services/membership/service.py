"""Membership: who takes part, and in what."""

from collections.abc import Sequence
from pathlib import Path

from services.membership.domain.assisted_session import AssistedSession
from services.membership.domain.community import Community
from services.membership.domain.member import Member
from services.membership.domain.project_group import ProjectGroup
from services.membership.permissions import PERMISSIONS
from services.membership.projections.assisted_sessions import assisted_sessions
from services.membership.projections.communities import communities
from services.membership.projections.members import members
from services.membership.projections.people import people
from services.membership.projections.project_groups import project_groups
from services.membership.projections.serving import serving
from services.membership.reactions.end_assisted_sessions import end_assisted_sessions
from services.membership.reactions.join_wanted_communities import join_wanted_communities
from services.membership.reactions.leave_everything import leave_everything
from shared.identity.people import find_member, find_session
from shared.service import Service


def resources() -> Sequence[object]:
    from services.membership.api import (
        applications,
        assisted_sessions,
        being_helped,
        belonging,
        communities,
        imports,
        members,
        project_groups,
        standing,
        working_groups,
    )
    from shared.http.people import people_resource

    return [
        applications.blueprint,
        members.blueprint,
        standing.blueprint,
        imports.blueprint,
        communities.blueprint,
        belonging.blueprint,
        working_groups.blueprint,
        project_groups.blueprint,
        assisted_sessions.blueprint,
        being_helped.blueprint,
        people_resource(people),
    ]


service = Service(
    name="membership",
    title="Copse membership: people and communities",
    folder=Path(__file__).parent,
    aggregates=[Member, Community, ProjectGroup, AssistedSession],
    projections=[members, people, communities, serving, project_groups, assisted_sessions],
    reactions=[join_wanted_communities, leave_everything, end_assisted_sessions],
    resources=resources,
    permissions=PERMISSIONS,
    find_member=find_member,
    find_session=find_session,
)
