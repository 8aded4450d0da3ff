"""Membership: who takes part, and in what."""

from collections.abc import Sequence
from pathlib import Path

from services.membership.contracts import meetings as of_meetings
from services.membership.contracts import notifications as of_notifications
from services.membership.contracts import ppi as of_ppi
from services.membership.domain.access_needs import AccessNeeds
from services.membership.domain.assisted_session import AssistedSession
from services.membership.domain.community import Community
from services.membership.domain.complaint import Complaint
from services.membership.domain.contact_details import ContactDetails
from services.membership.domain.directory_entry import DirectoryEntry
from services.membership.domain.erasure import Erasure
from services.membership.domain.member import Member
from services.membership.domain.project_group import ProjectGroup
from services.membership.domain.rights_request import RightsRequest
from services.membership.domain.safeguarding_concern import SafeguardingConcern
from services.membership.permissions import MEANINGS, PERMISSIONS
from services.membership.projections.access_needs import access_needs
from services.membership.projections.assisted_sessions import assisted_sessions
from services.membership.projections.communities import communities
from services.membership.projections.complaints import complaints
from services.membership.projections.consents import consents
from services.membership.projections.contacts import contacts
from services.membership.projections.directory import directory
from services.membership.projections.erasures import erasures
from services.membership.projections.members import members
from services.membership.projections.open_claims import open_claims
from services.membership.projections.people import people
from services.membership.projections.project_groups import project_groups
from services.membership.projections.rights_requests import may_export, rights_requests
from services.membership.projections.safeguarding_concerns import safeguarding_concerns
from services.membership.projections.serving import serving
from services.membership.reactions.begin_contacts import begin_contacts
from services.membership.reactions.complaint_clock import complaint_clock
from services.membership.reactions.end_assisted_sessions import end_assisted_sessions
from services.membership.reactions.erase_here import erasing_here
from services.membership.reactions.erase_member import destroy_key, erase_member
from services.membership.reactions.flag_contact import flag_contact
from services.membership.reactions.join_wanted_communities import join_wanted_communities
from services.membership.reactions.leave_everything import leave_everything
from services.membership.reactions.review_needs import review_needs
from services.membership.reactions.rights_clock import rights_clock
from services.membership.reactions.stop_sharing_needs import stop_sharing_needs
from shared.erasure.here import ErasureHere
from shared.identity.people import find_member, find_session
from shared.service import Service


def resources() -> Sequence[object]:
    from services.membership.api import access_needs as what_members_need
    from services.membership.api import (
        applications,
        assisted_sessions,
        being_helped,
        belonging,
        communities,
        complaints,
        consents,
        contacts,
        directory,
        erasures,
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
        consents.blueprint,
        directory.blueprint,
        contacts.blueprint,
        imports.blueprint,
        communities.blueprint,
        belonging.blueprint,
        working_groups.blueprint,
        project_groups.blueprint,
        rights_requests.blueprint,
        complaints.blueprint,
        safeguarding_concerns.blueprint,
        erasures.blueprint,
        what_members_need.blueprint,
        assisted_sessions.blueprint,
        being_helped.blueprint,
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
        Erasure,
        ErasureHere,
        DirectoryEntry,
        ContactDetails,
        AccessNeeds,
        AssistedSession,
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
        open_claims,
        erasures,
        consents,
        directory,
        contacts,
        access_needs,
        assisted_sessions,
    ],
    reactions=[
        join_wanted_communities,
        leave_everything,
        rights_clock,
        complaint_clock,
        erase_member,
        erasing_here.reaction,
        begin_contacts,
        flag_contact,
        review_needs,
        stop_sharing_needs,
        end_assisted_sessions,
    ],
    effects=[
        destroy_key,
        erasing_here.effect,
    ],
    contracts={"meetings": of_meetings, "ppi": of_ppi, "notifications": of_notifications},
    resources=resources,
    permissions=PERMISSIONS,
    meanings=MEANINGS,
    find_member=find_member,
    may_export=may_export,
    find_session=find_session,
)
