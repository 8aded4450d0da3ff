"""The signed-in person's conversation with the services: her token, her own writes, absences.

After a change the service names the position of what it stored; the next reads from that service carry it, so
that people see what they just did (design, section 6). Where the service cannot catch up in time, the page is
shown without the wait.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from flask import current_app, g, request, session

from services.portal import acting
from services.portal.api_client import Answer, ApiClient, Problem, ServiceAway
from services.portal.person import SignInNeeded, current_person, token_of_request
from shared.http.tracing import request_id, traceparent

Rows = list[dict[str, Any]]

# A service hears of a session a moment after it was opened: that long is waited, with this pause between looks.
_HEARD_OF_SECONDS = 4.0
_LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class Part:
    """The rows of one part of a page, or that its service is away just now."""

    value: Rows = field(default_factory=list)
    away: bool = False


def part(ask: Callable[[], Rows]) -> Part:
    """Ask for one part of a page; its service's absence (or refusal) must not take the whole page down."""
    try:
        return Part(ask())
    except (ServiceAway, Problem) as error:
        current_app.logger.warning("part of a page is missing: %s", error)
        return Part(away=True)


def get(service: str, path: str, **params: str) -> Answer:
    """Read. Waits for the person's own last write to that service, if she made one in this session."""
    headers = _headers()
    position = session.get("positions", {}).get(service) if session else None
    if position:
        try:
            return _call("GET", service, path, headers={**headers, "Copse-Position": position}, params=params)
        except ServiceAway as away:
            if not away.waited_for_position:
                raise
            g.behind = True  # the page says that the change may take a moment to show
    return _call("GET", service, path, headers=headers, params=params)


def every(service: str, path: str, **params: str) -> Rows:
    """All rows of a list resource, page after page (at most 20 pages)."""
    answer = get(service, path, **params)
    rows = answer.items
    for _ in range(19):
        after = _after(answer.next_page)
        if not after:
            break
        answer = get(service, path, **{**params, "after": after})
        rows += answer.items
    return rows


def change(
    method: str,
    service: str,
    path: str,
    body: dict[str, Any],
    *,
    key: str = "",
    seen: str = "",
    channel: str = "",
) -> Answer:
    """Write. `key` makes a double click one change; `seen` is the ETag of what the person was looking at.

    `channel` says how somebody's wish came to the person who types it: by phone, by post.
    """
    headers = _headers()
    if channel:
        headers["Copse-Channel"] = channel
    if key:
        headers["Idempotency-Key"] = key
    if seen:
        headers["If-Match"] = seen
    answer = _call(method, service, path, headers=headers, body=body)
    # Somebody who is not signed in gets no session for this: her change waits for a coordinator anyway.
    if answer.position and current_person():
        session["positions"] = {**session.get("positions", {}), service: answer.position}
    return answer


def post(service: str, path: str, body: dict[str, Any], *, key: str = "", seen: str = "", channel: str = "") -> Answer:
    return change("POST", service, path, body, key=key, seen=seen, channel=channel)


def send_file(service: str, path: str, data: bytes, **params: str) -> Answer:
    """Hand a CSV file in. The service sees to it that the same file twice changes nothing more."""
    answer = _call("POST", service, path, headers=_headers(), file=data, params=params)
    if answer.position and current_person():
        session["positions"] = {**session.get("positions", {}), service: answer.position}
    return answer


def download(service: str, path: str) -> bytes:
    """A file of a service, for the person who asks for it."""
    client = cast(ApiClient, current_app.extensions["copse-api-client"])
    try:
        return client.download(service, path, headers=_headers())
    except Problem as problem:
        if problem.status == 401:
            raise SignInNeeded from problem
        raise


def _headers() -> dict[str, str]:
    headers = {"X-Request-Id": request_id(), "traceparent": traceparent()}
    if request.remote_addr:  # the services count public requests by whose they are, and not by the portal that asks
        headers["X-Forwarded-For"] = request.remote_addr
    token = token_of_request()
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if now := acting.current():
        headers[acting.HEADER] = now.id
    return headers


def _call(method: str, service: str, path: str, **details: Any) -> Answer:
    client = cast(ApiClient, current_app.extensions["copse-api-client"])
    silent: dict[str, ServiceAway] = g.setdefault("silent", {})
    if service in silent:  # one page asks a service several things: it must not wait out each of them
        raise ServiceAway(service, silent[service].reason)
    try:
        return _once_heard_of(lambda: client.call(method, service, path, **details))
    except ServiceAway as away:
        if not away.waited_for_position:
            silent[service] = away
        raise
    except Problem as problem:
        if problem.status == 401:
            raise SignInNeeded from problem
        if problem.code == "session-over" and acting.current():
            raise acting.SessionOver from problem
        raise


def _once_heard_of(call: Callable[[], Answer]) -> Answer:
    """Asks again while the service has not heard of the session: nothing was done until then."""
    until = time.monotonic() + _HEARD_OF_SECONDS
    while True:
        try:
            return call()
        except Problem as problem:
            if problem.code != "session-not-known" or time.monotonic() > until:
                raise
            time.sleep(_LOOK_SECONDS)


def _after(link: str) -> str:
    return parse_qs(urlsplit(link).query).get("after", [""])[0]
