"""What adopters run: people sign in at a real Keycloak by the portal; the services take its tokens, and no others."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID

import pytest
import requests
from flask.testing import FlaskClient

from deploy.demo.sign_in import NotSignedIn, sign_in
from services.membership.service import service as membership
from services.portal.claims import unverified_payload
from shared.http.app import create_app
from shared.identity.roles import ROLES
from shared.projections.projection import make_tables
from shared.service import Running
from tests.keycloak.conftest import PORTAL_URL, Realm
from tests.permissions.knocking import settings
from tests.servers import Databases

SignIn = Callable[[str], dict[str, Any]]
ELSEWHERE = "http://127.0.0.1:8009/callback"
NOBODY = UUID(int=0)


@pytest.fixture(scope="module")
def service(realm: Realm, databases: Databases) -> Iterator[FlaskClient]:
    """Membership's real app, as docs/how-to/use-keycloak.md configures it."""
    said = settings(databases.for_events(), databases.for_keys(), realm.issuer)
    running = Running(membership, replace(said, roles_claim="realm_access.roles"))
    for projection in membership.projections:
        make_tables(projection, running.database)
    yield create_app(running).test_client()
    running.close()


def asked(service: FlaskClient, path: str, token: str) -> int:
    return service.get(f"/v1/{path}", headers={"Authorization": f"Bearer {token}"}).status_code


def test_a_coordinator_signs_in_by_the_portal_and_the_services_know_her_roles(
    realm: Realm, signed_in: SignIn, service: FlaskClient
) -> None:
    person = signed_in(realm.person("carys", "coordinator", "evaluator"))
    assert person["name"] == "Carys Synthetic"
    assert set(person["roles"]) & set(ROLES) == {"coordinator", "evaluator"}
    claims = unverified_payload(person["token"])
    assert claims["iss"] == realm.issuer
    assert "copse" in ([claims["aud"]] if isinstance(claims["aud"], str) else claims["aud"])
    assert 3_000 < claims["exp"] - claims["iat"] <= 3_600
    assert asked(service, "members", person["token"]) == 200
    assert asked(service, "dead-letters", person["token"]) == 403


def test_somebody_without_a_role_is_signed_in_and_no_more(
    realm: Realm, signed_in: SignIn, service: FlaskClient
) -> None:
    person = signed_in(realm.person("sian"))
    assert set(person["roles"]) & set(ROLES) == set()
    assert asked(service, "members", person["token"]) == 403
    assert asked(service, "me", person["token"]) == 404  # nobody's membership


def test_the_proof_of_signing_in_is_no_key_to_the_services(
    realm: Realm, signed_in: SignIn, service: FlaskClient
) -> None:
    person = signed_in(realm.person("ida", "coordinator"))
    assert asked(service, "members", person["id_token"]) == 401
    assert asked(service, "members", person["token"]) == 200


def test_a_token_for_another_client_of_the_same_realm_is_refused(realm: Realm, service: FlaskClient) -> None:
    """The newsletter's sign-in, say. With our audience the same token is taken."""
    name = realm.person("olwen", "coordinator")
    client = {
        "clientId": "newsletter",
        "publicClient": True,
        "redirectUris": [ELSEWHERE],
        "fullScopeAllowed": True,
        "attributes": {"pkce.code.challenge.method": "S256"},
    }
    realm.admin("POST", "clients", client)
    token = sign_in(realm.issuer, name, realm.people[name], "newsletter", ELSEWHERE, "openid profile email")
    assert "coordinator" in unverified_payload(token)["realm_access"]["roles"]
    assert asked(service, "members", token) == 401
    [known] = realm.admin("GET", "clients?clientId=newsletter")
    [ours] = realm.admin("GET", "clients?clientId=copse-portal")
    [mapper] = [{**each, "id": None} for each in ours["protocolMappers"] if each["name"] == "for Copse's services"]
    realm.admin("POST", f"clients/{known['id']}/protocol-mappers/models", mapper)
    token = sign_in(realm.issuer, name, realm.people[name], "newsletter", ELSEWHERE, "openid profile email")
    assert asked(service, "members", token) == 200


def test_a_token_of_another_realm_of_the_same_keycloak_is_refused(realm: Realm, service: FlaskClient) -> None:
    token = requests.post(
        f"{realm.address}/realms/master/protocol/openid-connect/token",
        data={
            "grant_type": "password",
            "client_id": "admin-cli",
            "username": "admin",
            "password": realm.admin_password,
        },
        timeout=60,
    ).json()["access_token"]
    assert asked(service, "members", token) == 401


def test_the_portals_client_takes_no_shortcut(realm: Realm, portal: FlaskClient) -> None:
    """No password handed over, no code without PKCE, and nobody is sent elsewhere with one."""
    name = realm.person("mali")
    endpoint = f"{realm.issuer}/protocol/openid-connect"
    credentials = {"client_id": "copse-portal", "client_secret": realm.client_secret}
    grant = {**credentials, "grant_type": "password", "username": name, "password": realm.people[name]}
    assert requests.post(f"{endpoint}/token", data=grant, timeout=60).json()["error"] == "unauthorized_client"

    start = portal.get("/sign-in", base_url=PORTAL_URL).headers["Location"]
    question = {name: values[0] for name, values in parse_qs(urlsplit(start).query).items()}
    assert question["code_challenge_method"] == "S256"
    without = {name: value for name, value in question.items() if not name.startswith("code_challenge")}
    back = realm.walked(f"{endpoint}/auth?{urlencode(without)}", name)
    assert parse_qs(urlsplit(back).query)["error"] == ["invalid_request"]
    with pytest.raises(NotSignedIn):
        realm.walked(f"{endpoint}/auth?{urlencode({**question, 'redirect_uri': ELSEWHERE})}", name)


def test_signing_out_of_the_portal_signs_out_of_keycloak(realm: Realm, portal: FlaskClient, signed_in: SignIn) -> None:
    signed_in(realm.person("nia"))
    portal.application.config["WTF_CSRF_ENABLED"] = False
    out = portal.post("/sign-out", base_url=PORTAL_URL)
    answered = requests.get(out.headers["Location"], allow_redirects=False, timeout=60)
    assert (answered.status_code, answered.headers["Location"]) == (302, f"{PORTAL_URL}/")
