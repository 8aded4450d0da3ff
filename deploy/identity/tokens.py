"""Access tokens for Copse's services, by RFC 9068 (JWT profile for OAuth 2.0 access tokens).

canaille gives access tokens and ID tokens one and the same audience. The services must be in the first; with
them in the second, clients rightly refuse it: an ID token for several needs `azp` (OpenID Connect Core 1.0,
section 3.1.3.7), which canaille does not write.
"""

import time
from uuid import uuid4

from authlib.integrations.flask_oauth2 import AuthorizationServer
from canaille.app.models import Client, User
from canaille.oidc.jose import server_signing_key
from canaille.oidc.provider import get_issuer
from canaille.oidc.userinfo import UserInfo, generate_user_claims
from flask import Flask
from joserfc import jwt

# Who an access token is meant for: all services of Copse (their OIDC_AUDIENCE).
AUDIENCE = "copse"
# A working day: the demonstration does not bother people with signing in again.
SECONDS = 8 * 60 * 60


def access_token(client: Client, grant_type: str, user: User, scope: str) -> str:  # noqa: ARG001
    """A signed JWT with who (sub, name, email), in which roles (groups) and for how long."""
    now, key = int(time.time()), server_signing_key()
    claims = {
        **UserInfo(generate_user_claims(user)).filter(scope),
        "iss": get_issuer(),
        "aud": [AUDIENCE, client.client_id],
        "client_id": client.client_id,
        "scope": scope,
        "jti": str(uuid4()),
        "iat": now,
        "exp": now + SECONDS,
    }
    return jwt.encode({"typ": "at+jwt", "alg": "RS256", "kid": key.kid}, claims, key)


def install(provider: Flask, server: AuthorizationServer) -> None:
    """Make the provider issue these, by Authlib's OAUTH2_ACCESS_TOKEN_GENERATOR."""
    choices = {
        **provider.config,
        "OAUTH2_ACCESS_TOKEN_GENERATOR": access_token,
        "OAUTH2_TOKEN_EXPIRES_IN": {"authorization_code": SECONDS, "refresh_token": SECONDS},
    }
    server.register_token_generator("default", server.create_bearer_token_generator(choices))
