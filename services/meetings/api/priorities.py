"""Priorities: what communities agreed to matter most, each list with its source."""

from typing import Any

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, post_load, validate

from services.meetings.api.known_communities import must_know
from services.meetings.domain.priorities import Priority, PublishPriorities
from services.meetings.projections.priorities import priorities, published
from shared.http.authorization import needs, public, running
from shared.http.blueprint import Blueprint
from shared.http.changes import change
from shared.http.reads import PageSchema, page, wait_for
from shared.http.schemas import RequestSchema, line, link, paragraphs, period, whole
from shared.messages.ids import uuid7

blueprint = Blueprint("priorities", "priorities", url_prefix="/v1", description="Priorities of communities")


class NewPrioritySchema(RequestSchema):
    text = line(500, required=True)
    rank = whole(1, 200, load_default=None)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Priority:
        return Priority(**data)


class NewPriorityListSchema(RequestSchema):
    community_id = fields.UUID(required=True)
    title = line(300, required=True)
    period = period(required=True)
    method = paragraphs(2_000, required=True)
    source = link(required=True)
    priorities = fields.List(
        fields.Nested(NewPrioritySchema),
        required=True,
        validate=validate.Length(1, 200, error="Give 1 to 200 priorities."),
    )


class PriorityListSchema(Schema):
    id = fields.UUID()
    community_id = fields.UUID()
    title = fields.String()
    period = fields.String()
    method = fields.String()
    source = fields.String()
    priorities = fields.Function(
        lambda row: [{"rank": priority.rank, "text": priority.text} for priority in row.priorities_read()]
    )
    version = fields.Integer()


@blueprint.route("/priorities")
class Priorities(MethodView):
    @needs("priorities:publish")
    @blueprint.arguments(NewPriorityListSchema)
    @blueprint.response(201)
    def post(self, new: dict[str, Any]) -> Response:
        """Publish a list that a community agreed, with a link to where it can be checked."""
        community = new.pop("community_id")
        must_know(community)
        id = uuid7()
        return change(
            id,
            PublishPriorities(**{**new, "community": community, "priorities": tuple(new["priorities"])}),
            created="/v1/priorities",
        )

    @public
    @blueprint.arguments(PageSchema, location="query")
    @blueprint.response(200, PriorityListSchema(many=True))
    def get(self, query: dict[str, Any]) -> Response:
        """All published lists, in the order of publishing."""
        wait_for(priorities)
        with running().database.transaction() as db:
            rows = published(db, query["after"], query["limit"])
        return page(PriorityListSchema(), rows, query["limit"], lambda row: row.id)
