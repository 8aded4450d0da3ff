"""The provider as a WSGI application: canaille, in memory, with only what signing in needs switched on."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from canaille import create_app
from canaille.backends import Backend
from canaille.oidc.provider import authorization
from flask import Flask

from deploy.identity import accounts, tokens
from deploy.identity.addresses import AtIssuer, IssuerRequest
from deploy.identity.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def application(settings: Settings) -> "WSGIApplication":
    provider: Flask = create_app(config=configuration(settings))
    # canaille offers all ways for a client to authenticate only when it knows its server's name at start, and
    # fails at the token endpoint otherwise; but from that name it would make an issuer without the gateway's
    # path.
    provider.config["SERVER_NAME"] = None
    tokens.install(provider, authorization)
    provider.request_class = IssuerRequest
    provider.wsgi_app = AtIssuer(provider.wsgi_app, settings.issuer)  # type: ignore[method-assign]

    for health in ("/healthz", "/readyz"):
        provider.add_url_rule(health, endpoint=health, view_func=lambda: {"status": "up"})
    with provider.app_context(), Backend.instance.session():
        accounts.create(settings)
    return provider


def configuration(settings: Settings) -> dict[str, object]:
    """canaille's own settings (https://canaille.readthedocs.io/en/latest/references/configuration.html)."""
    portal = urlsplit(settings.portal_url).hostname or ""
    return {
        "SERVER_NAME": urlsplit(settings.issuer).netloc,
        "SECRET_KEY": settings.session_secret,
        # Browsers send cookies to every port of a host: without names of their own, the portal and the
        # provider on 127.0.0.1 would overwrite each other's.
        "SESSION_COOKIE_NAME": "copse_identity",
        "SESSION_COOKIE_PATH": f"{settings.prefix}/",
        "SESSION_COOKIE_SAMESITE": "Lax",
        "CANAILLE": {
            "NAME": "Copse demonstration",
            "DATABASE": "memory",
            "LOGO": None,
            "FAVICON": None,
            "LANGUAGE": "en",
            "JAVASCRIPT": False,
            "HTMX": False,
            "SMTP": None,
            "EMAIL_CONFIRMATION": False,
            "ENABLE_REGISTRATION": False,
            "ENABLE_PASSWORD_RECOVERY": False,
            "CAPTCHA_ENABLED": False,
            "LOGIN_ATTRIBUTES": ["user_name", "emails"],
            "LOGGING": LOGGING,
            # Nobody administers accounts here: they are made again at every start.
            "ACL": {"EVERYBODY": {"PERMISSIONS": ["use_oidc"], "READ": ["user_name", "groups"], "WRITE": []}},
        },
        "CANAILLE_OIDC": {
            "ACTIVE_JWKS": [settings.signing_key],
            # No consent page for our own portal and command line.
            "TRUSTED_DOMAINS": sorted({portal, "127.0.0.1", "localhost"}),
        },
    }


LOGGING: dict[str, object] = {
    "version": 1,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"level": "WARNING", "handlers": ["console"]},
    "disable_existing_loggers": False,
}
