"""Communities of practice and working groups: what they are for, who belongs, what they have done."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, post_load, validate

from services.membership.api.seeing import must_lead, seen, sees_inside
from services.membership.domain.community import (
    DescribeCommunity,
    Figure,
    FoundCommunity,
    Kind,
    MilestoneKind,
    NoteMilestone,
    Privacy,
    SetPrivacy,
)
from services.membership.projections.communities import (
    ASKING,
    FACILITATOR,
    CommunityRow,
    all_communities,
    belongs_to,
    communities,
    has_part,
    milestones_of,
    parts,
)
from services.membership.projections.people import people
from shared.database.pool import Transaction
from shared.http.authorization import caller, may, needs, public, running
from shared.http.blueprint import Blueprint
from shared.http.changes import change
from shared.http.reads import PageSchema, one, page, wait_for
from shared.http.schemas import RequestSchema, line, link, paragraphs, period, whole
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
    privacy = fields.Enum(
        Privacy,
        by_value=True,
        load_default=None,
        metadata={"description": "open, restricted (ask), private (inside for members), confidential (unlisted)"},
    )


class DescriptionSchema(RequestSchema):
    about = paragraphs(required=True)
    aims = fields.List(line(500), required=True, validate=validate.Length(max=20))


class PrivacySchema(RequestSchema):
    privacy = fields.Enum(Privacy, by_value=True, required=True)


class CommunitySchema(Schema):
    id = fields.UUID()
    name = fields.String()
    kind = fields.String()
    privacy = fields.String()
    about = fields.String()
    aims = fields.List(fields.String())
    parent = fields.UUID(allow_none=True)
    places = fields.Integer(allow_none=True)
    members = fields.Function(lambda row: row.members if (row.members or 0) >= _SMALLEST_SHOWN else None)
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


class PartSchema(Schema):
    member_id = fields.UUID()
    name = fields.String(allow_none=True)


class OneCommunitySchema(CommunitySchema):
    milestones = fields.List(fields.Nested(MilestoneSchema))
    my_part = fields.String(allow_none=True, metadata={"description": "member, facilitator, asking, or null."})
    facilitators = fields.List(
        fields.Nested(PartSchema), metadata={"description": "Names are for those who belong, and for coordinators."}
    )


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
        """All communities that are there for the caller. A number of members below five is not shown.

        Of a private one only its members see the aims and how many they are.
        """
        _wait()
        with running().database.transaction() as db:
            everything = may("communities:read-all")
            rows = all_communities(db, query["after"], query["limit"], member=caller().member, everything=everything)
            shown = [_as_seen(db, row) for row in rows]
        return page(CommunitySchema(), shown, query["limit"], lambda row: row.id)


@blueprint.route("/communities/<uuid:community_id>")
class OneCommunity(MethodView):
    @public
    @blueprint.response(200, OneCommunitySchema)
    def get(self, community_id: UUID) -> Response:
        """One community with its milestones, oldest first, and the caller's own part in it."""
        _wait()
        with running().database.transaction() as db:
            row = seen(db, community_id)
            inside = sees_inside(db, row)
            story = milestones_of(db, community_id) if inside else []
            part = _part_of_caller(db, community_id)
            leads = part or may("communities:read-all")
            body = {
                **CommunitySchema().dump(_as_seen(db, row)),
                "milestones": MilestoneSchema().dump(story, many=True),
                "my_part": part,
                "facilitators": PartSchema().dump(parts(db, community_id, FACILITATOR), many=True) if leads else [],
            }
        return one(body, row.version)


def _wait() -> None:
    wait_for(communities)
    wait_for(people)


def _as_seen(db: Transaction, row: CommunityRow) -> CommunityRow:
    return row if sees_inside(db, row) else replace(row, aims=[], members=0, source=None)


def _part_of_caller(db: Transaction, community_id: UUID) -> str | None:
    me = caller().member
    if me is None:
        return None
    if has_part(db, community_id, me, FACILITATOR):
        return FACILITATOR
    if belongs_to(db, community_id, me):
        return "member"
    return ASKING if has_part(db, community_id, me, ASKING) else None


@blueprint.route("/communities/<uuid:community_id>/description")
class Description(MethodView):
    @needs("communities:lead")
    @blueprint.arguments(DescriptionSchema)
    @blueprint.response(200)
    def put(self, new: dict[str, Any], community_id: UUID) -> Response:
        """Say anew what it is about and what its aims are: its facilitators, or a coordinator."""
        must_lead(community_id, "communities:found")
        return change(community_id, DescribeCommunity(about=new["about"], aims=tuple(new["aims"])), must_match=True)


@blueprint.route("/communities/<uuid:community_id>/privacy")
class PrivacyLevel(MethodView):
    @needs("communities:found")
    @blueprint.arguments(PrivacySchema)
    @blueprint.response(200)
    def put(self, new: dict[str, Any], community_id: UUID) -> Response:
        """Say who sees it and how one gets in."""
        return change(community_id, SetPrivacy(**new), must_match=True)


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
