"""Membership: who takes part, and in what."""

from collections.abc import Sequence
from pathlib import Path

from services.membership.domain.community import Community
from services.membership.domain.complaint import Complaint
from services.membership.domain.member import Member
from services.membership.domain.project_group import ProjectGroup
from services.membership.domain.rights_request import RightsRequest
from services.membership.domain.safeguarding_concern import SafeguardingConcern
from services.membership.permissions import PERMISSIONS
from services.membership.projections.communities import communities
from services.membership.projections.complaints import complaints
from services.membership.projections.members import members
from services.membership.projections.people import people
from services.membership.projections.project_groups import project_groups
from services.membership.projections.rights_requests import may_export, rights_requests
from services.membership.projections.safeguarding_concerns import safeguarding_concerns
from services.membership.projections.serving import serving
from services.membership.reactions.complaint_clock import complaint_clock
from services.membership.reactions.join_wanted_communities import join_wanted_communities
from services.membership.reactions.leave_everything import leave_everything
from services.membership.reactions.rights_clock import rights_clock
from shared.identity.people import find_member
from shared.service import Service


def resources() -> Sequence[object]:
    from services.membership.api import (
        applications,
        belonging,
        communities,
        complaints,
        imports,
        members,
        project_groups,
        rights_requests,
        safeguarding_concerns,
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
        rights_requests.blueprint,
        complaints.blueprint,
        safeguarding_concerns.blueprint,
        people_resource(people),
    ]


service = Service(
    name="membership",
    title="Copse membership: people and communities",
    folder=Path(__file__).parent,
    aggregates=[
        Member,
        Community,
        ProjectGroup,
        RightsRequest,
        Complaint,
        SafeguardingConcern,
    ],
    projections=[
        members,
        people,
        communities,
        serving,
        project_groups,
        rights_requests,
        complaints,
        safeguarding_concerns,
    ],
    reactions=[
        join_wanted_communities,
        leave_everything,
        rights_clock,
        complaint_clock,
    ],
    resources=resources,
    permissions=PERMISSIONS,
    find_member=find_member,
    may_export=may_export,
)
