"""Offers of a review: whom to ask, asking, and the member's yes or no."""

from typing import Any
from uuid import UUID

from flask import Response
from flask.views import MethodView
from flask_smorest import Blueprint
from marshmallow import Schema, fields

from services.ppi.api.relations import calling_member, must_have_part_in
from services.ppi.domain.support_request import AcceptOffer, DeclineOffer, OfferReview
from services.ppi.projections.people import people
from services.ppi.projections.reviewers import reviewers
from services.ppi.projections.support_requests import support_requests
from shared.http.authorization import needs, running
from shared.http.changes import change
from shared.http.problems import FieldError, Problem
from shared.http.reads import page, wait_for
from shared.http.schemas import RequestSchema, paragraphs
from shared.identity.people import belongs
from shared.messages.events import MemberId

blueprint = Blueprint("offers", "offers", url_prefix="/v1", description="Asking members to review")


class NewOfferSchema(RequestSchema):
    member_id = fields.UUID(required=True)
    answer_by = fields.Date(required=True)


class AcceptanceSchema(RequestSchema):
    no_conflict_of_interest = fields.Boolean(required=True)


class RefusalSchema(RequestSchema):
    reason = paragraphs(2_000, load_default=None)


class ReviewerSchema(Schema):
    member_id = fields.UUID()
    name = fields.String()
    open_offers = fields.Integer()


@blueprint.route("/reviewers")
class Reviewers(MethodView):
    @needs("reviewers:read")
    @blueprint.response(200, ReviewerSchema(many=True))
    def get(self) -> Response:
        """The members of the working group, those with least to do first."""
        wait_for(support_requests)
        with running().database.transaction() as db:
            rows = reviewers(db)
        return page(ReviewerSchema(), rows, len(rows), lambda row: row.member_id)


@blueprint.route("/support-requests/<uuid:request_id>/offers")
class Offers(MethodView):
    @needs("offers:make")
    @blueprint.arguments(NewOfferSchema)
    @blueprint.response(201)
    def post(self, new: dict[str, Any], request_id: UUID) -> Response:
        """Ask a member of the working group to review. She sees the fee and the day to answer by."""
        wait_for(people)
        with running().database.transaction() as db:
            if not belongs(db, new["member_id"], "working-group"):
                wrong = FieldError("#/member_id", "There is no member of the working group with this id.")
                raise Problem(422, "invalid", wrong.detail, [wrong])
        return change(
            request_id,
            OfferReview(member=MemberId(new["member_id"]), answer_by=new["answer_by"]),
            must_match=True,
            created=f"/v1/support-requests/{request_id}",
        )


@blueprint.route("/support-requests/<uuid:request_id>/acceptance")
class Acceptance(MethodView):
    @needs("offers:answer")
    @blueprint.arguments(AcceptanceSchema)
    @blueprint.response(200)
    def post(self, declared: dict[str, Any], request_id: UUID) -> Response:
        """Say yes, and declare that there is no conflict of interest."""
        must_have_part_in(request_id)
        return change(request_id, AcceptOffer(member=calling_member(), **declared))


@blueprint.route("/support-requests/<uuid:request_id>/refusal-of-offer")
class RefusalOfOffer(MethodView):
    @needs("offers:answer")
    @blueprint.arguments(RefusalSchema)
    @blueprint.response(200)
    def post(self, refusal: dict[str, Any], request_id: UUID) -> Response:
        """Say no, or stop after a yes. A reason is not needed."""
        must_have_part_in(request_id)
        return change(request_id, DeclineOffer(member=calling_member(), **refusal))
