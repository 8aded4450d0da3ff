"""Signing in at the identity provider: OIDC code flow, PKCE (RFC 7636, S256), state, nonce, by discovery.

The tokens stay in the session on the server; the browser holds only the session's number.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any, cast
from urllib.parse import urlencode

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from authlib.integrations.flask_client.apps import FlaskOAuth2App
from flask import Blueprint, Flask, current_app, redirect, render_template, request, session, url_for
from joserfc.errors import JoseError
from werkzeug.wrappers import Response

from services.portal import acting, conversation, mishaps
from services.portal.api_client import Problem, ServiceAway
from services.portal.claims import roles_in, unverified_payload
from services.portal.configuration import Configuration
from services.portal.person import SignInNeeded, signed_in
from services.portal.safe_paths import safe_path
from shared.http.clients import one_home
from shared.http.rate_limits import RateLimiter

blueprint = Blueprint("sign_in", __name__)

# Signatures by a public key only: an ID token with "none" or a shared secret proves nothing here.
SIGNATURES = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]


class Provider(FlaskOAuth2App):
    """Authlib's client, with the back channel on the internal address and `none` never accepted."""

    issuer = ""
    internal_issuer = ""

    def load_server_metadata(self) -> dict[str, Any]:
        known = "_loaded_at" in self.server_metadata
        metadata = cast(dict[str, Any], super().load_server_metadata())
        if not known:
            metadata.update(rewritten(metadata, self.issuer, self.internal_issuer))
        return metadata


def rewritten(metadata: dict[str, Any], issuer: str, internal: str) -> dict[str, Any]:
    """The discovery document, browsers' addresses under `issuer`, servers' under `internal` (if given)."""
    changed: dict[str, Any] = {"issuer": issuer}
    offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
    changed["id_token_signing_alg_values_supported"] = [name for name in offered if name in SIGNATURES]
    for name in (
        "token_endpoint",
        "jwks_uri",
        "userinfo_endpoint",
        "authorization_endpoint",
        "end_session_endpoint",
    ):
        address = metadata.get(name)
        if not address or not internal:
            continue
        for_browsers = name in ("authorization_endpoint", "end_session_endpoint")
        wrong, right = (internal, issuer) if for_browsers else (issuer, internal)
        changed[name] = right + address.removeprefix(wrong) if address.startswith(wrong) else address
    return changed


class Copse(OAuth):
    oauth2_client_cls = Provider


def install(app: Flask, configuration: Configuration) -> None:
    """Register the provider and the three addresses: /sign-in, /sign-in/return, /sign-out."""
    oauth = Copse(app)
    oauth.register(
        "provider",
        client_id=configuration.client_id,
        client_secret=configuration.client_secret or None,
        server_metadata_url=(configuration.internal_issuer or configuration.issuer)
        + "/.well-known/openid-configuration",
        client_kwargs={"scope": configuration.scopes, "code_challenge_method": "S256", "default_timeout": 10},
    )
    provider = oauth.create_client("provider")
    provider.issuer, provider.internal_issuer = configuration.issuer, configuration.internal_issuer
    app.extensions["copse-provider"] = provider
    app.register_blueprint(blueprint)
    limiter = RateLimiter(configuration.sign_ins) if configuration.sign_ins else None

    @app.before_request
    def not_too_often() -> mishaps.Page | None:
        """Both steps count: each makes the provider work, and the second may be a guess."""
        if limiter is None or request.endpoint not in ("sign_in.start", "sign_in.finish"):
            return None
        wait = limiter.seconds_to_wait(one_home(request.remote_addr))
        return mishaps.too_many(wait) if wait else None


def _provider() -> Provider:
    return cast(Provider, current_app.extensions["copse-provider"])


def _configuration() -> Configuration:
    return cast(Configuration, current_app.extensions["copse-configuration"])


@blueprint.get("/sign-in")
def start() -> Response | mishaps.Page:
    """Send the browser to the provider, remembering the page to come back to."""
    session["back_to"] = safe_path(request.args.get("next"))
    back_here = _configuration().portal_url + url_for("sign_in.finish")
    try:
        return cast(Response, _provider().authorize_redirect(back_here))
    except requests.RequestException as error:
        return _provider_away(error)


@blueprint.get("/sign-in/return")
def finish() -> Response | mishaps.Page:
    """The provider sends the browser back here with a code, or with a reason why not."""
    try:
        token = _provider().authorize_access_token()
    except requests.RequestException as error:
        return _provider_away(error)
    except (OAuthError, JoseError, ValueError) as error:
        current_app.logger.warning("sign-in failed: %s", type(error).__name__)
        return render_template("sign_in/failed.html.jinja"), 400
    claims: dict[str, Any] = dict(token.get("userinfo") or {})
    access = str(token["access_token"])
    path = _configuration().roles_claim
    roles = roles_in(claims, path) | roles_in(unverified_payload(access), path)
    if not (roles and claims.get("name")):
        extra = _userinfo(token)
        roles |= roles_in(extra, path)
        claims = {**extra, **claims}
    back_to, unsent, helping = session.get("back_to"), session.get("unsent"), session.get("acting")
    session.clear()
    session.permanent = True
    session["signed_in_at"] = time.time()
    session["person"] = {
        "subject": claims["sub"],
        "name": claims.get("name") or claims.get("preferred_username") or "Signed in",
        "roles": sorted(roles),
        "token": access,
        "id_token": token.get("id_token", ""),
        "expires_at": float(token.get("expires_at") or time.time() + 300),
    }
    # A new session number, so that one planted before the sign-in is worth nothing (OWASP, Session Fixation).
    current_app.session_interface.regenerate(session)  # type: ignore[attr-defined]
    # What was typed belongs to the one who typed it: on a shared computer the next person must not see it.
    if unsent and unsent["subject"] == claims["sub"]:
        session["unsent"] = unsent
    if helping and helping["subject"] == claims["sub"]:
        session["acting"] = helping
    return redirect(safe_path(back_to))


def _provider_away(error: requests.RequestException) -> mishaps.Page:
    current_app.logger.warning("the identity provider is away: %s", type(error).__name__)
    return mishaps.page(
        503,
        "You cannot sign in just now",
        "The pages that need no sign-in still work.",
        "Try again in a minute.",
    )


def _userinfo(token: dict[str, Any]) -> dict[str, Any]:
    try:
        return dict(_provider().userinfo(token=token))
    except (requests.RequestException, OAuthError, KeyError, ValueError):
        return {}


def _end_help() -> None:
    """Whoever goes acts for nobody any more. If the service is away, the session's time ends it."""
    now = acting.current()
    if now:
        with acting.as_oneself(), suppress(Problem, ServiceAway, SignInNeeded):
            conversation.post("membership", f"/v1/assisted-sessions/{now.id}/end", {})


@blueprint.post("/sign-out")
@signed_in
def sign_out() -> Response:
    """End the session here and, where the provider offers it, there (RP-initiated logout)."""
    id_token = session["person"].get("id_token")
    _end_help()
    session.clear()
    try:
        endpoint = _provider().load_server_metadata().get("end_session_endpoint")
    except requests.RequestException:
        endpoint = None  # signed out here; the provider's own session ends by itself
    if not endpoint:
        return redirect(url_for("home.show"))
    asked = {
        "id_token_hint": id_token,
        "client_id": _configuration().client_id,
        "post_logout_redirect_uri": _configuration().portal_url + "/",
    }
    return redirect(f"{endpoint}?{urlencode(asked)}")
