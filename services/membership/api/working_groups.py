"""Serving in a working group: terms, roles and training. Written down by its facilitators or a coordinator."""

from typing import Any
from uuid import UUID

from flask import Response
from flask.views import MethodView
from marshmallow import fields

from services.membership.api.seeing import must_lead
from services.membership.domain.community import GroupRole
from services.membership.domain.working_group import NoteTraining, SetRoles, SetTerm
from shared.http.authorization import needs
from shared.http.blueprint import Blueprint
from shared.http.changes import change
from shared.http.schemas import RequestSchema, line
from shared.messages.events import MemberId

blueprint = Blueprint("working groups", "working-groups", url_prefix="/v1", description="Serving in a working group")

_SEAT = "/communities/<uuid:community_id>/members/<uuid:member_id>"


class TermSchema(RequestSchema):
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(load_default=None, metadata={"description": "The last day; left out when none is agreed."})


class RolesSchema(RequestSchema):
    roles = fields.List(fields.Enum(GroupRole, by_value=True), required=True)


class NewTrainingSchema(RequestSchema):
    training = line(required=True)
    done_on = fields.Date(required=True)


@blueprint.route(f"{_SEAT}/term")
class Term(MethodView):
    @needs("communities:lead")
    @blueprint.arguments(TermSchema)
    @blueprint.response(200)
    def put(self, term: dict[str, Any], community_id: UUID, member_id: UUID) -> Response:
        """Agree from when to when somebody serves."""
        must_lead(community_id, "communities:appoint")
        return change(community_id, SetTerm(member=MemberId(member_id), **term), must_match=True)


@blueprint.route(f"{_SEAT}/roles")
class Roles(MethodView):
    @needs("communities:appoint")
    @blueprint.arguments(RolesSchema)
    @blueprint.response(200)
    def put(self, new: dict[str, Any], community_id: UUID, member_id: UUID) -> Response:
        """Say which roles somebody has; an empty list ends those that she had."""
        return change(
            community_id, SetRoles(member=MemberId(member_id), roles=frozenset(new["roles"])), must_match=True
        )


@blueprint.route(f"{_SEAT}/training")
class Training(MethodView):
    @needs("communities:lead")
    @blueprint.arguments(NewTrainingSchema)
    @blueprint.response(201)
    def post(self, new: dict[str, Any], community_id: UUID, member_id: UUID) -> Response:
        """Write down a course that somebody took."""
        must_lead(community_id, "communities:appoint")
        return change(
            community_id,
            NoteTraining(member=MemberId(member_id), **new),
            created=f"/v1/communities/{community_id}/members",
        )
