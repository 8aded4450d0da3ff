"""PPI: funded pre-application support, from the request to what changed."""

from collections.abc import Sequence
from pathlib import Path

from services.ppi.contracts import meetings, membership
from services.ppi.domain.claim import Claim
from services.ppi.domain.support_request import SupportRequest
from services.ppi.permissions import MEANINGS, PERMISSIONS
from services.ppi.projections.claims import claims
from services.ppi.projections.people import people
from services.ppi.projections.priorities import priorities
from services.ppi.projections.support_requests import support_requests
from services.ppi.reactions.accrue_fee import accrue_fee
from services.ppi.reactions.end_offers import end_offers
from services.ppi.reactions.erase_here import erasing_here
from services.ppi.reactions.expire_offers import expire_offers
from services.ppi.reactions.response_due import response_due
from shared.erasure.here import ErasureHere
from shared.identity.people import find_member, find_session
from shared.service import Service


def resources() -> Sequence[object]:
    from services.ppi.api import (
        claims,
        offers,
        payment_rates,
        priorities,
        responses,
        reviews,
        support_requests,
    )
    from shared.http.people import people_resource

    return [
        support_requests.blueprint,
        offers.blueprint,
        reviews.blueprint,
        responses.blueprint,
        claims.blueprint,
        priorities.blueprint,
        payment_rates.blueprint,
        people_resource(people),
    ]


service = Service(
    name="ppi",
    title="Copse PPI: paid support from people with lived experience, before an application",
    folder=Path(__file__).parent,
    aggregates=[
        SupportRequest,
        Claim,
        ErasureHere,
    ],
    projections=[
        people,
        support_requests,
        claims,
        priorities,
    ],
    reactions=[
        accrue_fee,
        expire_offers,
        response_due,
        end_offers,
        erasing_here.reaction,
    ],
    effects=[
        erasing_here.effect,
    ],
    resources=resources,
    permissions=PERMISSIONS,
    meanings=MEANINGS,
    find_member=find_member,
    find_session=find_session,
    contracts={"membership": membership, "meetings": meetings},
)
