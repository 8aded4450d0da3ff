"""Who is calling, and whether this route is for them. A route without a rule does not start."""

from collections.abc import Callable
from typing import Any, TypeVar, cast
from uuid import UUID

from flask import Flask, current_app, g, request

from shared.http.clients import one_home
from shared.http.problems import Problem
from shared.http.rate_limits import RateLimiter, sentence
from shared.identity.identity import ANONYMOUS, Acting, Identity
from shared.identity.tokens import TokenVerifier
from shared.service import Running

F = TypeVar("F", bound=Callable[..., Any])

_RULE = "__copse_permission__"
PUBLIC = "public"
_TOKENS = "copse tokens"
_ACT = "assisted-sessions:act"
ON_BEHALF_OF = "Copse-On-Behalf-Of"
"""The header that names the assisted session in which something is asked or done."""
_ON_BEHALF_OF_SAID = "HTTP_COPSE_ON_BEHALF_OF"


def running() -> Running:
    """The service that this request is for."""
    return cast(Running, current_app.extensions["copse"])


def caller() -> Identity:
    """Who is calling: ANONYMOUS without a token. Raises InvalidToken for one that is not accepted."""
    found = cast(Identity | None, g.get("identity"))
    if found is None:
        found = g.identity = _identify()
    return found


def _identify() -> Identity:
    said = request.environ  # each look through request.headers would translate the name again
    session = said.get(_ON_BEHALF_OF_SAID)
    scheme, _, token = said.get("HTTP_AUTHORIZATION", "").partition(" ")
    if not token or scheme.lower() != "bearer":
        if session is not None:
            raise _sign_in_needed()
        return ANONYMOUS
    here = running()
    claims = cast(TokenVerifier, current_app.extensions[_TOKENS]).verify(token)
    account = here.keyring.pseudonym("account", f"{claims.issuer} {claims.subject}")
    with here.database.statement() as db:
        member = here.service.find_member(db, account)
    own = Identity(account=account, roles=claims.roles, member=member)
    return own if session is None else _acting(own, session)


def _acting(own: Identity, header: str) -> Identity:
    """The caller as the member for whom she acts in an assisted session. Raises a problem unless she may just now.

    Time is compared here, so that a session is over when its time is, whatever arrives late.
    """
    here = running()
    if not own.may(_ACT, here.permissions):
        raise Problem(403, "not-allowed", f"Your account does not have the permission {_ACT}.")
    try:
        id = UUID(header)
    except ValueError:
        raise Problem(400, "bad-session", f"The header {ON_BEHALF_OF} holds the id of an assisted session.") from None
    with here.database.statement() as db:
        session = here.service.find_session(db, id)
    if session is None or session.account != own.account:  # another's is as good as none: nobody learns of it
        raise Problem(
            409,
            "session-not-known",
            "No assisted session of yours has this id here. If you opened it just now, try again in a moment.",
            headers={"Retry-After": "1"},
        )
    if session.ended or session.closes_at <= here.clock.now():
        raise Problem(403, "session-over", "This assisted session is over. Nothing was done. Open another to go on.")
    if not session.member_active:
        raise Problem(403, "session-over", "The person for whom you act takes a break or has left. Nothing was done.")
    return Identity(member=session.member, acting=Acting(session.id, own.actor, session.channel))


def needs(permission: str) -> Callable[[F], F]:
    """Lets a route be called only by those to whom the service's permission table grants `permission`."""
    return _rule(permission)


def public(view: F) -> F:
    """Lets everybody call a route. What it shows may still depend on who is calling."""
    return _rule(PUBLIC)(view)


def _rule(permission: str) -> Callable[[F], F]:
    def mark(view: F) -> F:
        setattr(view, _RULE, permission)
        documented = getattr(view, "_apidoc", {})
        documented.setdefault("manual_doc", {})["x-permission"] = permission
        if permission != PUBLIC:
            documented["manual_doc"]["security"] = [{"bearer": []}]
        view._apidoc = documented  # type: ignore[attr-defined]  # flask-smorest's own place for it
        return view

    return mark


def may(permission: str) -> bool:
    """Whether the caller has a permission: for what depends on more than the route."""
    return caller().may(permission, running().permissions)


def require(permission: str) -> None:
    """Raises the 401 or 403 problem unless the caller has the permission."""
    me = caller()
    if me.may(permission, running().permissions):
        return
    if me is ANONYMOUS:
        raise _sign_in_needed()
    raise Problem(403, "not-allowed", f"Your account does not have the permission {permission}.")


def _sign_in_needed() -> Problem:
    return Problem(
        401, "sign-in-needed", "Sign in first: this needs an access token.", headers={"WWW-Authenticate": "Bearer"}
    )


def rule_of(app: Flask, endpoint: str, method: str) -> str | None:
    """The permission of one route, `public`, or None when none was given."""
    view = app.view_functions[endpoint]
    handler = getattr(view, "view_class", None)
    marked = getattr(handler, method.lower(), None) if handler else view
    return cast(str | None, getattr(marked, _RULE, None))


def guard(app: Flask, running: Running) -> None:
    """Checks every request against its route's rule, and refuses to start when a route of the API has none."""
    said = running.settings
    app.extensions[_TOKENS] = TokenVerifier(
        said.issuer, said.internal_issuer, said.audience, said.roles_claim, said.algorithms
    )
    for route in app.url_map.iter_rules():
        for method in (route.methods or set()) - {"HEAD", "OPTIONS"}:
            if route.rule.startswith("/v1/") and rule_of(app, route.endpoint, method) is None:
                raise RuntimeError(f"{method} {route.rule} names no permission: decorate it with @needs or @public")

    reads, changes = (RateLimiter(limit) if limit else None for limit in (said.public_reads, said.public_changes))

    @app.before_request
    def check() -> None:
        rule, method = request.url_rule, request.method
        if rule is None or not rule.rule.startswith("/v1/"):
            return
        permission = rule_of(app, rule.endpoint, "GET" if method == "HEAD" else method)
        if permission and permission != PUBLIC:
            require(permission)
        elif caller() is ANONYMOUS:  # a bad token is an error even where none was needed
            _not_too_often(changes if method not in ("GET", "HEAD", "OPTIONS") else reads)


def _not_too_often(limiter: RateLimiter | None) -> None:
    """Raises the 429 problem for a client who asks public routes more often than people do."""
    if limiter and (wait := limiter.seconds_to_wait(one_home(request.remote_addr))):
        raise Problem(429, "too-many-requests", sentence(wait), headers={"Retry-After": str(wait)})
