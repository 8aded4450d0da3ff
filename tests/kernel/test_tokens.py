"""Only tokens that the provider signed, for us, for now, are believed; every other one is told why it is not."""

import base64
import hmac
import json
import time
from collections.abc import Iterator

import pytest
from joserfc import jws, jwt

from deploy.embedded.ports import free_port
from shared.identity import tokens as module
from shared.identity.tokens import InvalidToken, ProviderUnavailable, TokenVerifier
from tests.kernel.provider import Provider, key, provider


@pytest.fixture
def at_provider() -> Iterator[Provider]:
    with provider() as running:
        yield running


@pytest.fixture
def verifier(at_provider: Provider) -> TokenVerifier:
    return verifier_of(at_provider.issuer)


def verifier_of(issuer: str, internal: str | None = None, roles_claim: str = "groups") -> TokenVerifier:
    return TokenVerifier(issuer, internal or issuer, "copse", roles_claim, ["RS256"])


def parts(token: str) -> list[dict[str, object]]:
    return [json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2]]


def unsigned(part: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def test_a_good_token_says_who_it_is_and_what_they_may(at_provider: Provider, verifier: TokenVerifier) -> None:
    claims = verifier.verify(at_provider.token("ann", ("coordinator", "finance")))
    assert (claims.issuer, claims.subject) == (at_provider.issuer, "ann")
    assert claims.roles == {"coordinator", "finance"}


def test_the_audience_may_be_one_of_several(at_provider: Provider, verifier: TokenVerifier) -> None:
    assert verifier.verify(at_provider.token(aud=["other", "copse"])).subject == "ann"


def test_roles_may_be_anywhere_in_the_token(at_provider: Provider) -> None:
    nested = at_provider.token(groups=None, realm_access={"roles": ["coordinator"]})
    assert verifier_of(at_provider.issuer, roles_claim="realm_access.roles").verify(nested).roles == {"coordinator"}


@pytest.mark.parametrize("groups", [None, "coordinator", {"coordinator": True}, 7])
def test_roles_in_another_form_are_no_roles(at_provider: Provider, verifier: TokenVerifier, groups: object) -> None:
    assert verifier.verify(at_provider.token(groups=groups)).roles == frozenset()


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": int(time.time()) - 60},
        {"exp": None},
        {"exp": "tomorrow"},
        {"nbf": int(time.time()) + 86_400},
        {"iss": "https://elsewhere.example"},
        {"iss": None},
        {"aud": "elsewhere"},
        {"aud": ["elsewhere"]},
        {"aud": None},
        {"sub": None},
        {"sub": ""},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_us_or_not_for_now_is_refused(
    at_provider: Provider, verifier: TokenVerifier, claims: dict[str, object]
) -> None:
    with pytest.raises(InvalidToken, match="Sign in again"):
        verifier.verify(at_provider.token(**{"subject": "ann", **claims}))  # type: ignore[arg-type]


def test_a_token_without_a_signature_is_refused(at_provider: Provider, verifier: TokenVerifier) -> None:
    header, claims = parts(at_provider.token(roles=("coordinator",)))
    for alg in ("none", "None", "NONE"):
        with pytest.raises(InvalidToken):
            verifier.verify(f"{unsigned({**header, 'alg': alg})}.{unsigned(claims)}.")


def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(
    at_provider: Provider, verifier: TokenVerifier
) -> None:
    """The oldest trick: HS256 with what everybody can read."""
    [_, claims] = parts(at_provider.token())
    signed = f"{unsigned({'alg': 'HS256', 'kid': 'first'})}.{unsigned(claims)}"
    signature = hmac.digest(at_provider.keys[0].as_pem(private=False), signed.encode(), "sha256")
    with pytest.raises(InvalidToken):
        verifier.verify(f"{signed}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}")


def test_a_token_signed_by_a_key_that_it_brings_along_is_refused(
    at_provider: Provider, verifier: TokenVerifier
) -> None:
    own = key("own")
    [_, claims] = parts(at_provider.token())
    for header in ({"kid": "first"}, {}, {"jwk": own.as_dict(private=False)}):
        with pytest.raises(InvalidToken):
            verifier.verify(jwt.encode({"alg": "RS256", **header}, claims, own))


def test_a_token_that_was_altered_is_refused(at_provider: Provider, verifier: TokenVerifier) -> None:
    token = at_provider.token()
    header, claims = parts(token)
    raised = f"{unsigned(header)}.{unsigned({**claims, 'groups': ['coordinator']})}.{token.split('.')[2]}"
    with pytest.raises(InvalidToken):
        verifier.verify(raised)


@pytest.mark.parametrize(
    "token",
    ["", "ann", "a.b", "a.b.c", "..", "a.b.c.d.e", "é.é.é", "\x00", "eyJhbGciOiJSUzI1NiJ9..", "x" * 10_000],
)
def test_what_is_no_token_at_all_is_refused(verifier: TokenVerifier, token: str) -> None:
    with pytest.raises(InvalidToken):
        verifier.verify(token)


@pytest.mark.parametrize("payload", ["[]", '"ann"', "null", "7", "{", "\ud800"])
def test_a_signed_token_that_holds_no_claims_is_refused(
    at_provider: Provider, verifier: TokenVerifier, payload: str
) -> None:
    own = at_provider.keys[0]
    token = jws.serialize_compact({"alg": "RS256", "kid": own.kid}, payload.encode("utf-8", "replace"), own)
    with pytest.raises(InvalidToken):
        verifier.verify(token)


@pytest.mark.parametrize("header", [[], "RS256", {"alg": ["RS256"]}, {"kid": "first"}, {"alg": "RS256", "kid": 7}])
def test_a_header_in_another_form_is_refused(at_provider: Provider, verifier: TokenVerifier, header: object) -> None:
    _, claims, signature = at_provider.token().split(".")
    with pytest.raises(InvalidToken):
        verifier.verify(f"{unsigned(header)}.{claims}.{signature}")


def test_keys_are_fetched_once_for_many_tokens(at_provider: Provider, verifier: TokenVerifier) -> None:
    for _ in range(5):
        verifier.verify(at_provider.token())
    assert at_provider.asked == 1


def test_a_new_key_of_the_provider_is_found(
    at_provider: Provider, verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LEAST_PAUSE_SECONDS", 0.0)
    verifier.verify(at_provider.token())
    at_provider.new_key("second")
    at_provider.forget_old_keys()
    assert verifier.verify(at_provider.token()).subject == "ann"


def test_a_token_that_was_verified_is_refused_once_its_key_is_withdrawn(
    at_provider: Provider, verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = at_provider.token()
    assert verifier.verify(token) == verifier.verify(token)
    at_provider.new_key("second")
    at_provider.forget_old_keys()
    assert verifier.verify(token).subject == "ann"  # the keys are kept for a while
    monkeypatch.setattr(module, "_KEYS_KEPT_SECONDS", 0.0)
    with pytest.raises(InvalidToken):
        verifier.verify(token)


def test_a_token_that_was_verified_is_refused_once_it_has_expired(
    at_provider: Provider, verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = at_provider.token()
    verifier.verify(token)
    late = time.time() + 311
    monkeypatch.setattr(time, "time", lambda: late)
    monkeypatch.setattr(module, "time", lambda: late)
    with pytest.raises(InvalidToken, match="expired"):
        verifier.verify(token)


def test_a_token_like_one_that_was_verified_is_not_it(at_provider: Provider, verifier: TokenVerifier) -> None:
    token = at_provider.token()
    verifier.verify(token)
    for other in (token[:-4] + "AAAA", token + "A", token[1:], token.replace(".", "..", 1)):
        with pytest.raises(InvalidToken):
            verifier.verify(other)


def test_only_so_many_tokens_are_remembered(
    at_provider: Provider, verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_TOKENS_REMEMBERED", 2)
    tokens = [at_provider.token(name) for name in ("ann", "ben", "carys", "dev", "ann")]
    assert [verifier.verify(token).subject for token in tokens] == ["ann", "ben", "carys", "dev", "ann"]
    assert verifier._keys is not None
    assert len(verifier._keys.verified) <= 2


def test_a_flood_of_unknown_keys_does_not_become_a_flood_to_the_provider(
    at_provider: Provider, verifier: TokenVerifier
) -> None:
    verifier.verify(at_provider.token())
    [_, claims] = parts(at_provider.token())
    own = key("own")
    for nth in range(5):
        with pytest.raises(InvalidToken):
            verifier.verify(jwt.encode({"alg": "RS256", "kid": f"unknown-{nth}"}, claims, own))
    assert at_provider.asked == 1


def test_a_provider_that_is_away_is_not_the_callers_fault(at_provider: Provider, verifier: TokenVerifier) -> None:
    at_provider.away = True
    with pytest.raises(ProviderUnavailable, match=at_provider.issuer):
        verifier.verify(at_provider.token())
    at_provider.away = False
    assert verifier.verify(at_provider.token()).subject == "ann"


def test_a_provider_that_is_not_there_is_told_by_its_address() -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    with provider() as elsewhere, pytest.raises(ProviderUnavailable, match=nowhere):
        verifier_of(nowhere).verify(elsewhere.token())


def test_a_provider_may_have_another_address_inside(at_provider: Provider) -> None:
    """Browsers see https://sign-in.example, servers reach it inside the network; the token names the former."""
    inside = at_provider.issuer
    at_provider.issuer = "https://sign-in.example"
    assert verifier_of("https://sign-in.example", internal=inside).verify(at_provider.token()).subject == "ann"
