"""A real Keycloak with our realm, people in it, and clients that are not ours. Made for the run, forgotten after it."""

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from flask.testing import FlaskClient

from deploy.demo.sign_in import new_browser, walk_to
from deploy.embedded.keycloak import ADMIN, Keycloak
from services.portal.app import create_app
from services.portal.configuration import SERVICES, Configuration

PORTAL_URL = "http://127.0.0.1:8000"
NOBODY_THERE = "http://127.0.0.1:9"
WHY_NOT = "A real Keycloak: COPSE_TEST_KEYCLOAK=1 fetches its distribution (176 MB) once, and signs people in there."


@dataclass
class Realm:
    """The running realm, and its administrator."""

    issuer: str
    address: str
    client_secret: str
    admin_password: str
    people: dict[str, str] = field(default_factory=dict)
    """User names with their passwords."""

    def person(self, name: str, *roles: str) -> str:
        """Adds somebody; her user name."""
        password = self.people[name] = secrets.token_urlsafe(16)
        self.admin(
            "POST",
            "users",
            {
                "username": name,
                "enabled": True,
                "email": f"{name}@example.org",
                "emailVerified": True,
                "firstName": name.title(),
                "lastName": "Synthetic",
                "credentials": [{"type": "password", "value": password, "temporary": False}],
            },
        )
        [user] = self.admin("GET", f"users?exact=true&username={name}")
        granted = [self.admin("GET", f"roles/{role}") for role in roles]
        self.admin("POST", f"users/{user['id']}/role-mappings/realm", granted)
        return name

    def admin(self, method: str, path: str, body: object = None) -> Any:
        """Asks Keycloak's admin API about our realm."""
        token = requests.post(
            f"{self.address}/realms/master/protocol/openid-connect/token",
            data={
                "grant_type": "password",
                "client_id": "admin-cli",
                "username": ADMIN,
                "password": self.admin_password,
            },
            timeout=60,
        ).json()["access_token"]
        answered = requests.request(
            method,
            f"{self.address}/admin/realms/copse/{path}",
            json=body,
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        )
        assert answered.ok, answered.text
        return answered.json() if answered.content else None

    def walked(self, start: str, name: str, goal: str = PORTAL_URL) -> str:
        """Follows Keycloak's own pages as this person; the address under `goal` to which it sends her back."""
        return walk_to(new_browser(), start, goal, name, self.people[name])


@pytest.fixture(scope="package")
def realm(servers_folder: Path) -> Iterator[Realm]:
    if os.environ.get("COPSE_TEST_KEYCLOAK") != "1":
        pytest.skip(WHY_NOT)
    client_secret, admin_password = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    with Keycloak(servers_folder / "keycloak", PORTAL_URL, client_secret, admin_password) as keycloak:
        yield Realm(keycloak.issuer, keycloak.address, client_secret, admin_password)


@pytest.fixture
def portal(realm: Realm, tmp_path: Path) -> FlaskClient:
    """The portal's real app, as docs/how-to/use-keycloak.md configures it; the services are away."""
    return create_app(
        Configuration(
            portal_url=PORTAL_URL,
            service_urls=dict.fromkeys(SERVICES, NOBODY_THERE),
            issuer=realm.issuer,
            client_id="copse-portal",
            client_secret=realm.client_secret,
            secret_key="a long random text",
            session_directory=tmp_path,
            roles_claim="realm_access.roles",
            scopes="openid profile email",
        )
    ).test_client()


@pytest.fixture
def signed_in(realm: Realm, portal: FlaskClient) -> Any:
    """`signed_in("carys")` goes through the portal's and Keycloak's pages; what the portal then holds of her."""

    def sign_in(name: str) -> dict[str, Any]:
        start = portal.get("/sign-in", base_url=PORTAL_URL).headers["Location"]
        back = urlsplit(realm.walked(start, name))
        answered = portal.get(f"{back.path}?{back.query}", base_url=PORTAL_URL)
        assert answered.status_code == 302, answered.text
        with portal.session_transaction(base_url=PORTAL_URL) as session:
            return dict(session["person"])

    return sign_in
