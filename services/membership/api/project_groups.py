"""Small groups on a sub-topic: proposed by any member of a community, gathered, run, closed with an outcome."""

from typing import Any
from uuid import UUID

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields

from services.membership.api.seeing import seen
from services.membership.domain.project_group import (
    CloseProjectGroup,
    JoinProjectGroup,
    LeaveProjectGroup,
    ProposeProjectGroup,
    StartProjectGroup,
)
from services.membership.projections.communities import belongs_to, communities
from services.membership.projections.people import people
from services.membership.projections.project_groups import (
    ProjectGroupRow,
    groups_of,
    people_in,
    project_group,
    project_groups,
)
from shared.database.pool import Transaction
from shared.http.authorization import caller, may, needs, require, running
from shared.http.blueprint import Blueprint
from shared.http.changes import change
from shared.http.problems import Problem, not_found
from shared.http.reads import PageSchema, one, page, wait_for
from shared.http.schemas import RequestSchema, line, link, paragraphs, whole
from shared.messages.events import MemberId
from shared.messages.ids import uuid7

blueprint = Blueprint("project groups", "project-groups", url_prefix="/v1", description="Small groups on a sub-topic")

_ONE = "/project-groups/<uuid:group_id>"


class NewProjectGroupSchema(RequestSchema):
    topic = line(required=True)
    about = paragraphs(2_000, required=True)
    wanted = whole(2, 30, load_default=3, metadata={"description": "How many it needs to begin, you counted."})


class ProjectOutcomeSchema(RequestSchema):
    outcome = paragraphs(2_000, required=True)
    link = link(load_default=None)


class ProjectGroupSchema(Schema):
    id = fields.UUID()
    community_id = fields.UUID()
    topic = fields.String()
    about = fields.String()
    wanted = fields.Integer()
    status = fields.String()
    outcome = fields.String(allow_none=True)
    link = fields.String(allow_none=True)
    proposed_at = fields.AwareDateTime()
    people = fields.Integer()
    version = fields.Integer()


class InGroupSchema(Schema):
    member_id = fields.UUID()
    name = fields.String(allow_none=True)


class OneProjectGroupSchema(ProjectGroupSchema):
    members = fields.List(
        fields.Nested(InGroupSchema), metadata={"description": "For those in it, and coordinators. The first leads it."}
    )
    my_part = fields.String(allow_none=True, metadata={"description": "lead, member, or null."})


@blueprint.route("/communities/<uuid:community_id>/project-groups")
class ProjectGroups(MethodView):
    @needs("project-groups:take-part")
    @blueprint.arguments(NewProjectGroupSchema)
    @blueprint.response(201)
    def post(self, new: dict[str, Any], community_id: UUID) -> Response:
        """Propose a group in a community that one belongs to."""
        me = _member_of(community_id)
        id = uuid7()
        return change(
            id,
            ProposeProjectGroup(community=community_id, proposer=me, **new),
            created=f"/v1/project-groups/{id}",
        )

    @needs("project-groups:take-part")
    @blueprint.arguments(PageSchema, location="query")
    @blueprint.response(200, ProjectGroupSchema(many=True))
    def get(self, query: dict[str, Any], community_id: UUID) -> Response:
        """The groups of a community, for those who belong to it and for coordinators."""
        if not may("communities:read-all"):
            _member_of(community_id)
        wait_for(project_groups)
        with running().database.transaction() as db:
            rows = groups_of(db, community_id, query["after"], query["limit"])
        return page(ProjectGroupSchema(), rows, query["limit"], lambda row: row.id)


@blueprint.route(_ONE)
class OneProjectGroup(MethodView):
    @needs("project-groups:take-part")
    @blueprint.response(200, OneProjectGroupSchema)
    def get(self, group_id: UUID) -> Response:
        """One group. Who is in it is told to those in it and to coordinators."""
        row, part = _found(group_id)
        with running().database.transaction() as db:
            members = people_in(db, group_id) if part or may("communities:read-all") else []
        body = {
            **ProjectGroupSchema().dump(row),
            "members": InGroupSchema(many=True).dump(members),
            "my_part": part,
        }
        return one(body, row.version)


@blueprint.route(f"{_ONE}/members")
class ProjectGroupMembers(MethodView):
    @needs("project-groups:take-part")
    @blueprint.arguments(RequestSchema)
    @blueprint.response(201)
    def post(self, _: dict[str, Any], group_id: UUID) -> Response:
        """Take part."""
        row, _part = _found(group_id)
        me = _member_of(row.community_id)
        return change(group_id, JoinProjectGroup(member=me), created=f"/v1/project-groups/{group_id}")


@blueprint.route(f"{_ONE}/members/<uuid:member_id>")
class ProjectGroupMember(MethodView):
    @needs("project-groups:take-part")
    @blueprint.response(200)
    def delete(self, group_id: UUID, member_id: UUID) -> Response:
        """Take part no more: herself, or by a coordinator."""
        _found(group_id)
        if caller().member != member_id:
            require("project-groups:run-any")
        return change(group_id, LeaveProjectGroup(member=MemberId(member_id)))


@blueprint.route(f"{_ONE}/start")
class ProjectGroupStart(MethodView):
    @needs("project-groups:take-part")
    @blueprint.arguments(RequestSchema)
    @blueprint.response(200)
    def post(self, _: dict[str, Any], group_id: UUID) -> Response:
        """Begin: whoever leads it, or a coordinator."""
        _must_run(group_id)
        return change(group_id, StartProjectGroup(), must_match=True)


@blueprint.route(f"{_ONE}/outcome")
class ProjectGroupOutcome(MethodView):
    @needs("project-groups:take-part")
    @blueprint.arguments(ProjectOutcomeSchema)
    @blueprint.response(200)
    def post(self, outcome: dict[str, Any], group_id: UUID) -> Response:
        """Close it with what came of it: whoever leads it, or a coordinator."""
        _must_run(group_id)
        return change(group_id, CloseProjectGroup(**outcome), must_match=True)


def _found(group_id: UUID) -> tuple[ProjectGroupRow, str | None]:
    """A group with the caller's part in it. For outsiders of its community it is not there (404)."""
    wait_for(project_groups)
    _wait()
    me = caller().member
    with running().database.transaction() as db:
        row = project_group(db, group_id)
        inside = row is not None and (may("communities:read-all") or (me and belongs_to(db, row.community_id, me)))
        part = _part(db, group_id, me) if row else None
    if row is None or not (inside or part):
        raise not_found("project group", group_id)
    return row, part


def _part(db: Transaction, group_id: UUID, me: MemberId | None) -> str | None:
    ids = [each.member_id for each in people_in(db, group_id)]
    if me is None or me not in ids:
        return None
    return "lead" if ids[0] == me else "member"


def _must_run(group_id: UUID) -> None:
    _, part = _found(group_id)
    if part != "lead":
        require("project-groups:run-any")


def _member_of(community_id: UUID) -> MemberId:
    """The caller, who belongs to this community. 404 where she may not even know of it, else 403."""
    _wait()
    me = caller().member
    with running().database.transaction() as db:
        seen(db, community_id)
        if me is None or not belongs_to(db, community_id, me):
            raise Problem(403, "not-in-it", "This is for those who belong to the community. Join it first.")
    return me


def _wait() -> None:
    wait_for(communities)
    wait_for(people)
