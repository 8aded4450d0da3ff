"""Belonging to a community or group: joining, asking to, being let in, leaving, and who facilitates."""

from typing import Any
from uuid import UUID

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields

from services.membership.api.seeing import must_lead, seen
from services.membership.domain.community import (
    AppointFacilitator,
    AskToJoin,
    Community,
    DeclineJoining,
    JoinCommunity,
    LeaveCommunity,
    StandDownFacilitator,
)
from services.membership.projections.communities import ASKING, communities, parts
from services.membership.projections.people import people
from services.membership.projections.serving import Serving, serving, serving_in
from shared.http.authorization import caller, needs, require, running
from shared.http.blueprint import Blueprint
from shared.http.changes import change
from shared.http.problems import FieldError, Problem
from shared.http.reads import page, wait_for
from shared.http.schemas import RequestSchema
from shared.identity.people import ACTIVE, members_of, person
from shared.messages.events import MemberId

blueprint = Blueprint("belonging", "belonging", url_prefix="/v1", description="Belonging to communities and groups")


class NewBelongingSchema(RequestSchema):
    member_id = fields.UUID(required=True)


class TrainingSchema(Schema):
    training = fields.String()
    done_on = fields.Date()


class ServingSchema(Schema):
    starts_on = fields.Date(allow_none=True)
    ends_on = fields.Date(allow_none=True)
    roles = fields.List(fields.String())
    training = fields.List(fields.Nested(TrainingSchema))


class BelongingSchema(Schema):
    member_id = fields.UUID()
    name = fields.String()
    serving = fields.Nested(ServingSchema, metadata={"description": "In a working group: term, roles and training."})


class AskingSchema(Schema):
    member_id = fields.UUID()
    name = fields.String(allow_none=True)
    since = fields.AwareDateTime()


@blueprint.route("/communities/<uuid:community_id>/requests")
class Requests(MethodView):
    @needs("communities:take-part")
    @blueprint.arguments(RequestSchema)
    @blueprint.response(201)
    def post(self, _: dict[str, Any], community_id: UUID) -> Response:
        """Join, or ask to where somebody lets members in. The answer says which: `member` or `asking`."""
        me = _myself()
        _must_be_there(community_id)

        def part(after: Community) -> dict[str, object]:
            return {"id": str(community_id), "my_part": "member" if me in after.members else ASKING}

        return change(
            community_id,
            AskToJoin(member=me),
            created=f"/v1/communities/{community_id}/members/{me}",
            answer=part,
        )

    @needs("communities:lead")
    @blueprint.response(200, AskingSchema(many=True))
    def get(self, community_id: UUID) -> Response:
        """Who asked to join and waits for an answer: for its facilitators and for coordinators."""
        must_lead(community_id, "communities:read-members")
        with running().database.transaction() as db:
            rows = parts(db, community_id, ASKING)
        return page(AskingSchema(), rows, len(rows), lambda row: row.member_id)


@blueprint.route("/communities/<uuid:community_id>/requests/<uuid:member_id>/refusal")
class RequestRefusal(MethodView):
    @needs("communities:lead")
    @blueprint.arguments(RequestSchema)
    @blueprint.response(200)
    def post(self, _: dict[str, Any], community_id: UUID, member_id: UUID) -> Response:
        """Answer no to a member who asked to join."""
        must_lead(community_id, "communities:add-member")
        return change(community_id, DeclineJoining(member=MemberId(member_id)))


@blueprint.route("/communities/<uuid:community_id>/members")
class CommunityMembers(MethodView):
    @needs("communities:lead")
    @blueprint.arguments(NewBelongingSchema)
    @blueprint.response(201)
    def post(self, new: dict[str, Any], community_id: UUID) -> Response:
        """Let a member in who asked, or bring one in who was invited: its facilitators, or a coordinator."""
        must_lead(community_id, "communities:add-member")
        with running().database.transaction() as db:
            found = person(db, new["member_id"])
        if found is None or found.standing != ACTIVE:
            wrong = FieldError("#/member_id", "There is no member with this id who takes part now.")
            raise Problem(422, "invalid", wrong.detail, [wrong])
        return change(
            community_id,
            JoinCommunity(member=MemberId(new["member_id"])),
            created=f"/v1/communities/{community_id}/members",
        )

    @needs("communities:lead")
    @blueprint.response(200, BelongingSchema(many=True))
    def get(self, community_id: UUID) -> Response:
        """Who belongs and takes part now, in the order of joining: for its facilitators and for coordinators."""
        must_lead(community_id, "communities:read-members")
        wait_for(serving)
        with running().database.transaction() as db:
            serve = serving_in(db, community_id)
            rows = [
                {"member_id": each.member_id, "name": each.name, "serving": serve.get(each.member_id, Serving())}
                for each in members_of(db, community_id)
            ]
        return page(BelongingSchema(), rows, len(rows), lambda row: row["member_id"])


@blueprint.route("/communities/<uuid:community_id>/members/<uuid:member_id>")
class OneBelonging(MethodView):
    @needs("communities:take-part")
    @blueprint.response(200)
    def delete(self, community_id: UUID, member_id: UUID) -> Response:
        """Leave, or take back that one asked to join: herself, one of its facilitators, or a coordinator."""
        if caller().member != member_id:
            must_lead(community_id, "communities:add-member")
        else:
            _must_be_there(community_id)
        return change(community_id, LeaveCommunity(member=MemberId(member_id)))


@blueprint.route("/communities/<uuid:community_id>/facilitators")
class Facilitators(MethodView):
    @needs("communities:appoint")
    @blueprint.arguments(NewBelongingSchema)
    @blueprint.response(201)
    def post(self, new: dict[str, Any], community_id: UUID) -> Response:
        """Let one of its members facilitate it."""
        return change(
            community_id,
            AppointFacilitator(member=MemberId(new["member_id"])),
            created=f"/v1/communities/{community_id}/facilitators/{new['member_id']}",
        )


@blueprint.route("/communities/<uuid:community_id>/facilitators/<uuid:member_id>")
class OneFacilitator(MethodView):
    @needs("communities:lead")
    @blueprint.response(200)
    def delete(self, community_id: UUID, member_id: UUID) -> Response:
        """No longer facilitate: herself, or by a coordinator. She stays a member."""
        if caller().member != member_id:
            require("communities:appoint")
        return change(community_id, StandDownFacilitator(member=MemberId(member_id)))


def _myself() -> MemberId:
    """The member who calls. A coordinator without a membership has nothing to join with."""
    me = caller().member
    if me is None:
        raise Problem(403, "not-a-member", "Only members join communities. Link your sign-in to a membership first.")
    return me


def _must_be_there(community_id: UUID) -> None:
    wait_for(communities)
    wait_for(people)
    with running().database.transaction() as db:
        seen(db, community_id)
