"""Members: a coordinator's view of each, everybody's own page, and the link to a sign-in."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields

from services.membership.api.consents import to_look_at_again
from services.membership.api.own import own_or
from services.membership.api.same_person import AlikeSchema, alike
from services.membership.api.special_category import note_members_read
from services.membership.domain.member import TAKING_PART, OnboardingStep, Standing
from services.membership.domain.taking_part import LinkAccount
from services.membership.projections.consents import consents, consents_of
from services.membership.projections.contacts import contacts, ways_of
from services.membership.projections.members import (
    MemberRow,
    member,
    member_of_account,
    members,
    members_with,
)
from services.membership.projections.people import people
from shared.database.pool import Transaction
from shared.http.authorization import caller, may, needs, running
from shared.http.blueprint import Blueprint
from shared.http.changes import change
from shared.http.problems import Problem, not_found
from shared.http.reads import PageSchema, one, page, wait_for
from shared.http.schemas import RequestSchema, line
from shared.identity.people import Known, known

blueprint = Blueprint("members", "members", url_prefix="/v1", description="Members")


class MemberSchema(Schema):
    id = fields.UUID()
    standing = fields.String()
    name = fields.String()
    email = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)
    postal_address = fields.String(allow_none=True)
    about = fields.String(allow_none=True)
    stakeholder_group = fields.String()
    also = fields.List(fields.String(), metadata={"description": "Stakeholder groups that are true as well."})
    wanted_communities = fields.List(fields.UUID(), attribute="wanted")
    has_account = fields.Function(lambda row: row.account is not None)
    applied_at = fields.AwareDateTime()
    channel = fields.String()
    since = fields.AwareDateTime(metadata={"description": "When the standing last changed."})
    reason = fields.String(allow_none=True, metadata={"description": "Why it was declined, as the applicant was told."})
    ground_rules_agreed = fields.String(attribute="agreed", allow_none=True)
    version = fields.Integer()


class OneMemberSchema(MemberSchema):
    note = fields.String(allow_none=True, metadata={"description": "What to talk about. For those who decide."})
    same_person = fields.List(
        fields.Nested(AlikeSchema), metadata={"description": "Other records with the same email or phone. Likewise."}
    )
    communities = fields.List(fields.UUID())
    groups = fields.List(fields.UUID())
    onboarding = fields.List(
        fields.Nested("ChecklistSchema"), metadata={"description": "The checklist for new members, in its order."}
    )
    consents_to_look_at = fields.List(
        fields.String(), metadata={"description": "Purposes whose words have changed since she consented."}
    )


class ChecklistSchema(Schema):
    step = fields.String()
    done = fields.Boolean()


class AccountSchema(RequestSchema):
    account = line(required=True, metadata={"description": "The `sub` that the identity provider gives this person."})


class MembersQuerySchema(PageSchema):
    standing = fields.Enum(Standing, by_value=True, load_default=None)


@blueprint.route("/members")
class Members(MethodView):
    @needs("members:read")
    @blueprint.arguments(MembersQuerySchema, location="query")
    @blueprint.response(200, MemberSchema(many=True))
    def get(self, query: dict[str, Any]) -> Response:
        """Everybody who applied or joined, oldest first."""
        wait_for(members)
        with running().database.transaction() as db:
            standing = query["standing"]
            rows = members_with(db, standing and [standing], query["after"], query["limit"])
            rows = reached_now(db, rows)
        note_members_read("list-of-members", rows[: query["limit"]])
        return page(MemberSchema(), rows, query["limit"], lambda row: row.id)


@blueprint.route("/members/<uuid:member_id>")
class OneMember(MethodView):
    @needs("members:read-own")
    @blueprint.response(200, OneMemberSchema)
    def get(self, member_id: UUID) -> Response:
        """One member: for herself and for coordinators."""
        own_or(member_id, "members:read")
        with running().database.transaction() as db:
            row = member(db, member_id)
            if row is None:
                raise not_found("member", member_id)
            note_members_read("member-record", [row])
            return _shown(db, row)


@blueprint.route("/me")
class Me(MethodView):
    @needs("members:read-own")
    @blueprint.response(200, OneMemberSchema)
    def get(self) -> Response:
        """The caller's own record, whatever its standing; 404 when the sign-in is linked to nobody."""
        wait_for(members)
        me = caller()
        with running().database.transaction() as db:
            if me.acting and me.member:
                row = member(db, me.member)
            else:
                row = member_of_account(db, me.account) if me.account else None
            if row is None:
                raise Problem(
                    404, "not-linked", "Your sign-in is not linked to a membership. Apply to join, or ask us."
                )
            return _shown(db, row)


@blueprint.route("/members/<uuid:member_id>/account")
class Account(MethodView):
    @needs("members:link-account")
    @blueprint.arguments(AccountSchema)
    @blueprint.response(200)
    def put(self, body: dict[str, Any], member_id: UUID) -> Response:
        """Say which sign-in belongs to this member."""
        here = running()
        account = here.keyring.pseudonym("account", f"{here.settings.issuer} {body['account']}")
        return change(member_id, LinkAccount(account=account), must_match=True)


def reached_now(db: Transaction, rows: Sequence[MemberRow]) -> list[MemberRow]:
    """The same with the ways to reach each as they are now, where she is a member: else those of the application."""
    wait_for(contacts)
    now = ways_of(db, [row.id for row in rows])
    return [replace(row, **asdict(now[row.id])) if row.id in now else row for row in rows]


def _shown(db: Transaction, row: MemberRow) -> Response:
    wait_for(people)
    wait_for(consents)
    (row,) = reached_now(db, [row])
    belongs = known(db, row.id)
    for_deciders: dict[str, object] = {}
    if may("applications:decide"):
        same = alike(db, [row]).get(row.id, [])
        for_deciders = {"note": row.note, "same_person": AlikeSchema(many=True).dump(same)}
    return one(
        {
            **MemberSchema().dump(row),
            **for_deciders,
            "communities": [str(id) for id in belongs.communities] if belongs else [],
            "groups": [str(id) for id in belongs.groups] if belongs else [],
            "consents_to_look_at": to_look_at_again(consents_of(db, row.id)),
            "onboarding": _checklist(row, belongs) if row.standing in TAKING_PART else [],
        },
        row.version,
    )


def _checklist(row: MemberRow, belongs: Known | None) -> list[dict[str, object]]:
    """What a new member does first. Two steps she ticks off herself; the others show in what she did."""
    done = {
        OnboardingStep.QUICK_GUIDE: OnboardingStep.QUICK_GUIDE in row.steps,
        "ground-rules": row.agreed is not None,
        OnboardingStep.CONTACT_DETAILS: OnboardingStep.CONTACT_DETAILS in row.steps,
        "community": belongs is not None and bool(belongs.communities or belongs.groups),
    }
    return [{"step": str(step), "done": is_done} for step, is_done in done.items()]
