"""Every error as a problem (RFC 9457): a stable type, and a sentence that a person can act on."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, cast
from uuid import UUID

import structlog
from flask import Flask, Response, jsonify, request
from flask_smorest import Api
from werkzeug.exceptions import HTTPException

from shared.commands.handler import AlreadyExists, NotFound
from shared.database.pool import TooSlow, Unavailable
from shared.eventstore.store import RequestInFlight, VersionConflict
from shared.identity.tokens import InvalidToken, ProviderUnavailable
from shared.messages.codec import TooLarge, UnknownEvent
from shared.messages.decisions import Refused

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"

# Our own names: the phrases of the standard library differ from one Python to the next.
_CODES = {400: "not-json", 404: "not-found", 405: "not-here", 413: "too-large", 415: "not-json", 422: "invalid"}


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field. `pointer` is an RFC 6901 pointer into the body, as a fragment."""

    pointer: str
    detail: str


@dataclass
class Problem(Exception):
    """An error ready to be sent. `code` becomes `urn:copse:problem:<code>`."""

    status: int
    code: str
    detail: str
    errors: list[FieldError] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        body: dict[str, Any] = {
            "type": f"urn:copse:problem:{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "instance": request.path,
        }
        if self.errors:
            body["errors"] = [{"pointer": error.pointer, "detail": error.detail} for error in self.errors]
        response = jsonify(body)
        response.status_code = self.status
        response.mimetype = MEDIA_TYPE
        response.headers.update(self.headers)
        response.headers["Cache-Control"] = "no-store"
        return response


def problem_of(error: Exception) -> Problem:
    """The problem that an exception of the kernel stands for."""
    match error:
        case Problem():
            return error
        case TooLarge(code=code, sentence=sentence):
            return Problem(413, code, sentence)
        case Refused(code=code, sentence=sentence):
            return Problem(409, code, sentence)
        case NotFound():
            return Problem(404, "not-found", str(error))
        case AlreadyExists():
            return Problem(409, "already-exists", str(error))
        case VersionConflict() if "If-Match" not in request.headers:
            return Problem(
                503,
                "overtaken",
                "Others kept changing this at the same moment, so it was not done. Wait a second and send it again.",
                headers={"Retry-After": "1"},
            )
        case VersionConflict(actual=actual):
            return Problem(
                412,
                "changed-meanwhile",
                "Somebody changed this after you read it. Read it again and decide on what it says now.",
                headers={"ETag": f'"{actual}"'},
            )
        case RequestInFlight():
            return Problem(
                409,
                "in-flight",
                "The same request is being answered at this moment. Wait a second and send it again.",
                headers={"Retry-After": "1"},
            )
        case InvalidToken():
            return Problem(
                401, "invalid-token", str(error), headers={"WWW-Authenticate": 'Bearer error="invalid_token"'}
            )
        case Unavailable() | TooSlow() | ProviderUnavailable():
            log.error("unavailable", reason=str(error))
            return Problem(
                503, "unavailable", "This cannot be done just now. Nothing was changed. Try again in a moment.",
                headers={"Retry-After": "2"},
            )  # fmt: skip
        case UnknownEvent():
            log.error("recorded by a newer release", reason=str(error))
            return Problem(
                503,
                "newer-release",
                "A newer release recorded something here that this one cannot read. Nothing was changed. Try again in a"
                " while.",
                headers={"Retry-After": "60"},
            )
    log.exception("an unexpected error", exc_info=error)
    return Problem(500, "unexpected", "Something went wrong on our side. Nothing was changed. Please tell us.")


class ProblemApi(Api):
    """flask-smorest's API, with errors as problems."""

    def handle_http_exception(self, error: HTTPException) -> Response:
        """Turns an HTTP error of Flask or webargs into a problem, keeping headers such as Allow."""
        data = cast(dict[str, Any], getattr(error, "data", None) or {})
        status = error.code or 500
        if status == 422:
            errors = [
                FieldError(pointer, sentence)
                for location in dict(data.get("messages", {})).values()
                for pointer, sentence in _pointers(location, "#")
            ]
            return Problem(
                422, "invalid", "Some of what was sent is not right. See errors for each.", errors
            ).response()
        detail = {
            400: "The body is not valid JSON.",
            404: "There is nothing at this address.",
            405: "This cannot be done here. See the Allow header for what can.",
            413: "What was sent is too large.",
            415: "Send JSON, with the header Content-Type: application/json.",
        }.get(status, error.description or HTTPStatus(status).phrase)
        kept = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}
        return Problem(status, _CODES.get(status, f"http-{status}"), detail, headers=kept).response()


def _pointers(messages: object, pointer: str) -> Iterator[tuple[str, str]]:
    """Each message of marshmallow's nested dictionaries with a pointer to its field."""
    if isinstance(messages, dict):
        for key, inner in messages.items():
            step = str(key).replace("~", "~0").replace("/", "~1")  # RFC 6901, section 3
            yield from _pointers(inner, pointer if key == "_schema" else f"{pointer}/{step}")
    elif isinstance(messages, list):
        for sentence in messages:
            yield pointer, str(sentence)


def register(app: Flask) -> None:
    """Answers every exception of the kernel with its problem."""
    app.register_error_handler(Exception, lambda error: problem_of(error).response())


def not_found(what: str, id: UUID) -> Problem:
    """The 404 of a read model: `not_found("meeting", id)`."""
    return Problem(404, "not-found", f"There is no {what} with the id {id}.")
