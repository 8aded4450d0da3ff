"""A change over HTTP: one command, with If-Match, Idempotency-Key, channel and position seen to."""

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from flask import Flask, Response, g, request

from shared.commands.handler import Handled
from shared.database.pool import TooSlow, Unavailable
from shared.eventstore.store import AlreadyAnswered, Answer, Request
from shared.http.authorization import caller, running
from shared.http.problems import Problem, problem_of
from shared.http.tracing import correlation_id, traceparent
from shared.messages.decisions import Channel, Command, Context, State
from shared.messages.recorded import Position

S = TypeVar("S", bound=State)

_ETAG = re.compile(r'(?:W/)?"?([0-9]{1,30})"?')
_LONGEST_KEY = 255


def change(
    id: UUID,
    command: Command[S],
    *,
    must_match: bool = False,
    created: str | None = None,
    answer: Callable[[S], dict[str, object]] | None = None,
    also: Sequence[tuple[UUID, Command[Any]]] = (),
) -> Response:
    """Handles one command for the caller and answers with what came of it.

    must_match: the change depends on what the caller saw, so it needs If-Match (428 without, 412 when stale).
    created: the new resource's path; makes the answer 201 with Location.
    answer: the body, of JSON values, from the state after the command; by default `{"id": ...}`.
    also: what must hold or happen on other streams with it, all or nothing. Not with If-Match, which is of one stream.
    """
    here, context, key = running(), context_of_request(), _idempotency_key()
    expected = _expected_version(must_match)
    fingerprint = _fingerprint() if key else ""
    if key and command.creates and (before := here.store.answer_to(caller().requester, key)):
        # The append would say so too, but by then a repetition has made a key for a person who will never be.
        return _again(before, fingerprint)

    def record(handled: Handled[S]) -> dict[str, Any]:
        body = answer(handled.state) if answer else {"id": str(id)}
        return {
            "status": 201 if created else 200,
            "location": created,
            "version": handled.version,
            "body": body,
        }

    def as_request(handled: Handled[S]) -> Request:
        return Request(caller().requester, key or "", fingerprint, _json(record(handled)))

    try:
        if also:
            handled, *_ = here.commands.handle_together(
                [(id, command), *also], context, request=(lambda all: as_request(all[0])) if key else None
            )
        else:
            handled = here.commands.handle(
                id, command, context, expected_version=expected, request=as_request if key else None
            )
    except AlreadyAnswered as meanwhile:
        return _again(meanwhile.answer, fingerprint)
    return _response(record(handled), handled.position)


def repeat_answers(app: Flask) -> None:
    """Answers a request that was answered before as it was then, whatever is refused first today.

    What succeeds has met its former answer in the append, if there is one. So only what was refused, by a schema, a
    view or a rule, is asked after, afterwards: sent twice at once, a request may be refused only because its twin was
    done meanwhile. Registered after the guard: what the caller may not do is not answered again either.
    """

    @app.before_request
    def admitted() -> None:
        g.repeatable = _idempotency_key() is not None and request.method in ("POST", "PUT", "PATCH")

    @app.after_request
    def again(response: Response) -> Response:
        if response.status_code < 400 or not g.get("repeatable"):
            return response
        try:
            answer = running().store.answer_to(caller().requester, _idempotency_key() or "")
            return _again(answer, _fingerprint()) if answer else response
        except Problem as problem:
            return problem.response()
        except (Unavailable, TooSlow) as error:  # nobody knows whether it is refused, or was done by its twin
            return problem_of(error).response()


def context_of_request() -> Context:
    """What a decision may know of this request."""
    me = caller()
    return Context(
        now=running().clock.now(),
        actor=me.actor,
        on_behalf_of=me.on_behalf_of,
        session=me.acting.session if me.acting else None,
        channel=channel_of_request(),
        correlation_id=correlation_id(),
        traceparent=traceparent(),
    )


def channel_of_request() -> Channel:
    """How this contribution reached us: as the assisted session says, else the header Copse-Channel, web by default."""
    if acting := caller().acting:
        return acting.channel
    try:
        return Channel(request.environ.get("HTTP_COPSE_CHANNEL", Channel.WEB))
    except ValueError:
        choices = ", ".join(Channel)
        raise Problem(400, "unknown-channel", f"The header Copse-Channel must be one of: {choices}.") from None


def _idempotency_key() -> str | None:
    key = request.environ.get("HTTP_IDEMPOTENCY_KEY")
    if key is not None and not 1 <= len(key) <= _LONGEST_KEY:
        raise Problem(400, "bad-idempotency-key", f"An Idempotency-Key has 1 to {_LONGEST_KEY} characters.")
    return key


def _fingerprint() -> str:
    """Tells one request from another that reuses its key."""
    whole = b"\0".join([request.method.encode(), request.full_path.encode(), request.get_data()])
    return hashlib.sha256(whole).hexdigest()


def _expected_version(must_match: bool) -> int | None:
    header = request.environ.get("HTTP_IF_MATCH")
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
    response = _response(msgspec.json.decode(answer.response), answer.position)
    response.headers["Idempotency-Replayed"] = "true"
    return response


def _response(recorded: dict[str, Any], position: Position | None) -> Response:
    headers = {"ETag": f'"{recorded["version"]}"', "Cache-Control": "private, no-store"}
    if recorded["location"]:
        headers["Location"] = request.script_root + recorded["location"]
    if position:
        headers["Copse-Position"] = f"{running().service.name}:{position}"
    return Response(_json(recorded["body"]), recorded["status"], headers, mimetype="application/json")


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
