"""Who looks at the page: nobody in particular, or somebody signed in, with roles and perhaps a membership."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import abort, g, session

from services.portal import acting

P = ParamSpec("P")
R = TypeVar("R")


class SignInNeeded(Exception):
    """The page is for people who are signed in, or the sign-in has run out."""


@dataclass(frozen=True)
class Person:
    """Somebody signed in. `roles` come from the token; they decide what is shown, not what is allowed."""

    subject: str
    name: str
    roles: frozenset[str]
    token: str
    expires_at: float

    def has(self, *roles: str) -> bool:
        return not self.roles.isdisjoint(roles)

    @property
    def runs_meetings(self) -> bool:
        return self.has("coordinator", "facilitator")


def current_person() -> Person | None:
    """The person of this request, or None. Whoever acts for a member has her name, and none of her own roles."""
    if "person" not in g:
        kept: dict[str, Any] | None = session.get("person") if session else None
        helped = acting.current()
        g.person = kept and Person(
            subject=kept["subject"],
            name=helped.name if helped else kept["name"],
            roles=frozenset() if helped else frozenset(kept["roles"]),
            token=kept["token"],
            expires_at=kept["expires_at"],
        )
    person: Person | None = g.person
    return person


def token_of_request() -> str:
    """The bearer token to send, "" for nobody. Raises SignInNeeded when it has run out."""
    person = current_person()
    if person is None:
        return ""
    if person.expires_at <= time.time():
        raise SignInNeeded
    return person.token


def signed_in(view: Callable[P, R]) -> Callable[P, R]:
    """A page for everybody who is signed in."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if current_person() is None:
            raise SignInNeeded
        return view(*args, **kwargs)

    return guarded


def for_roles(*roles: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A page for some roles only: others who are signed in are told so (403)."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            person = current_person()
            if person is None:
                raise SignInNeeded
            if not person.has(*roles):
                abort(403)
            return view(*args, **kwargs)

        return guarded

    return decorate
