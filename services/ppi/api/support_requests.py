"""Support requests: asking, judging whether the idea fits, and what each person sees of one."""

from typing import Any
from uuid import UUID

from flask import Response
from flask.views import MethodView
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from services.ppi.api.relations import calling_member, no_such_request
from services.ppi.api.request_views import view_for
from services.ppi.domain.payment_rates import ACTIVITIES
from services.ppi.domain.support_request import MOST_REVIEWERS, JudgeRelevance, Kind, RequestSupport
from services.ppi.projections.priorities import is_published, priorities
from services.ppi.projections.support_requests import (
    offers_of,
    reviews_of,
    support_request,
    support_requests,
    support_requests_of,
)
from shared.http.authorization import caller, may, needs, running
from shared.http.changes import change
from shared.http.problems import FieldError, Problem
from shared.http.reads import PageSchema, one, page, wait_for
from shared.http.schemas import RequestSchema, line, paragraphs
from shared.messages.ids import uuid7

blueprint = Blueprint("support-requests", "support-requests", url_prefix="/v1", description="Asking for PPI support")


class NewSupportRequestSchema(RequestSchema):
    title = line(300, required=True)
    kind = fields.Enum(Kind, by_value=True, required=True)
    summary = paragraphs(required=True)
    needed_by = fields.Date(required=True)
    reviewers = fields.Integer(strict=True, required=True, validate=validate.Range(1, MOST_REVIEWERS))
    activity = fields.String(
        required=True, validate=validate.OneOf(ACTIVITIES, error="Choose an activity of GET /v1/payment-rates.")
    )


class SupportRequestSchema(Schema):
    id = fields.UUID()
    title = fields.String()
    kind = fields.String()
    status = fields.String()
    needed_by = fields.Date()
    requester_id = fields.UUID()
    requester_name = fields.String(allow_none=True)
    version = fields.Integer()


class RelevanceSchema(Schema):
    relevant = fields.Boolean()
    reason = fields.String()
    priority = fields.String(allow_none=True)


class OfferSchema(Schema):
    member_id = fields.UUID()
    name = fields.String(allow_none=True)
    status = fields.String()
    offered_at = fields.AwareDateTime()
    answer_by = fields.Date()
    fee_pence = fields.Integer()


class ReviewSchema(Schema):
    reviewer_id = fields.UUID(allow_none=True, metadata={"description": "Never shown to the researcher."})
    reviewer = fields.String(metadata={"description": "The reviewer's name; `Reviewer 1` for the researcher."})
    text = fields.String()
    sent_at = fields.AwareDateTime()
    released_at = fields.AwareDateTime(allow_none=True)


class ResponseSchema(Schema):
    text = fields.String()
    given_at = fields.AwareDateTime()


class OneSupportRequestSchema(SupportRequestSchema):
    summary = fields.String(allow_none=True, metadata={"description": "null once the caller's offer has ended."})
    reviewers = fields.Integer()
    activity = fields.String()
    fee_pence = fields.Integer(metadata={"description": "What each reviewer is paid, in pence."})
    relevance = fields.Nested(RelevanceSchema, allow_none=True)
    offers = fields.List(fields.Nested(OfferSchema))
    reviews = fields.List(fields.Nested(ReviewSchema))
    response = fields.Nested(ResponseSchema, allow_none=True)
    response_due_at = fields.AwareDateTime(allow_none=True)
    overdue = fields.Boolean()


class NewRelevanceSchema(RequestSchema):
    relevant = fields.Boolean(required=True)
    reason = paragraphs(2_000, required=True)
    priority = line(500, load_default=None, metadata={"description": "The text of a priority of GET /v1/priorities."})


@blueprint.route("/support-requests")
class SupportRequests(MethodView):
    @needs("support-requests:ask")
    @blueprint.arguments(NewSupportRequestSchema)
    @blueprint.response(201)
    def post(self, new: dict[str, Any]) -> Response:
        """Ask for help with an idea that is not funded yet."""
        id = uuid7()
        return change(id, RequestSupport(requester=calling_member(), **new), created=f"/v1/support-requests/{id}")

    @needs("support-requests:read")
    @blueprint.arguments(PageSchema, location="query")
    @blueprint.response(200, SupportRequestSchema(many=True))
    def get(self, query: dict[str, Any]) -> Response:
        """Coordinators see all, researchers their own, members those that they were asked to review. Oldest first."""
        wait_for(support_requests)
        involving = None if may("support-requests:read-all") else calling_member()
        with running().database.transaction() as db:
            rows = support_requests_of(db, involving, query["after"], query["limit"])
        return page(SupportRequestSchema(), rows, query["limit"], lambda row: row.id)


@blueprint.route("/support-requests/<uuid:request_id>")
class OneSupportRequest(MethodView):
    @needs("support-requests:read")
    @blueprint.response(200, OneSupportRequestSchema)
    def get(self, request_id: UUID) -> Response:
        """One request. The researcher sees released reviews without names; a member sees what she was asked to do."""
        wait_for(support_requests)
        with running().database.transaction() as db:
            row = support_request(db, request_id)
            if row is None:
                raise no_such_request(request_id)
            offers, reviews = offers_of(db, request_id), reviews_of(db, request_id)
        shown = view_for(caller().member, may("support-requests:read-all"), row, offers, reviews, running().clock.now())
        if shown is None:
            raise no_such_request(request_id)
        return one(OneSupportRequestSchema().dump(shown), row.version)


@blueprint.route("/support-requests/<uuid:request_id>/relevance")
class Relevance(MethodView):
    @needs("support-requests:judge")
    @blueprint.arguments(NewRelevanceSchema)
    @blueprint.response(200)
    def post(self, new: dict[str, Any], request_id: UUID) -> Response:
        """Say whether the idea fits what members find important. The researcher reads the reason."""
        wait_for(priorities)
        # Only published words: this field is not sealed, so that anybody may count which priorities bring ideas.
        if new["priority"] is not None:
            with running().database.transaction() as db:
                if not is_published(db, new["priority"]):
                    wrong = FieldError("#/priority", "No published priority has this text. See GET /v1/priorities.")
                    raise Problem(422, "invalid", wrong.detail, [wrong])
        return change(request_id, JudgeRelevance(**new), must_match=True)
