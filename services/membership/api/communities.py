"""Communities of practice and working groups: what they are for, who belongs, what they have done."""

from typing import Any
from uuid import UUID

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, post_load, validate

from services.membership.domain.community import (
    Figure,
    FoundCommunity,
    JoinCommunity,
    Kind,
    MilestoneKind,
    NoteMilestone,
)
from services.membership.projections.communities import all_communities, communities, community, milestones_of
from services.membership.projections.people import people
from shared.http.authorization import needs, public, running
from shared.http.blueprint import Blueprint
from shared.http.changes import change
from shared.http.problems import FieldError, Problem, not_found
from shared.http.reads import PageSchema, one, page, wait_for
from shared.http.schemas import RequestSchema, line, link, paragraphs, period, whole
from shared.identity.people import members_of, person
from shared.messages.events import MemberId
from shared.messages.ids import uuid7

blueprint = Blueprint("communities", "communities", url_prefix="/v1", description="Communities and working groups")

_SMALLEST_SHOWN = 5  # smaller counts could point at a person


class NewCommunitySchema(RequestSchema):
    name = line(required=True)
    kind = fields.Enum(Kind, by_value=True, required=True)
    about = paragraphs(required=True)
    aims = fields.List(line(500), load_default=list, validate=validate.Length(max=20))
    parent = fields.UUID(load_default=None)
    places = whole(1, 1_000, load_default=None)
    source = link(load_default=None)


class CommunitySchema(Schema):
    id = fields.UUID()
    name = fields.String()
    kind = fields.String()
    about = fields.String()
    aims = fields.List(fields.String())
    parent = fields.UUID(allow_none=True)
    places = fields.Integer(allow_none=True)
    members = fields.Function(lambda row: row.members if row.members >= _SMALLEST_SHOWN else None)
    source = fields.String(allow_none=True)
    version = fields.Integer()


class FigureSchema(RequestSchema):
    label = line(required=True)
    value = fields.Float(required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Figure:
        return Figure(**data)


class NewMilestoneSchema(RequestSchema):
    title = line(300, required=True)
    period = period(load_default=None)
    kind = fields.Enum(MilestoneKind, by_value=True, required=True)
    summary = paragraphs(required=True)
    source = link(required=True)
    figures = fields.List(fields.Nested(FigureSchema), load_default=list, validate=validate.Length(max=30))


class MilestoneSchema(Schema):
    title = fields.String()
    period = fields.String(allow_none=True)
    kind = fields.String()
    summary = fields.String()
    source = fields.String()
    figures = fields.Function(
        lambda row: [{"label": figure.label, "value": figure.value} for figure in row.figures_read()]
    )


class NewBelongingSchema(RequestSchema):
    member_id = fields.UUID(required=True)


class BelongingSchema(Schema):
    member_id = fields.UUID()
    name = fields.String()


@blueprint.route("/communities")
class Communities(MethodView):
    @needs("communities:found")
    @blueprint.arguments(NewCommunitySchema)
    @blueprint.response(201)
    def post(self, new: dict[str, Any]) -> Response:
        """Begin a community, a working group or a partnership."""
        id = uuid7()
        return change(id, FoundCommunity(**{**new, "aims": tuple(new["aims"])}), created=f"/v1/communities/{id}")

    @public
    @blueprint.arguments(PageSchema, location="query")
    @blueprint.response(200, CommunitySchema(many=True))
    def get(self, query: dict[str, Any]) -> Response:
        """All communities. A number of members below five is not shown."""
        wait_for(communities)
        with running().database.transaction() as db:
            rows = all_communities(db, query["after"], query["limit"])
        return page(CommunitySchema(), rows, query["limit"], lambda row: row.id)


@blueprint.route("/communities/<uuid:community_id>")
class OneCommunity(MethodView):
    @public
    @blueprint.response(200, CommunitySchema)
    def get(self, community_id: UUID) -> Response:
        """One community with its milestones, oldest first."""
        wait_for(communities)
        with running().database.transaction() as db:
            row = community(db, community_id)
            if row is None:
                raise not_found("community", community_id)
            story = milestones_of(db, community_id)
        return one(
            {**CommunitySchema().dump(row), "milestones": MilestoneSchema().dump(story, many=True)},
            row.version,
        )


@blueprint.route("/communities/<uuid:community_id>/members")
class CommunityMembers(MethodView):
    @needs("communities:add-member")
    @blueprint.arguments(NewBelongingSchema)
    @blueprint.response(201)
    def post(self, new: dict[str, Any], community_id: UUID) -> Response:
        """Add an approved member, for example to the working group."""
        wait_for(people)
        with running().database.transaction() as db:
            if person(db, new["member_id"]) is None:
                wrong = FieldError("#/member_id", "There is no approved member with this id.")
                raise Problem(422, "invalid", wrong.detail, [wrong])
        return change(
            community_id,
            JoinCommunity(member=MemberId(new["member_id"])),
            created=f"/v1/communities/{community_id}/members",
        )

    @needs("communities:read-members")
    @blueprint.response(200, BelongingSchema(many=True))
    def get(self, community_id: UUID) -> Response:
        """Who belongs, in the order of joining."""
        wait_for(people)
        with running().database.transaction() as db:
            rows = members_of(db, community_id)
        return page(BelongingSchema(), rows, len(rows), lambda row: row.member_id)


@blueprint.route("/communities/<uuid:community_id>/milestones")
class Milestones(MethodView):
    @needs("communities:note-milestone")
    @blueprint.arguments(NewMilestoneSchema)
    @blueprint.response(201)
    def post(self, new: dict[str, Any], community_id: UUID) -> Response:
        """Add to the community's story, with a link to where it can be checked."""
        return change(
            community_id,
            NoteMilestone(**{**new, "figures": tuple(new["figures"])}),
            created=f"/v1/communities/{community_id}",
        )
