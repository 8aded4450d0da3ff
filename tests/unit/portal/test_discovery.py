"""Browsers and servers may reach the identity provider by different addresses."""

from services.portal.sign_in import rewritten

FOUND = {
    "issuer": "http://identity:8005",
    "authorization_endpoint": "http://identity:8005/oauth/authorize",
    "token_endpoint": "http://localhost:8080/identity/oauth/token",
    "jwks_uri": "http://localhost:8080/identity/jwks.json",
    "id_token_signing_alg_values_supported": ["none", "HS256", "RS256"],
}


def test_the_back_channel_takes_the_internal_address_and_browsers_the_public_one() -> None:
    changed = rewritten(FOUND, "http://localhost:8080/identity", "http://identity:8005")
    assert changed["issuer"] == "http://localhost:8080/identity"
    assert changed["authorization_endpoint"] == "http://localhost:8080/identity/oauth/authorize"
    assert changed["token_endpoint"] == "http://identity:8005/oauth/token"
    assert changed["jwks_uri"] == "http://identity:8005/jwks.json"


def test_without_an_internal_address_the_document_stands() -> None:
    changed = rewritten(FOUND, "http://localhost:8080/identity", "")
    assert "token_endpoint" not in changed


def test_unsigned_tokens_and_shared_secrets_are_never_accepted() -> None:
    assert rewritten(FOUND, "x", "")["id_token_signing_alg_values_supported"] == ["RS256"]
