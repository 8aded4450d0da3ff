"""Complaints: anybody makes one, signed in or not; data protection acknowledges, looks into it and answers."""

from typing import Any
from uuid import UUID

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields

from services.membership.api.history import EntrySchema, history
from services.membership.api.own import own_record
from services.membership.domain import complaint as domain
from services.membership.domain.complaint import Complain, Complaint
from services.membership.projections.complaints import complaint, complaints, complaints_of
from services.membership.projections.members import member
from shared.http.authorization import caller, may, needs, public, require, running
from shared.http.blueprint import Blueprint
from shared.http.changes import change, channel_of_request
from shared.http.problems import FieldError, Problem, not_found
from shared.http.reads import PageSchema, one, page, wait_for
from shared.http.schemas import RequestSchema, line, paragraphs
from shared.http.sensitive import note_read
from shared.messages.decisions import Channel
from shared.messages.events import MemberId
from shared.messages.ids import uuid7

blueprint = Blueprint("complaints", "complaints", url_prefix="/v1", description="Complaints")

_TO_HER = ("what", "answer")
_TEXTS = (*_TO_HER, "name", "email", "phone", "postal_address", "note")


class NewComplaintSchema(RequestSchema):
    what = paragraphs(required=True)
    name = line(load_default=None)
    email = fields.Email(
        load_default=None, error_messages={"invalid": "Write an email address, such as ann@example.org."}
    )
    phone = line(40, load_default=None)
    postal_address = paragraphs(500, load_default=None)
    member_id = fields.UUID(load_default=None, metadata={"description": "Whose it is, taken by phone or post."})
    received_on = fields.Date(load_default=None, metadata={"description": "Likewise: the day on which it reached us."})


class ComplaintSchema(Schema):
    id = fields.UUID()
    known = fields.Boolean()
    status = fields.String()
    received_on = fields.Date()
    acknowledge_by = fields.Date()
    channel = fields.String()
    warned = fields.Boolean()
    missed = fields.Boolean()
    version = fields.Integer()


class OneComplaintSchema(ComplaintSchema):
    history = fields.List(fields.Nested(EntrySchema))


class InvestigationSchema(RequestSchema):
    note = paragraphs(required=True)


class ComplaintAnswerSchema(RequestSchema):
    answer = paragraphs(required=True)


@blueprint.route("/complaints")
class Complaints(MethodView):
    @public
    @blueprint.arguments(NewComplaintSchema)
    @blueprint.response(201)
    def post(self, new: dict[str, Any]) -> Response:
        """Complain. One that came by phone or post is taken by a coordinator: Copse-Channel says so."""
        id, whose = uuid7(), new.pop("member_id")
        taken = channel_of_request() is not Channel.WEB and not caller().acting
        if taken or whose or new["received_on"]:
            require("complaints:take")
            _must_be_known(whose)
        else:
            own = own_record()
            whose = own.id if own else None
        command = Complain(**new, person=MemberId(whose or id), known=whose is not None)
        return change(id, command, created=f"/v1/complaints/{id}")

    @needs("complaints:read-own")
    @blueprint.arguments(PageSchema, location="query")
    @blueprint.response(200, ComplaintSchema(many=True))
    def get(self, query: dict[str, Any]) -> Response:
        """One's own complaints; for data protection everybody's."""
        wait_for(complaints)
        own = None if may("complaints:read") else own_record()
        with running().database.transaction() as db:
            seen = own is not None or may("complaints:read")
            rows = complaints_of(db, own.id if own else None, query["after"], query["limit"]) if seen else []
        return page(ComplaintSchema(), rows, query["limit"], lambda row: row.id)


@blueprint.route("/complaints/<uuid:complaint_id>")
class OneComplaint(MethodView):
    @needs("complaints:read-own")
    @blueprint.response(200, OneComplaintSchema)
    def get(self, complaint_id: UUID) -> Response:
        """One complaint with what came of it. The complainant does not see our notes."""
        wait_for(complaints)
        own = own_record()
        with running().database.transaction() as db:
            row = complaint(db, complaint_id)
        mine = row is not None and own is not None and row.person == own.id
        if not mine:
            require("complaints:read")
        if row is None:
            raise not_found("complaint", complaint_id)
        if not mine or caller().acting:
            note_read("complaint", row.person)
        entries = history(Complaint.stream(complaint_id), _TO_HER if mine else _TEXTS)
        body = {**ComplaintSchema().dump(row), "history": EntrySchema(many=True).dump(entries)}
        return one({**body, "version": len(entries)}, len(entries))


def _step(name: str, schema: type[RequestSchema], command: type[Any], says: str) -> None:
    """`POST /v1/complaints/<id>/<name>`: one of the steps of those who answer."""

    @blueprint.route(f"/complaints/<uuid:complaint_id>/{name}", endpoint=f"complaint-{name}")
    class Step(MethodView):
        @needs("complaints:handle")
        @blueprint.arguments(schema)
        @blueprint.response(200)
        def post(self, said: dict[str, Any], complaint_id: UUID) -> Response:
            return change(complaint_id, command(**said), must_match=True)

        post.__doc__ = says


_step("acknowledgement", RequestSchema, domain.Acknowledge, "Acknowledge it. A letter goes out.")
_step("investigation", InvestigationSchema, domain.Investigate, "Look into it.")
_step("outcome", ComplaintAnswerSchema, domain.AnswerComplaint, "Say what came of it. A letter goes out.")


def _must_be_known(id: UUID | None) -> None:
    with running().database.transaction() as db:
        if id is not None and member(db, id) is None:
            wrong = FieldError("#/member_id", "We know nobody with this id.")
            raise Problem(422, "invalid", wrong.detail, [wrong])
