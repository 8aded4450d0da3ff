"""The composition root of the portal: every page, guard and filter is named here, once."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from cachelib import FileSystemCache
from flask import Flask, Response, g, jsonify
from flask_session import Session
from flask_wtf.csrf import CSRFProtect
from jinja2 import ChoiceLoader, PackageLoader, PrefixLoader
from werkzeug.middleware.proxy_fix import ProxyFix

from services.portal import (
    acting,
    built_files,
    configuration,
    directory,
    headers,
    held,
    mishaps,
    navigation,
    sign_in,
    vocabulary,
    words,
)
from services.portal.api_client import ApiClient
from services.portal.pages import (
    applications,
    applications_acting,
    arrangements,
    claims,
    communities,
    community_people,
    complaints,
    consents,
    contacts,
    contacts_of_member,
    data_protection,
    erasures,
    glossary,
    home,
    importing,
    joining,
    me,
    me_record,
    meetings,
    member_needs,
    members_directory,
    messages,
    my_data,
    my_membership,
    my_needs,
    planning,
    project_groups,
    rates,
    safeguarding,
    statements,
    support,
    support_asking,
    support_request,
)
from services.portal.person import current_person
from shared.http import metrics, tracing
from shared.http.clients import TrustedProxies

SESSION_LIFETIME = timedelta(hours=8)
LARGEST_FORM = 256 * 1024  # bytes; the longest text is a review of a few pages
FIRST_PAGES = (
    home,
    communities,
    community_people,
    project_groups,
    meetings,
    planning,
    arrangements,
    joining,
    applications,
    member_needs,
    applications_acting,
    importing,
)
MORE_PAGES = (
    support,
    support_asking,
    support_request,
    claims,
    messages,
    erasures,
    me,
    me_record,
    my_membership,
    my_data,
    data_protection,
    complaints,
    safeguarding,
    consents,
    members_directory,
    contacts,
    contacts_of_member,
    my_needs,
    rates,
    glossary,
    statements,
)


def create_app(settings: configuration.Configuration | None = None) -> Flask:
    """A Flask app for gunicorn. Without `settings` the environment tells; mistakes there are raised."""
    settings = settings or configuration.from_environment()
    app = Flask(__name__, static_folder=None)
    app.extensions["copse-configuration"] = settings
    app.extensions["copse-api-client"] = ApiClient(settings.service_urls)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=LARGEST_FORM,
        PERMANENT_SESSION_LIFETIME=SESSION_LIFETIME,
        SESSION_TYPE="cachelib",
        SESSION_CACHELIB=FileSystemCache(str(settings.session_directory), threshold=20_000, mode=0o600),
        SESSION_COOKIE_NAME="copse",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure,
        SESSION_REFRESH_EACH_REQUEST=False,
        WTF_CSRF_TIME_LIMIT=None,  # writing a review may take hours; the session's end is the limit
    )
    metrics.time_requests(app)  # these two before all else that looks at requests
    tracing.follow(app)
    Session(app)
    CSRFProtect(app)
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]
    app.wsgi_app = TrustedProxies(app.wsgi_app, settings.trusted_proxies)  # type: ignore[method-assign]
    headers.install(app, settings)
    built_files.install(app)
    sign_in.install(app, settings)
    mishaps.install(app)
    acting.install(app)
    for topic in (*FIRST_PAGES, *MORE_PAGES):
        app.register_blueprint(topic.blueprint)
    _templates(app, settings)
    _health(app, settings)
    metrics.register(app)
    return app


def _templates(app: Flask, settings: configuration.Configuration) -> None:
    app.jinja_env.autoescape = True  # Flask would escape *.html only, and ours end in .html.jinja
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    components = PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")})
    pages = PackageLoader("services.portal", "templates")
    app.jinja_env.loader = ChoiceLoader([pages, components])
    app.jinja_env.filters.update(
        day=words.day,
        weekday=words.weekday,
        moment=words.moment,
        period=words.period,
        pounds=words.pounds,
        number=words.number,
    )
    app.jinja_env.globals.update(
        span=words.span, said=vocabulary.said, words=vocabulary, said_plainly=held.said_plainly
    )

    @app.context_processor
    def everywhere() -> dict[str, Any]:
        return {
            "person": current_person(),
            "membership": directory.own_membership,
            "navigation": navigation.items,
            "demonstration": settings.demonstration,
            "contact_email": settings.contact_email,
            "behind": g.get("behind", False),
            "nonce": g.get("nonce", ""),
        }


def _health(app: Flask, settings: configuration.Configuration) -> None:
    @app.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="up")

    @app.get("/readyz")
    def readyz() -> tuple[Response, int]:
        """Usable when the built files are there and sessions can be stored. Pages tell of services away."""
        absent = built_files.missing()
        writable = os.access(settings.session_directory, os.W_OK)
        detail = {
            "built files": f"missing: {', '.join(absent)}; run `npm run build`" if absent else "there",
            "session directory": "writable" if writable else "not writable",
        }
        ready = not absent and writable
        return jsonify(status="ready" if ready else "not ready", detail=detail), 200 if ready else 503
