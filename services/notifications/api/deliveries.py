"""Deliveries: every letter to a member, for herself and for coordinators, and what is to be done by hand."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from flask import Response
from flask.views import MethodView
from flask_smorest import Blueprint
from marshmallow import Schema, fields

from services.notifications.domain.delivery import Channel, Kind, MarkDoneByHand, MarkFormatMade
from services.notifications.letters.facts import NotKnownYet, facts_for
from services.notifications.letters.letter import Letter, write
from services.notifications.projections.deliveries import DeliveryRow, deliveries, deliveries_to, delivery
from services.notifications.projections.reach import Reach, reach_of, reach_of_each
from services.notifications.settings import mail_settings
from shared.database.pool import Transaction
from shared.http.authorization import caller, may, needs, require, running
from shared.http.changes import change
from shared.http.problems import not_found
from shared.http.reads import PageSchema, one, page, wait_for
from shared.http.schemas import RequestSchema, paragraphs
from shared.http.sensitive import note_read
from shared.identity.people import Person, person

blueprint = Blueprint("deliveries", "deliveries", url_prefix="/v1", description="Letters to members")


_OF_NEEDS: Final = {Kind.ARRANGEMENTS, Kind.ACCESS_NEEDS_CHECK}


class DeliverySchema(Schema):
    id = fields.UUID()
    member_id = fields.UUID()
    member_name = fields.String(allow_none=True)
    kind = fields.String()
    channel = fields.String()
    subject = fields.String()
    status = fields.String()
    queued_at = fields.AwareDateTime()
    sent_at = fields.AwareDateTime(allow_none=True, metadata={"description": "Sent, or done by hand."})
    large_print = fields.Boolean(metadata={"description": "She reads large print: 16 point and more."})
    to_make = fields.List(
        fields.String(),
        metadata={"description": "What a person still makes of this letter: easy-read, audio, bsl, language:Polish."},
    )
    version = fields.Integer()


class OneDeliverySchema(DeliverySchema):
    body = fields.String(metadata={"description": "The letter as plain text: to read, to print or to read out."})
    reason = fields.String(allow_none=True, metadata={"description": "Why it could not be sent."})
    note = fields.String(allow_none=True)
    phone = fields.String(allow_none=True, metadata={"description": "For coordinators, while there is a call to make."})
    postal_address = fields.String(allow_none=True, metadata={"description": "The same, for a letter to post."})


class DoneByHandSchema(RequestSchema):
    note = paragraphs(2_000, load_default=None)


@blueprint.route("/deliveries")
class Deliveries(MethodView):
    @needs("deliveries:read-own")
    @blueprint.arguments(PageSchema, location="query")
    @blueprint.response(200, DeliverySchema(many=True))
    def get(self, query: dict[str, Any]) -> Response:
        """Letters, the newest first: all of them for coordinators, her own for everybody else."""
        wait_for(deliveries)
        everybody = may("deliveries:read")
        member = None if everybody else caller().member
        with running().database.transaction() as db:
            rows = deliveries_to(db, member, query["after"], query["limit"]) if everybody or member else []
            reach = reach_of_each(db, {row.member_id for row in rows})
            shown = [_shown(db, row, reach[row.member_id]) for row in rows]
        told = zip(rows[: query["limit"]], shown, strict=False)  # the one row more says only that there is a next page
        note_read("letters", *(row.member_id for row, letter in told if _may_tell_of_health(letter)))
        return page(DeliverySchema(), shown, query["limit"], lambda row: row["id"])


@blueprint.route("/deliveries/<uuid:delivery_id>")
class OneDelivery(MethodView):
    @needs("deliveries:read-own")
    @blueprint.response(200, OneDeliverySchema)
    def get(self, delivery_id: UUID) -> Response:
        """One letter with its words: for her whom it is for, and for coordinators."""
        wait_for(deliveries)
        with running().database.transaction() as db:
            row = delivery(db, delivery_id)
            if row is None or caller().member != row.member_id:
                require("deliveries:read")
            if row is None:
                raise not_found("delivery", delivery_id)
            shown = _shown(db, row, reach_of(db, row.member_id))
            if not may("deliveries:read"):
                shown |= {"phone": None, "postal_address": None, "note": None, "reason": None}
        if _may_tell_of_health(shown):
            note_read("letters", row.member_id)
        return one(OneDeliverySchema().dump(shown), row.version)


@blueprint.route("/deliveries/<uuid:delivery_id>/done-by-hand")
class DoneByHand(MethodView):
    @needs("deliveries:do-by-hand")
    @blueprint.arguments(DoneByHandSchema)
    @blueprint.response(200)
    def post(self, done: dict[str, Any], delivery_id: UUID) -> Response:
        """Say that a letter was posted or a call made."""
        return change(delivery_id, MarkDoneByHand(**done))


@blueprint.route("/deliveries/<uuid:delivery_id>/format-made")
class FormatMade(MethodView):
    @needs("deliveries:do-by-hand")
    @blueprint.arguments(DoneByHandSchema)
    @blueprint.response(200)
    def post(self, done: dict[str, Any], delivery_id: UUID) -> Response:
        """Say that a letter was made in the form that its reader needs, and given to her."""
        return change(delivery_id, MarkFormatMade(**done))


def _shown(db: Transaction, row: DeliveryRow, reached: Reach) -> dict[str, object]:
    addressee = person(db, row.member_id)
    letter = _letter(db, row, addressee)
    by_hand = row.status in ("by-hand", "failed")
    since = reached.wishes.formats_since
    awaited = since is not None and row.queued_at >= since and row.made_at is None and row.status != "done-by-hand"
    return {
        "id": row.id,
        "member_id": row.member_id,
        "member_name": addressee.name if addressee else None,
        "kind": row.kind,
        "channel": row.channel,
        "subject": letter.subject,
        "status": row.status,
        "queued_at": row.queued_at,
        "sent_at": row.sent_at,
        "version": row.version,
        "body": letter.text,
        "reason": row.reason,
        "note": row.note,
        "phone": reached.text_of(Channel.TEXT if row.channel == "text" else Channel.PHONE) if by_hand else None,
        "postal_address": reached.text_of(Channel.POST) if by_hand else None,
        "large_print": reached.large_print,
        "to_make": reached.to_make if awaited and row.kind is not Kind.EMAIL_CHECK else [],
    }


def _may_tell_of_health(shown: Mapping[str, object]) -> bool:
    """What the letter is about does, or in which form its reader needs it."""
    return shown["kind"] in _OF_NEEDS or bool(shown["large_print"] or shown["to_make"])


def _letter(db: Transaction, row: DeliveryRow, addressee: Person | None) -> Letter:
    """The words that went out, or those that would go out now."""
    if row.subject is not None and row.body is not None:
        return Letter(row.subject, row.body)
    try:
        if addressee is None:
            raise NotKnownYet("The member whom this message is for is not known here yet.")
        return write(row.kind, facts_for(db, row.asked, addressee, mail_settings()))
    except NotKnownYet as error:
        return Letter(row.kind.replace("-", " ").capitalize(), str(error))
