"""Applications to join: anybody may send one; a coordinator decides."""

from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from flask import Response
from flask.views import MethodView
from marshmallow import ValidationError, fields, validate, validates_schema

from services.membership.api.members import MemberSchema
from services.membership.api.own import own_or
from services.membership.api.same_person import Alike, AlikeSchema, alike, note
from services.membership.api.special_category import note_members_read
from services.membership.domain.community import Kind
from services.membership.domain.joining import Apply, Approve, Refuse, TalkFirst, Withdraw
from services.membership.domain.member import ENDED, WAITING, StakeholderGroup, Standing
from services.membership.projections.communities import all_communities, communities
from services.membership.projections.members import MemberRow, member_of_account, members, members_with
from shared.http.authorization import caller, needs, public, require, running
from shared.http.blueprint import Blueprint
from shared.http.changes import change, channel_of_request
from shared.http.problems import FieldError, Problem
from shared.http.reads import PageSchema, page, wait_for
from shared.http.schemas import RequestSchema, line, paragraphs
from shared.messages.decisions import Channel
from shared.messages.ids import uuid7

blueprint = Blueprint("applications", "applications", url_prefix="/v1", description="Asking to join")


class ApplicationSchema(RequestSchema):
    name = line(required=True)
    email = fields.Email(
        load_default=None, error_messages={"invalid": "Write an email address, such as ann@example.org."}
    )
    phone = line(40, load_default=None)
    postal_address = paragraphs(500, load_default=None)
    about = paragraphs(2_000, load_default=None)
    stakeholder_group = fields.Enum(StakeholderGroup, by_value=True, required=True)
    also = fields.List(
        fields.Enum(StakeholderGroup, by_value=True),
        load_default=list,
        validate=validate.Length(max=len(StakeholderGroup)),
        metadata={"description": "Groups that are true as well; the one above is for counting."},
    )
    communities = fields.List(fields.UUID(), required=True, validate=validate.Length(max=20))

    @validates_schema
    def can_be_reached(self, data: dict[str, Any], **_: Any) -> None:
        if not any(data.get(way) for way in ("email", "phone", "postal_address")):
            raise ValidationError("Give at least one way to reach you: email, phone or postal address.", "email")


@dataclass(frozen=True)
class Applicant(MemberRow):
    same_person: list[Alike]


class ApplicantSchema(MemberSchema):
    same_person = fields.List(
        fields.Nested(AlikeSchema), metadata={"description": "Other records with the same email or phone."}
    )


class RefusalSchema(RequestSchema):
    reason = paragraphs(2_000, required=True)


class ConversationSchema(RequestSchema):
    note = paragraphs(2_000, load_default=None)


class StandingSchema(PageSchema):
    standing = fields.Enum(Standing, by_value=True, load_default=None)


@blueprint.route("/applications")
class Applications(MethodView):
    @public
    @blueprint.arguments(ApplicationSchema)
    @blueprint.response(201)
    def post(self, application: dict[str, Any]) -> Response:
        """Ask to join. With an access token, the sign-in is linked to the application.

        An application that came by phone, by post or in person is taken by a coordinator: Copse-Channel says so, and
        nobody's sign-in is linked.
        """
        taken = channel_of_request() is not Channel.WEB
        if taken:
            require("applications:take")
        account = None if taken else caller().account
        if account:
            _must_be_the_first(account)
        wanted = list(dict.fromkeys(application.pop("communities")))
        _must_exist(wanted)
        id = uuid7()
        note({id: {way: application[way] for way in ("email", "phone", "postal_address")}})
        return change(
            id,
            Apply(**{**application, "also": tuple(application["also"])}, communities=tuple(wanted), account=account),
            created=f"/v1/members/{id}",
        )

    @needs("applications:read")
    @blueprint.arguments(StandingSchema, location="query")
    @blueprint.response(200, ApplicantSchema(many=True))
    def get(self, query: dict[str, Any]) -> Response:
        """Applications by standing, by default those that wait for an answer, oldest first."""
        wait_for(members)
        standings = [query["standing"]] if query["standing"] else WAITING
        with running().database.transaction() as db:
            rows = members_with(db, standings, query["after"], query["limit"])
            same = alike(db, rows)
        note_members_read("list-of-applications", rows[: query["limit"]])
        shown = [Applicant(**asdict(row), same_person=same.get(row.id, [])) for row in rows]
        return page(ApplicantSchema(), shown, query["limit"], lambda row: row.id)


@blueprint.route("/applications/<uuid:member_id>/approval")
class Approval(MethodView):
    @needs("applications:decide")
    @blueprint.arguments(RequestSchema)
    @blueprint.response(200)
    def post(self, _: dict[str, Any], member_id: UUID) -> Response:
        """Welcome an applicant. She joins the communities that she asked for, and is written to."""
        return change(member_id, Approve(), must_match=True)


@blueprint.route("/applications/<uuid:member_id>/refusal")
class Refusal(MethodView):
    @needs("applications:decide")
    @blueprint.arguments(RefusalSchema)
    @blueprint.response(200)
    def post(self, refusal: dict[str, Any], member_id: UUID) -> Response:
        """Decline an application. The applicant gets a kind letter with the reason."""
        return change(member_id, Refuse(**refusal), must_match=True)


@blueprint.route("/applications/<uuid:member_id>/conversation")
class Conversation(MethodView):
    @needs("applications:decide")
    @blueprint.arguments(ConversationSchema)
    @blueprint.response(200)
    def post(self, conversation: dict[str, Any], member_id: UUID) -> Response:
        """Put an application aside until somebody has talked with the applicant."""
        return change(member_id, TalkFirst(**conversation), must_match=True)


@blueprint.route("/applications/<uuid:member_id>/withdrawal")
class Withdrawal(MethodView):
    @needs("members:change-own")
    @blueprint.arguments(RequestSchema)
    @blueprint.response(200)
    def post(self, _: dict[str, Any], member_id: UUID) -> Response:
        """Take an application back: the applicant herself, or a coordinator who was told so."""
        own_or(member_id, "applications:decide")
        return change(member_id, Withdraw(), must_match=True)


def _must_be_the_first(account: UUID) -> None:
    wait_for(members)
    with running().database.transaction() as db:
        before = member_of_account(db, account)
    if before and before.standing not in ENDED:
        raise Problem(409, "applied-before", "You have applied before with this sign-in. See your own page.")


def _must_exist(wanted: list[UUID]) -> None:
    wait_for(communities)
    with running().database.transaction() as db:
        there = {row.id for row in all_communities(db, None, 1_000) if row.kind == Kind.COMMUNITY}
    unknown = [
        FieldError(f"#/communities/{nth}", "There is no such community. Choose from GET /v1/communities.")
        for nth, id in enumerate(wanted)
        if id not in there
    ]
    if unknown:
        raise Problem(422, "invalid", "Some of what was sent is not right. See errors for each.", unknown)
