"""What every answer carries: a strict content security policy, and no keeping of personal pages."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, g, request

from services.portal.configuration import Configuration
from services.portal.person import current_person


def install(app: Flask, configuration: Configuration) -> None:
    provider = urlsplit(configuration.issuer)
    # Chromium holds form-action against redirects too: sign-out and expired sign-in lead to the provider.
    form_targets = f"'self' {provider.scheme}://{provider.netloc}"

    @app.before_request
    def choose_a_nonce() -> None:
        g.nonce = secrets.token_urlsafe(16)

    @app.after_request
    def protect(response: Response) -> Response:
        nonce = g.get("nonce", "")
        response.headers["Content-Security-Policy"] = (
            f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; img-src 'self'; "
            f"font-src 'self'; connect-src 'self'; form-action {form_targets}; "
            "base-uri 'none'; frame-ancestors 'none'"
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        if configuration.secure:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        if request.endpoint != "built_files.serve":
            # Pages differ by person; a shared computer's back button must not show the last person's page.
            kept_private = current_person() is not None or request.method != "GET"
            response.headers["Cache-Control"] = "private, no-store" if kept_private else "private, no-cache"
        return response
