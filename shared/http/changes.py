"""A change over HTTP: one command, with If-Match, Idempotency-Key, channel and position seen to."""

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from flask import Flask, Response, jsonify, request

from shared.commands.handler import Handled
from shared.database.pool import Unavailable
from shared.eventstore.store import AlreadyAnswered, Answer, Request
from shared.http.authorization import caller, running
from shared.http.problems import Problem, problem_of
from shared.http.tracing import correlation_id, traceparent
from shared.messages.decisions import Channel, Command, Context, State
from shared.messages.recorded import Position

S = TypeVar("S", bound=State)

_ETAG = re.compile(r'(?:W/)?"?([0-9]{1,30})"?')
_LONGEST_KEY = 255
_REFUSALS = (403, 404, 409, 412, 422)


def change(
    id: UUID,
    command: Command[S],
    *,
    must_match: bool = False,
    created: str | None = None,
    answer: Callable[[S], dict[str, object]] | None = None,
) -> Response:
    """Handles one command for the caller and answers with what came of it.

    must_match: the change depends on what the caller saw, so it needs If-Match (428 without, 412 when stale).
    created: the new resource's path; makes the answer 201 with Location.
    answer: the body, of JSON values, from the state after the command; by default `{"id": ...}`.
    """
    here, fingerprint = running(), _fingerprint()
    context, key = context_of_request(), _idempotency_key()
    expected = _expected_version(must_match)

    def record(handled: Handled[S]) -> dict[str, Any]:
        body = answer(handled.state) if answer else {"id": str(id)}
        return {
            "status": 201 if created else 200,
            "location": created,
            "version": handled.version,
            "body": body,
        }

    def as_request(handled: Handled[S]) -> Request:
        return Request(caller().requester, key or "", fingerprint, json.dumps(record(handled)))

    try:
        handled = here.commands.handle(
            id, command, context, expected_version=expected, request=as_request if key else None
        )
    except AlreadyAnswered as meanwhile:
        return _again(meanwhile.answer, fingerprint)
    return _response(record(handled), handled.position)


def repeat_answers(app: Flask) -> None:
    """Answers a request that was answered before as it was then, whatever would be checked first today."""

    @app.before_request
    def again() -> Response | None:
        key = _idempotency_key()
        if key is None or request.method not in ("POST", "PUT", "PATCH"):
            return None
        answer = running().store.answer_to(caller().requester, key)
        return _again(answer, _fingerprint()) if answer else None

    @app.after_request
    def answered_meanwhile(response: Response) -> Response:
        """Sent twice at once, a request may find no answer yet and then be refused, because its twin was done since."""
        if response.status_code not in _REFUSALS or request.method not in ("POST", "PUT", "PATCH"):
            return response
        key = _idempotency_key()
        try:
            answer = running().store.answer_to(caller().requester, key) if key else None
        except Unavailable as error:  # nobody knows whether it is refused
            return problem_of(error).response()
        return _again(answer, _fingerprint()) if answer and answer.fingerprint == _fingerprint() else response


def context_of_request() -> Context:
    """What a decision may know of this request."""
    return Context(
        now=running().clock.now(),
        actor=caller().actor,
        channel=channel_of_request(),
        correlation_id=correlation_id(),
        traceparent=traceparent(),
    )


def channel_of_request() -> Channel:
    """How this contribution reached us: the header Copse-Channel, web by default."""
    try:
        return Channel(request.headers.get("Copse-Channel", Channel.WEB))
    except ValueError:
        choices = ", ".join(Channel)
        raise Problem(400, "unknown-channel", f"The header Copse-Channel must be one of: {choices}.") from None


def _idempotency_key() -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 1 <= len(key) <= _LONGEST_KEY:
        raise Problem(400, "bad-idempotency-key", f"An Idempotency-Key has 1 to {_LONGEST_KEY} characters.")
    return key


def _fingerprint() -> str:
    """Tells one request from another that reuses its key."""
    whole = b"\0".join([request.method.encode(), request.full_path.encode(), request.get_data()])
    return hashlib.sha256(whole).hexdigest()


def _expected_version(must_match: bool) -> int | None:
    header = request.headers.get("If-Match")
    if header is None:
        if must_match:
            raise Problem(
                428,
                "if-match-needed",
                "Read this first, and send the ETag that you got in the header If-Match: so nobody's change is lost.",
            )
        return None
    match = _ETAG.fullmatch(header.strip())
    if match is None:
        raise Problem(412, "changed-meanwhile", "The header If-Match does not hold an ETag of this resource.")
    return int(match[1])


def _again(answer: Answer, fingerprint: str) -> Response:
    if answer.fingerprint != fingerprint:
        raise Problem(
            422,
            "idempotency-key-reused",
            "This Idempotency-Key was used for another request. Use a new one for a new wish.",
        )
    response = _response(json.loads(answer.response), answer.position)
    response.headers["Idempotency-Replayed"] = "true"
    return response


def _response(recorded: dict[str, Any], position: Position | None) -> Response:
    response = jsonify(recorded["body"])
    response.status_code = recorded["status"]
    response.headers["ETag"] = f'"{recorded["version"]}"'
    response.headers["Cache-Control"] = "private, no-store"
    if recorded["location"]:
        response.headers["Location"] = request.script_root + recorded["location"]
    if position:
        response.headers["Copse-Position"] = f"{running().service.name}:{position}"
    return response
