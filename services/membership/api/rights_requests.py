"""Rights requests: a member asks about her own data, and data protection answers within the clock."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields

from services.membership.api.history import HistoryEntrySchema, history
from services.membership.api.own import own_or, own_record
from services.membership.domain import rights_request as domain
from services.membership.domain.member import LiftRestriction
from services.membership.domain.rights_request import AskForRight, IdentityCheck, Right, RightsRequest
from services.membership.projections.members import member
from services.membership.projections.rights_requests import (
    RightsRequestRow,
    requests_of,
    rights_request,
    rights_requests,
)
from shared.http.authorization import caller, may, needs, require, running
from shared.http.blueprint import Blueprint
from shared.http.changes import change
from shared.http.problems import FieldError, Problem, not_found
from shared.http.reads import PageSchema, one, page, wait_for
from shared.http.schemas import RequestSchema, line, paragraphs
from shared.http.sensitive import note_read
from shared.messages.events import MemberId
from shared.messages.ids import uuid7

blueprint = Blueprint("rights", "rights", url_prefix="/v1", description="Rights over one's own data")

_TO_HER = ("details", "question", "reason", "answer")
_TEXTS = (*_TO_HER, "note", "done")


class NewRightsRequestSchema(RequestSchema):
    right = fields.Enum(Right, by_value=True, required=True)
    purpose = line(load_default=None, metadata={"description": "What an objection is to, such as research."})
    details = paragraphs(load_default=None)
    member_id = fields.UUID(
        load_default=None, metadata={"description": "Who asked on the phone or by post. Left out: the caller herself."}
    )
    received_on = fields.Date(load_default=None, metadata={"description": "The day on which it reached us."})


class RightsRequestSchema(Schema):
    id = fields.UUID()
    member_id = fields.UUID()
    name = fields.String(allow_none=True)
    right = fields.String()
    purpose = fields.String(allow_none=True)
    status = fields.String()
    received_on = fields.Date()
    due_on = fields.Date()
    channel = fields.String()
    identity = fields.String(allow_none=True)
    outcome = fields.String(allow_none=True)
    extended = fields.Boolean()
    warned = fields.Boolean(metadata={"description": "The last day is less than a week away."})
    missed = fields.Boolean(metadata={"description": "The last day has passed without an answer."})
    version = fields.Integer()


class OneRightsRequestSchema(RightsRequestSchema):
    history = fields.List(fields.Nested(HistoryEntrySchema))


class IdentitySchema(RequestSchema):
    how = fields.Enum(IdentityCheck, by_value=True, required=True)


class QuestionSchema(RequestSchema):
    question = paragraphs(required=True)


class ExtensionSchema(RequestSchema):
    reason = paragraphs(required=True)


class AssessmentSchema(RequestSchema):
    note = paragraphs(required=True)


class RightsActionSchema(RequestSchema):
    done = paragraphs(required=True)


class PartRefusalSchema(RequestSchema):
    reason = paragraphs(required=True)
    done = paragraphs(load_default=None)


class RightsAnswerSchema(RequestSchema):
    answer = paragraphs(required=True, metadata={"description": "What she is told of the outcome, in plain words."})


class RequestsQuerySchema(PageSchema):
    member = fields.UUID(load_default=None)


@blueprint.route("/rights-requests")
class RightsRequests(MethodView):
    @needs("rights:request")
    @blueprint.arguments(NewRightsRequestSchema)
    @blueprint.response(201)
    def post(self, new: dict[str, Any]) -> Response:
        """Ask something about the data that we hold: for oneself, or taken by a coordinator from a call or letter."""
        own = _own()
        hers: UUID | None = new.pop("member_id") or own
        if new["received_on"] or (hers and hers != own):
            require("rights:take")
        if hers is None:
            raise Problem(404, "not-linked", "Your sign-in is not linked to anybody whom we know. Ask us.")
        if hers != own:
            _must_be_known(hers)
        id = uuid7()
        signed_in = hers == own and not caller().acting
        command = AskForRight(**new, member=MemberId(hers), signed_in=signed_in)
        return change(id, command, created=f"/v1/rights-requests/{id}")

    @needs("rights:read-own")
    @blueprint.arguments(RequestsQuerySchema, location="query")
    @blueprint.response(200, RightsRequestSchema(many=True))
    def get(self, query: dict[str, Any]) -> Response:
        """One's own requests; for data protection everybody's, or those of one member."""
        wait_for(rights_requests)
        whose = query["member"] if may("rights:read") else _own()
        with running().database.transaction() as db:
            seen = whose is not None or may("rights:read")
            rows = requests_of(db, whose, query["after"], query["limit"]) if seen else []
        named = [_named(row) for row in rows]
        return page(RightsRequestSchema(), named, query["limit"], lambda row: row["id"])


@blueprint.route("/rights-requests/<uuid:request_id>")
class OneRightsRequest(MethodView):
    @needs("rights:read-own")
    @blueprint.response(200, OneRightsRequestSchema)
    def get(self, request_id: UUID) -> Response:
        """One request with what was written about it. She herself does not see our own notes."""
        wait_for(rights_requests)
        with running().database.transaction() as db:
            row = rights_request(db, request_id)
        mine = row is not None and row.member_id == _own()
        if not mine:
            require("rights:read")
        if row is None:
            raise not_found("rights request", request_id)
        if not mine or caller().acting:
            note_read("rights-request", row.member_id)
        entries = history(RightsRequest.stream(request_id), _TO_HER if mine else _TEXTS)
        body = {**RightsRequestSchema().dump(_named(row)), "history": HistoryEntrySchema(many=True).dump(entries)}
        return one({**body, "version": len(entries)}, len(entries))


@blueprint.route("/members/<uuid:member_id>/restriction")
class Restriction(MethodView):
    @needs("rights:request")
    @blueprint.response(200)
    def delete(self, member_id: UUID) -> Response:
        """Let her data be used again: herself, or data protection whom she told. She comes back herself."""
        own_or(member_id, "rights:handle")
        return change(member_id, LiftRestriction())


def _step(name: str, schema: type[RequestSchema], command: type[Any], says: str) -> None:
    """`POST /v1/rights-requests/<id>/<name>`: one of the steps of those who answer."""

    @blueprint.route(f"/rights-requests/<uuid:request_id>/{name}", endpoint=f"request-{name}")
    class Step(MethodView):
        @needs("rights:handle")
        @blueprint.arguments(schema)
        @blueprint.response(200)
        def post(self, said: dict[str, Any], request_id: UUID) -> Response:
            return change(request_id, command(**said), must_match=True)

        post.__doc__ = says


_step("identity-check", IdentitySchema, domain.CheckIdentity, "Say how it is known that it is she who asks.")
_step("pause", QuestionSchema, domain.PauseClock, "Ask her what she means; the clock stops. She gets a letter.")
_step("resumption", RequestSchema, domain.ResumeClock, "She answered: the clock goes on.")
_step("extension", ExtensionSchema, domain.ExtendTime, "Take two months more. She gets a letter with the reason.")
_step("assessment", AssessmentSchema, domain.Assess, "Write down what is thought of it. Not for her.")
_step("action", RightsActionSchema, domain.CarryOut, "Say that it was done. A restriction takes effect.")
_step("part-refusal", PartRefusalSchema, domain.RefusePart, "Refuse all or a part of it, with a reason.")
_step("report", RightsAnswerSchema, domain.Report, "Tell her what came of it. She gets a letter with these words.")


def _own() -> UUID | None:
    row = own_record()
    return row.id if row else None


def _must_be_known(id: UUID) -> None:
    with running().database.transaction() as db:
        if member(db, id) is None:
            wrong = FieldError("#/member_id", "We know nobody with this id.")
            raise Problem(422, "invalid", wrong.detail, [wrong])


def _named(row: RightsRequestRow) -> dict[str, object]:
    with running().database.transaction() as db:
        known = member(db, row.member_id)
    return {**asdict(row), "name": known.name if known else None}
