"""When something is not as hoped: pages that say what happened and what to do, never a stack trace."""

from __future__ import annotations

import re
import time

from flask import Flask, current_app, redirect, render_template, request, session, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from services.portal import acting
from services.portal.api_client import Problem, ServiceAway
from services.portal.person import SignInNeeded, current_person
from shared.http.rate_limits import sentence

Page = tuple[str, int] | tuple[str, int, dict[str, str]]

# A token refused within this many seconds of signing in will be refused again: say so, do not go in circles.
FRESH_SECONDS = 20

UNTYPED = ("csrf_token", "key", "seen", "action")  # what every form holds and nobody types


def page(status: int, title: str, *sentences: str) -> Page:
    html = render_template("mishap.html.jinja", title=title, sentences=sentences)
    return (html, status, {"Retry-After": "10"}) if status == 503 else (html, status)


def service_away(away: ServiceAway) -> Page:
    current_app.logger.warning("%s", away)
    shown = {
        "membership": "Membership pages",
        "meetings": "Meetings",
        "ppi": "Support requests and payments",
        "notifications": "Messages",
    }.get(away.service, "This page")
    return page(
        503,
        f"{shown} cannot be shown just now",
        "The rest of the site still works.",
        "Try again in a minute.",
    )


def problem(refusal: Problem) -> Page:
    current_app.logger.info("%s", refusal)
    if refusal.status == 404:
        return not_found()
    if refusal.status == 403:
        return forbidden()
    title = "Please wait a little" if refusal.status == 429 else "That did not work"
    return page(refusal.status, title, refusal.detail or refusal.title)


def too_many(seconds: int) -> Page:
    html, status, *_ = page(429, "Please wait a little", sentence(seconds))
    return html, status, {"Retry-After": str(seconds)}


def not_found() -> Page:
    return page(
        404,
        "Page not found",
        "If you typed the address, check that it is right.",
        "If you followed a link here, what it showed may have been moved or removed.",
    )


def forbidden() -> Page:
    if now := acting.current():
        return page(
            403,
            "You cannot use this page just now",
            f"You act for {now.name}, so you see what {now.name} sees.",
            "End the session at the top of this page, then come back here.",
        )
    return page(
        403,
        "You cannot use this page",
        "It is for people with another part to play. If you need it, ask your coordinator.",
    )


def http_exception(error: HTTPException) -> Page:
    status = error.code or 500
    if status == 404:
        return not_found()
    if status == 403:
        return forbidden()
    if status == 413:
        return page(413, "That is too long", "Shorten what you wrote, then send it again.")
    if status == 405:
        return page(405, "That page cannot be used this way", "Go to the home page and start again from there.")
    return page(status, "That did not work", error.description or "Try again.")


def stale_form(_: CSRFError) -> Response | Page:
    """The session that the form belonged to has ended: nothing can be stored, but nothing typed may be lost either."""
    if request.endpoint == "sign_in.sign_out" and current_person() is None:
        return redirect(url_for("home.show"))  # signed out already
    ours = request.headers.get("Sec-Fetch-Site") == "same-origin"  # no other site may put its words on our page
    shown = [text for name, text in request.form.items(multi=True) if ours and name not in UNTYPED and typed(text)]
    advice = (
        "Copy what you typed from below. Then open the page again, sign in if it asks you to, and put it in again."
        if shown
        else "Open the page again, sign in if it asks you to, and send the form again."
    )
    html = render_template(
        "mishap.html.jinja",
        title="This page was open for too long",
        sentences=("For your safety, nothing was stored.", advice),
        typed=shown,
        again=request.path,
    )
    return html, 400


def typed(text: str) -> bool:
    """Whether somebody wrote this. A code ("in-person", an id, part of a date) stands for a choice, or is short."""
    return not re.fullmatch(r"[a-z0-9-]*", text.strip())


def unexpected(error: Exception) -> Page:
    current_app.logger.error("a page failed", exc_info=error)
    return page(500, "Something went wrong on our side", "We have been told. Try again in a minute.")


def sign_in_needed(_: SignInNeeded) -> Response | Page:
    """Off to sign in and back to this page; what was typed is kept and shown again."""
    person = current_person()
    if person and person.expires_at > time.time() and time.time() - session.get("signed_in_at", 0) < FRESH_SECONDS:
        return page(
            403,
            "Your sign-in was not accepted",
            "You are signed in, but a part of the system does not recognise your sign-in.",
            "Sign out, sign in again, and tell your coordinator if this page comes back.",
        )
    if person and request.method == "POST":
        values = {name: texts for name, texts in request.form.lists() if name not in ("csrf_token", "key")}
        session["unsent"] = {"path": request.path, "subject": person.subject, "values": values}
    back_to = request.full_path.rstrip("?") if request.method == "GET" else request.path
    return redirect(url_for("sign_in.start", next=back_to))


def install(app: Flask) -> None:
    app.register_error_handler(ServiceAway, service_away)
    app.register_error_handler(Problem, problem)
    app.register_error_handler(CSRFError, stale_form)
    app.register_error_handler(SignInNeeded, sign_in_needed)
    app.register_error_handler(HTTPException, http_exception)
    app.register_error_handler(Exception, unexpected)
