"""Consents: each member's own, how she gives one and takes it back, and the record of purposes."""

from typing import Any
from uuid import UUID

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields

from services.membership.api.own import own_or
from services.membership.domain.consenting import Consent, GiveConsent, WithdrawConsent, consent_to
from services.membership.domain.member import Standing
from services.membership.domain.purposes import PURPOSES, Purpose
from services.membership.projections.consents import ConsentsRow, consents, consents_of, counts, who_consents
from services.membership.projections.members import member
from services.membership.projections.people import people
from shared.http.authorization import caller, needs, running
from shared.http.blueprint import Blueprint
from shared.http.changes import change, channel_of_request
from shared.http.problems import Problem, not_found
from shared.http.reads import PageSchema, one, page, wait_for
from shared.http.schemas import RequestSchema, line
from shared.http.sensitive import note_read
from shared.messages.decisions import Channel

blueprint = Blueprint("consents", "consents", url_prefix="/v1", description="Consents, purpose by purpose")

FEWEST = 5
"""A smaller number of people is not told: somebody might guess who they are."""
_MEMBERS = {Standing.APPROVED, Standing.ACTIVE, Standing.PAUSED}


class WordingSchema(RequestSchema):
    wording = line(20, required=True, metadata={"description": "The version of the wording that she was shown."})


class SaidSchema(Schema):
    wording = fields.String(allow_none=True, metadata={"description": "Null: she took it back."})
    text = fields.List(fields.String(), metadata={"description": "That wording, word for word."})
    at = fields.AwareDateTime()
    channel = fields.String()


class ConsentSchema(Schema):
    purpose = fields.String()
    title = fields.String()
    state = fields.Enum(Consent, by_value=True)
    granted = fields.String(allow_none=True, metadata={"description": "The wording that holds now."})
    wording = fields.String(metadata={"description": "The wording in force, which she can consent to."})
    text = fields.List(fields.String())
    withdrawing = fields.String(metadata={"description": "What follows when she takes it back."})
    history = fields.List(fields.Nested(SaidSchema), metadata={"description": "Oldest first."})


class MyConsentsSchema(Schema):
    id = fields.UUID()
    consents = fields.List(fields.Nested(ConsentSchema), metadata={"description": "In the order of asking."})


class CountedSchema(Schema):
    version = fields.String()
    text = fields.List(fields.String())
    people = fields.Integer(
        allow_none=True, metadata={"description": "Members whose consent is to this wording. Null: fewer than five."}
    )


class PurposeSchema(Schema):
    purpose = fields.String()
    title = fields.String()
    special_category = fields.Boolean(metadata={"description": "It may tell of somebody's health."})
    withdrawing = fields.String()
    wordings = fields.List(fields.Nested(CountedSchema), metadata={"description": "Oldest first; the last is asked."})
    withdrawn = fields.Integer(allow_none=True, metadata={"description": "Who took it back. Null: fewer than five."})


class ConsentingSchema(Schema):
    member_id = fields.UUID()
    name = fields.String(allow_none=True)


@blueprint.route("/members/<uuid:member_id>/consents")
class MemberConsents(MethodView):
    @needs("members:read-own")
    @blueprint.response(200, MyConsentsSchema)
    def get(self, member_id: UUID) -> Response:
        """Each purpose with its words, where her consent stands, and all that she said: for her and coordinators."""
        herself = own_or(member_id, "members:read")
        wait_for(consents)
        with running().database.transaction() as db:
            row = consents_of(db, member_id)
        if row is None:
            raise not_found("member", member_id)
        if not herself:
            note_read("consents", member_id)
        shown = [_consent(row, purpose) for purpose in PURPOSES.values()]
        return one(MyConsentsSchema().dump({"id": member_id, "consents": shown}), row.version)


@blueprint.route("/members/<uuid:member_id>/consents/<purpose>")
class MemberConsent(MethodView):
    @needs("members:change-own")
    @blueprint.arguments(WordingSchema)
    @blueprint.response(200)
    def put(self, given: dict[str, Any], member_id: UUID, purpose: str) -> Response:
        """Give consent: the member, or a coordinator to whom she said or wrote it (Copse-Channel says how)."""
        own_or(member_id, "members:change")
        _must_be_told(member_id)
        return change(member_id, GiveConsent(purpose=purpose, **given))

    @needs("members:change-own")
    @blueprint.response(200)
    def delete(self, member_id: UUID, purpose: str) -> Response:
        """Take it back, likewise. Taking back the consent to `membership` ends the membership."""
        own_or(member_id, "members:change")
        _must_be_told(member_id)
        return change(member_id, WithdrawConsent(purpose=purpose))


@blueprint.route("/consents")
class ConsentRecord(MethodView):
    @needs("consents:read-record")
    @blueprint.response(200, PurposeSchema(many=True))
    def get(self) -> Response:
        """The record of purposes: all wordings word for word, and how many members consent. Nobody is named."""
        wait_for(consents)
        with running().database.transaction() as db:
            people = {(each.purpose, each.wording): each.people for each in counts(db)}
        rows = [_counted(purpose, people) for purpose in PURPOSES.values()]
        return page(PurposeSchema(), rows, len(rows), None)


@blueprint.route("/consents/<purpose>/members")
class ConsentingMembers(MethodView):
    @needs("consents:read-members")
    @blueprint.arguments(PageSchema, location="query")
    @blueprint.response(200, ConsentingSchema(many=True))
    def get(self, query: dict[str, Any], purpose: str) -> Response:
        """Who takes part and consents to this now: whom a newsletter may go to, who may be in a photo."""
        known = PURPOSES.get(purpose)
        if known is None:
            raise Problem(404, "not-found", f"There is no purpose named {purpose}.")
        if known.special:
            raise Problem(403, "special-category", "Who consents to this may tell of health, so no list is given out.")
        wait_for(consents)
        wait_for(people)
        with running().database.transaction() as db:
            rows = who_consents(db, purpose, query["after"], query["limit"])
        return page(ConsentingSchema(), rows, query["limit"], lambda row: row.member_id)


def to_look_at_again(row: ConsentsRow | None) -> list[str]:
    """The purposes whose words have changed since she consented: she is asked again."""
    if row is None or row.standing not in _MEMBERS:
        return []
    return [
        name for name, purpose in PURPOSES.items() if consent_to(purpose, row.given.get(name)) is Consent.SUPERSEDED
    ]


def _consent(row: ConsentsRow, purpose: Purpose) -> dict[str, object]:
    given = row.given.get(purpose.name)
    history = [
        {"wording": said.wording, "text": _text(purpose, said.wording), "at": said.at, "channel": said.channel}
        for said in row.history
        if said.purpose == purpose.name
    ]
    return {
        "purpose": purpose.name,
        "title": purpose.title,
        "state": consent_to(purpose, given, withdrawn=bool(history)),
        "granted": given,
        "wording": purpose.current.version,
        "text": purpose.current.text,
        "withdrawing": purpose.withdrawing,
        "history": history,
    }


def _text(purpose: Purpose, version: str | None) -> tuple[str, ...]:
    wording = purpose.wording(version) if version else None
    return wording.text if wording else ()


def _counted(purpose: Purpose, people: dict[tuple[str, str | None], int]) -> dict[str, object]:
    return {
        "purpose": purpose.name,
        "title": purpose.title,
        "special_category": purpose.special,
        "withdrawing": purpose.withdrawing,
        "wordings": [
            {"version": each.version, "text": each.text, "people": _told(people.get((purpose.name, each.version), 0))}
            for each in purpose.wordings
        ],
        "withdrawn": _told(people.get((purpose.name, None), 0)),
    }


def _told(people: int) -> int | None:
    return people if people >= FEWEST else None


def _must_be_told(member_id: UUID) -> None:
    """Raises the 422 problem when somebody else gives or withdraws a consent and does not say how she told her."""
    if channel_of_request() is not Channel.WEB:
        return
    with running().database.transaction() as db:
        row = member(db, member_id)
    if row is not None and row.account != caller().account:
        raise Problem(
            422,
            "channel-needed",
            "A consent is hers to give. Say in Copse-Channel how she told you: phone, post, email or in-person.",
        )
