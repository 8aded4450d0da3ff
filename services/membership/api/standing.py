"""Where a member stands: agreeing to the ground rules, taking a break, coming back, leaving."""

from typing import Any
from uuid import UUID

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields

from services.membership.api.own import own_or
from services.membership.domain.ground_rules import CURRENT
from services.membership.domain.member import OnboardingStep
from services.membership.domain.taking_part import Activate, Leave, Pause, Return, TickOff
from shared.http.authorization import needs, public
from shared.http.blueprint import Blueprint
from shared.http.changes import change
from shared.http.reads import one
from shared.http.schemas import RequestSchema, line

blueprint = Blueprint("standing", "standing", url_prefix="/v1", description="Where a member stands")


class AgreementSchema(RequestSchema):
    ground_rules = line(20, required=True, metadata={"description": "The version of the wording that was agreed to."})


class StepSchema(RequestSchema):
    step = fields.Enum(OnboardingStep, by_value=True, required=True)


class GroundRulesSchema(Schema):
    version = fields.String()
    rules = fields.List(fields.String())


@blueprint.route("/ground-rules")
class GroundRules(MethodView):
    @public
    @blueprint.response(200, GroundRulesSchema)
    def get(self) -> Response:
        """The ground rules in force, word for word."""
        return one(GroundRulesSchema().dump(CURRENT), None)


@blueprint.route("/members/<uuid:member_id>/activation")
class Activation(MethodView):
    @needs("members:change-own")
    @blueprint.arguments(AgreementSchema)
    @blueprint.response(200)
    def post(self, agreement: dict[str, Any], member_id: UUID) -> Response:
        """Agree to the ground rules: the member herself, or a coordinator who read them to her (Copse-Channel)."""
        own_or(member_id, "members:change")
        return change(member_id, Activate(**agreement), must_match=True)


@blueprint.route("/members/<uuid:member_id>/onboarding")
class Onboarding(MethodView):
    @needs("members:change-own")
    @blueprint.arguments(StepSchema)
    @blueprint.response(200)
    def post(self, done: dict[str, Any], member_id: UUID) -> Response:
        """Tick off a step of the checklist for new members."""
        own_or(member_id, "members:change")
        return change(member_id, TickOff(**done))


@blueprint.route("/members/<uuid:member_id>/pause")
class Pausing(MethodView):
    @needs("members:change-own")
    @blueprint.arguments(RequestSchema)
    @blueprint.response(200)
    def post(self, _: dict[str, Any], member_id: UUID) -> Response:
        """Take a break: no invitations until the return. The places in coming meetings are freed."""
        own_or(member_id, "members:change")
        return change(member_id, Pause(), must_match=True)


@blueprint.route("/members/<uuid:member_id>/return")
class Returning(MethodView):
    @needs("members:change-own")
    @blueprint.arguments(RequestSchema)
    @blueprint.response(200)
    def post(self, _: dict[str, Any], member_id: UUID) -> Response:
        """Come back from a break."""
        own_or(member_id, "members:change")
        return change(member_id, Return(), must_match=True)


@blueprint.route("/members/<uuid:member_id>/departure")
class Departure(MethodView):
    @needs("members:change-own")
    @blueprint.arguments(RequestSchema)
    @blueprint.response(200)
    def post(self, _: dict[str, Any], member_id: UUID) -> Response:
        """Leave: the membership ends, and with it every community and group."""
        own_or(member_id, "members:change")
        return change(member_id, Leave(), must_match=True)
