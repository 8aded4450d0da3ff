"""Signing in for real: canaille as the demo runs it, its pages filled like a browser does."""

import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwk, jwt

from deploy.demo.sign_in import SCOPES, NotSignedIn, sign_in, walk_to
from deploy.embedded.ports import free_port
from tests.embedded.conftest import Start

PASSWORD = "one-password-for-all"


class Provider:
    """A running provider: its issuer, and the claims of the tokens that it signs."""

    def __init__(self, start: Start, folder: Path, path: str = "") -> None:
        self.port = free_port()
        self.issuer = f"http://127.0.0.1:{self.port}{path}"
        self.start = start
        self.folder = folder
        self.process = self.run()

    def run(self) -> Any:
        return self.start(
            "deploy.identity",
            *("--bind", f"127.0.0.1:{self.port}"),
            ready=f"http://127.0.0.1:{self.port}/readyz",
            OIDC_ISSUER=self.issuer,
            PORTAL_URL="http://127.0.0.1:8000",
            PORTAL_CLIENT_SECRET="portal-secret",
            COPSE_IDENTITY_FOLDER=str(self.folder),
            COPSE_DEMO_PASSWORD=PASSWORD,
        )

    def discovery(self) -> dict[str, Any]:
        return dict(requests.get(f"{self.issuer}/.well-known/openid-configuration", timeout=10).json())

    def claims(self, token: str) -> dict[str, Any]:
        keys = jwk.KeySet.import_key_set(requests.get(self.discovery()["jwks_uri"], timeout=10).json())
        return dict(jwt.decode(token, keys, algorithms=["RS256"]).claims)


@pytest.fixture(scope="module")
def provider(start: Start, tmp_path_factory: pytest.TempPathFactory) -> Provider:
    return Provider(start, tmp_path_factory.mktemp("identity"))


@pytest.fixture(scope="module")
def behind_a_path(start: Start, tmp_path_factory: pytest.TempPathFactory) -> Provider:
    return Provider(start, tmp_path_factory.mktemp("identity"), path="/identity")


def test_a_coordinator_gets_a_signed_token_for_the_services(provider: Provider) -> None:
    claims = provider.claims(sign_in(provider.issuer, "coordinator", PASSWORD))
    assert claims["iss"] == provider.issuer == provider.discovery()["issuer"]
    assert "copse" in claims["aud"]
    assert claims["sub"] == "coordinator"
    assert claims["name"] == "Carys Okafor"
    assert claims["groups"] == ["coordinator"]
    assert claims["exp"] > claims["iat"]


def test_a_member_without_a_role_signs_in_with_her_email_address(provider: Provider) -> None:
    claims = provider.claims(sign_in(provider.issuer, "marion.teal@example.org", PASSWORD))
    assert claims["sub"] == "lewg-one"
    assert not claims.get("groups")


def test_a_wrong_password_is_refused_in_plain_words(provider: Provider) -> None:
    with pytest.raises(NotSignedIn, match="refuses the password of coordinator"):
        sign_in(provider.issuer, "coordinator", "guess")


def test_a_provider_that_is_not_there_is_named() -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(NotSignedIn, match=f"identity provider at {nowhere} does not answer"):
        sign_in(nowhere, "coordinator", PASSWORD)


def test_tokens_stay_good_when_the_provider_starts_again(start: Start, tmp_path: Path) -> None:
    provider = Provider(start, tmp_path / "identity")
    token = sign_in(provider.issuer, "finance", PASSWORD)
    provider.process.stop()
    provider.run()
    assert provider.claims(token)["groups"] == ["finance"]


@pytest.mark.parametrize("passed_on", [True, False], ids=["prefix passed on", "prefix cut off"])
def test_behind_a_gateways_path_the_issuer_is_the_gateways_address(behind_a_path: Provider, passed_on: bool) -> None:
    issuer = behind_a_path.issuer
    here = issuer if passed_on else issuer.removesuffix("/identity")
    found = requests.get(f"{here}/.well-known/openid-configuration", timeout=10).json()
    assert found["issuer"] == issuer
    assert found["authorization_endpoint"].startswith(f"{issuer}/")
    assert "Path=/identity/" in requests.get(f"{here}/login", timeout=10).headers["Set-Cookie"]


def test_behind_a_gateways_path_people_sign_in(behind_a_path: Provider) -> None:
    claims = behind_a_path.claims(sign_in(behind_a_path.issuer, "researcher", PASSWORD))
    assert claims["iss"] == behind_a_path.issuer


def test_the_portals_client_gets_an_id_token_that_a_strict_reader_accepts(provider: Provider) -> None:
    found, back = provider.discovery(), "http://127.0.0.1:8000/sign-in/return"
    client = OAuth2Session(
        "copse-portal",
        "portal-secret",
        scope=SCOPES,
        redirect_uri=back,
        code_challenge_method="S256",
    )
    verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
    question, state = client.create_authorization_url(
        found["authorization_endpoint"], code_verifier=verifier, nonce=nonce
    )
    answer = walk_to(requests.Session(), question, back, "lewg-two", PASSWORD)
    assert parse_qs(urlsplit(answer).query)["state"] == [state]
    token = client.fetch_token(
        found["token_endpoint"], authorization_response=answer, code_verifier=verifier, state=state
    )
    claims = CodeIDToken(
        provider.claims(token["id_token"]),
        {"alg": "RS256"},
        {"iss": {"values": [provider.issuer]}},
        {"nonce": nonce, "client_id": "copse-portal", "access_token": token["access_token"]},
    )
    claims.validate()
    assert claims["sub"] == "lewg-two"
    assert "copse" in provider.claims(token["access_token"])["aud"]
