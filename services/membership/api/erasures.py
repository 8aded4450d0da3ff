"""Erasures: asking for one with the person's name typed, and the report of what was erased, kept and left to do."""

from typing import Any
from uuid import UUID

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields

from services.membership import erasing
from services.membership.projections.erasures import all_erasures, erasures, reports_of
from services.membership.projections.open_claims import open_claims
from shared.http.authorization import needs, running
from shared.http.blueprint import Blueprint
from shared.http.changes import change
from shared.http.problems import not_found
from shared.http.reads import PageSchema, one, page, wait_for
from shared.http.schemas import RequestSchema, line
from shared.messages.decisions import Refused

blueprint = Blueprint("erasures", "erasures", url_prefix="/v1", description="Erasing people")


class NewErasureSchema(RequestSchema):
    member_id = fields.UUID(required=True)
    confirmation = line(
        required=True, metadata={"description": "The person's name, typed exactly as it is recorded, or `erase <id>`."}
    )
    leave_claims_open = fields.Boolean(
        load_default=False, metadata={"description": "Unpaid claims are known, and the person wants nothing for them."}
    )


class MentionSchema(Schema):
    table = fields.String()
    key = fields.String()
    column = fields.String()


class TallySchema(Schema):
    what = fields.String()
    number = fields.Integer()
    why = fields.String(allow_none=True)


class ReportedSchema(Schema):
    service = fields.String()
    searched = fields.Boolean(allow_none=True, metadata={"description": "Whether others' texts were looked through."})
    mentions = fields.List(fields.Nested(MentionSchema))
    more = fields.Integer(metadata={"description": "Mentions beyond those that are listed."})
    confirmed_at = fields.AwareDateTime(allow_none=True)
    erased = fields.List(fields.Nested(TallySchema))
    kept = fields.List(fields.Nested(TallySchema))
    by_hand = fields.List(fields.Nested(TallySchema))


class ErasureSchema(Schema):
    member_id = fields.UUID()
    status = fields.String(metadata={"description": "searching, erasing, confirming or closed."})
    waiting_for = fields.List(fields.String())
    failures = fields.List(
        fields.String(), metadata={"description": "What could not be done, in sentences. Read first."}
    )
    claims_left_open = fields.Boolean(attribute="row.claims_left_open")
    asked_at = fields.AwareDateTime(attribute="row.asked_at")
    key_destroyed_at = fields.AwareDateTime(attribute="row.key_destroyed_at", allow_none=True)
    erased_at = fields.AwareDateTime(attribute="row.erased_at", allow_none=True)
    closed_at = fields.AwareDateTime(attribute="row.closed_at", allow_none=True)
    version = fields.Integer(attribute="row.version")


class OneErasureSchema(ErasureSchema):
    services = fields.List(fields.Nested(ReportedSchema))


@blueprint.route("/erasures")
class Erasures(MethodView):
    @needs("erasures:ask")
    @blueprint.arguments(NewErasureSchema)
    @blueprint.response(201)
    def post(self, new: dict[str, Any]) -> Response:
        """Erase somebody for good. 409 tells what is to be done first, such as paying what she has earned."""
        wait_for(open_claims)
        member_id = new["member_id"]
        try:
            command = erasing.ask(running(), member_id, new["confirmation"], leave_claims_open=new["leave_claims_open"])
        except Refused as refusal:
            if refusal.code == "unknown":
                raise not_found("member", member_id) from refusal
            raise
        return change(member_id, command, created=f"/v1/erasures/{member_id}")

    @needs("erasures:read")
    @blueprint.arguments(PageSchema, location="query")
    @blueprint.response(200, ErasureSchema(many=True))
    def get(self, query: dict[str, Any]) -> Response:
        """Erasures, the newest first."""
        wait_for(erasures)
        with running().database.transaction() as db:
            rows = [
                erasing.made(running(), row, reports_of(db, row.member_id))
                for row in all_erasures(db, query["after"], query["limit"])
            ]
        return page(ErasureSchema(), rows, query["limit"], lambda report: report.member_id)


@blueprint.route("/erasures/<uuid:member_id>")
class OneErasure(MethodView):
    @needs("erasures:read")
    @blueprint.response(200, OneErasureSchema)
    def get(self, member_id: UUID) -> Response:
        """The report: failures, then what was erased, what is kept and why, and what is left to do by hand."""
        wait_for(erasures)
        report = erasing.report(running(), member_id)
        if report is None:
            raise not_found("erasure", member_id)
        return one(OneErasureSchema().dump(report), report.row.version)
