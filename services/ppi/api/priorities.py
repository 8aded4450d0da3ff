"""Priorities: what members find important, as meetings published it. Ideas are judged against them."""

from typing import Any

from flask import Response
from flask.views import MethodView
from flask_smorest import Blueprint
from marshmallow import Schema, fields

from services.ppi.projections.priorities import priorities, priority_lists
from shared.http.authorization import public, running
from shared.http.reads import PageSchema, page, wait_for

blueprint = Blueprint("priorities", "priorities", url_prefix="/v1", description="What members find important")


class PriorityListSchema(Schema):
    id = fields.UUID()
    community_id = fields.UUID()
    title = fields.String()
    source = fields.String()
    priorities = fields.Function(
        lambda row: [{"rank": priority.rank, "text": priority.text} for priority in row.priorities_read()]
    )


@blueprint.route("/priorities")
class Priorities(MethodView):
    @public
    @blueprint.arguments(PageSchema, location="query")
    @blueprint.response(200, PriorityListSchema(many=True))
    def get(self, query: dict[str, Any]) -> Response:
        """The published lists, in the order of publication."""
        wait_for(priorities)
        with running().database.transaction() as db:
            rows = priority_lists(db, query["after"], query["limit"])
        return page(PriorityListSchema(), rows, query["limit"], lambda row: row.id)
