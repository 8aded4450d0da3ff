"""Reading: a client sees its own writes, pages are cursors, and one resource carries its version as ETag."""

import time
from collections.abc import Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from flask import Response, jsonify, request
from marshmallow import RAISE, Schema, fields, validate

from shared.http.authorization import running
from shared.http.problems import Problem
from shared.messages.recorded import Position
from shared.projections.projection import Projection
from shared.projections.reader import cursor_of, own_events

T = TypeVar("T")

_LONGEST_WAIT_SECONDS = 2.0
_LOOK_SECONDS = 0.005


class PageSchema(Schema):
    """`?limit=` (1 to 200, by default 50) and `?after=` (the id that the last page ended with)."""

    class Meta:
        unknown = RAISE

    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))
    after = fields.UUID(load_default=None)


def wait_for(projection: Projection) -> None:
    """Waits until a projection has caught up with the position that the caller wrote at.

    The header Copse-Position of an earlier answer names it. It is passed over when it is of another service, or when
    the projection is fed by other services alone: it says nothing there. Raises the 503 problem after two seconds.
    """
    here = running()
    service, _, text = request.headers.get("Copse-Position", "").partition(":")
    if service != here.service.name or not own_events(projection, here.codec):
        return
    try:
        wanted = Position.parse(text)
    except ValueError:
        raise Problem(
            400, "bad-position", "The header Copse-Position does not hold a position of this service."
        ) from None
    until = time.monotonic() + _LONGEST_WAIT_SECONDS
    while cursor_of(here.database, projection.name) < wanted:
        if time.monotonic() > until:
            raise Problem(
                503,
                "not-yet",
                "Your change is stored, but this page does not show it yet. Try again in a moment.",
                headers={"Retry-After": "1"},
            )
        time.sleep(_LOOK_SECONDS)


def one(body: Any, version: int | None) -> Response:
    """One resource with its ETag; 304 when the caller has it already. None: it is of no one stream, so it has none."""
    response: Response = jsonify(body)
    if version is not None:
        response.headers["ETag"] = f'"{version}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response.make_conditional(request)  # type: ignore[return-value]  # werkzeug returns the same object


def page(schema: Schema, rows: Sequence[T], limit: int, id_of: Any) -> Response:
    """`{"items": [...]}` of at most `limit`, with Link rel=next when `rows` holds one more."""
    shown = rows[:limit]
    response = jsonify({"items": schema.dump(shown, many=True)})
    response.headers["Cache-Control"] = "private, no-store"
    if len(rows) > limit:
        last: UUID = id_of(shown[-1])
        query = urlencode({**request.args.to_dict(), "after": str(last), "limit": str(limit)})
        response.headers["Link"] = f'<{request.script_root}{request.path}?{query}>; rel="next"'
    return response
