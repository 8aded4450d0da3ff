"""No route of any service takes a token that the provider did not sign, for us, for now."""

import base64
import hmac
import json
import time

from joserfc import jwt

from tests.kernel.provider import Provider, key
from tests.permissions.knocking import House
from tests.permissions.people import ROLES, STELLA

HOUR = 3_600


def bad_tokens(at_provider: Provider) -> dict[str, str]:
    """Each would open most doors if it were believed: it names every role."""
    now = int(time.time())

    def token(**claims: object) -> str:
        return at_provider.token(STELLA, ROLES, **claims)

    good = token()
    header, claims = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in good.split(".")[:2])
    own = key("own")

    def unsigned(alg: str, **more: object) -> str:
        return f"{_part({**header, 'alg': alg, **more})}.{_part(claims)}."

    by_secret = f"{_part({'alg': 'HS256', 'kid': header['kid']})}.{_part(claims)}"
    secret = hmac.digest(at_provider.keys[0].as_pem(private=False), by_secret.encode(), "sha256")
    return {
        "expired": token(exp=now - 60),
        "without an end": token(exp=None),
        "not yet valid": token(nbf=now + HOUR),
        "from the future": token(iat=now + HOUR, nbf=now + HOUR),
        "for another audience": token(aud="copse-portal"),
        "for nobody": token(aud=None),
        "of another issuer": token(iss="https://elsewhere.example"),
        "of no issuer": token(iss=None),
        "about nobody": token(sub=None),
        "alg none": unsigned("none"),
        "alg None": unsigned("None"),
        "alg none with the signature": unsigned("none") + good.rpartition(".")[2],
        "HS256 by the public key": f"{by_secret}.{_bytes(secret)}",
        "by an unknown key": jwt.encode({"alg": "RS256", "kid": "unknown"}, claims, own),
        "by another key of a known name": jwt.encode({"alg": "RS256", "kid": header["kid"]}, claims, own),
        "with its key inside": jwt.encode({"alg": "RS256", "jwk": own.as_dict(private=False)}, claims, own),
        "with an altered payload": f"{_part(header)}.{_part({**claims, 'sub': 'coordinator'})}.{good.split('.')[2]}",
        "with an altered signature": good[:-6] + ("AAAAAA" if good[-6:] != "AAAAAA" else "BBBBBB"),
        "without a signature": good.rpartition(".")[0] + ".",
        "only two parts": good.rpartition(".")[0],
        "a word": "coordinator",
        "dots": "..",
        "a long word": "x" * 5_000,
        "encrypted": "a.b.c.d.e",
        "null": "null",
        "twice": f"{good} {good}",
    }


def _part(value: object) -> str:
    return _bytes(json.dumps(value).encode())


def _bytes(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def test_no_route_takes_a_bad_token_not_even_where_none_is_needed(house: House, at_provider: Provider) -> None:
    """A client whose token is refused must hear it, and not see the page of somebody who is not signed in."""
    tokens, wrong = bad_tokens(at_provider), []
    for route in house.routes:
        for name, token in tokens.items():
            answered = house.knock_with(route, token)
            said = answered.status_code, answered.headers.get("WWW-Authenticate"), answered.mimetype
            if said != (401, 'Bearer error="invalid_token"', "application/problem+json"):
                wrong.append(f"{route} with a token {name}: {answered.status_code} {answered.text}")
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(wrong)


def test_only_a_bearer_token_is_one(house: House, at_provider: Provider) -> None:
    """Under another scheme, or none, the best token is no sign-in."""
    good = at_provider.token(STELLA, ROLES)
    for route in house.routes:
        plainly = house.knock_with(route, None).status_code
        for scheme in ("Basic", "Token", "JWT", "DPoP"):
            assert house.knock_with(route, good, scheme).status_code == plainly, (route, scheme)


def test_the_same_token_without_a_fault_is_taken(house: House, at_provider: Provider) -> None:
    """So the refusals above are for the fault alone."""
    good = at_provider.token(STELLA, ROLES)
    statuses = {str(route): house.knock_with(route, good).status_code for route in house.routes}
    assert [route for route, status in statuses.items() if status == 401] == []
    assert sum(status == 403 for status in statuses.values()) <= len(statuses) // 4
