"""Claims: what reviewers have earned."""

from typing import Any

from flask import Response
from flask.views import MethodView
from flask_smorest import Blueprint
from marshmallow import Schema, fields

from services.ppi.api.relations import calling_member
from services.ppi.projections.claims import claims, claims_of
from shared.http.authorization import may, needs, running
from shared.http.reads import PageSchema, page, wait_for

blueprint = Blueprint("claims", "claims", url_prefix="/v1", description="Fees earned")


class ClaimSchema(Schema):
    id = fields.UUID()
    payee_id = fields.UUID()
    payee_name = fields.String(allow_none=True)
    request_id = fields.UUID()
    activity = fields.String()
    amount_pence = fields.Integer()
    activity_on = fields.Date()
    rate_from = fields.Date()
    rate_source = fields.String()
    status = fields.String()
    version = fields.Integer()


@blueprint.route("/claims")
class Claims(MethodView):
    @needs("claims:read")
    @blueprint.arguments(PageSchema, location="query")
    @blueprint.response(200, ClaimSchema(many=True))
    def get(self, query: dict[str, Any]) -> Response:
        """Finance and coordinators see all, with names; everybody else their own. Oldest first."""
        wait_for(claims)
        sees_all = may("claims:read-all")
        payee = None if sees_all else calling_member()
        with running().database.transaction() as db:
            rows = claims_of(db, payee, query["after"], query["limit"])
        schema = ClaimSchema() if sees_all else ClaimSchema(exclude=["payee_name"])
        return page(schema, rows, query["limit"], lambda row: row.id)
