"""The realm file holds what Copse needs of Keycloak, and neither a secret nor a person."""

import json
import re

from deploy.embedded.keycloak import REALM, locked
from shared.identity.roles import ROLES

TEXT = REALM.read_text("utf-8")
FILE = json.loads(TEXT)
[PORTAL] = FILE["clients"]


def test_it_holds_no_secret_and_no_person() -> None:
    assert PORTAL["secret"] == "${PORTAL_CLIENT_SECRET}"
    assert set(re.findall(r"\$\{(\w+)\}", TEXT)) == {"PORTAL_CLIENT_SECRET", "PORTAL_URL"}
    assert not {"users", "keys", "components", "smtpServer"} & FILE.keys()
    assert not FILE["registrationAllowed"]


def test_its_roles_are_copses_and_the_portal_gets_no_others() -> None:
    assert {role["name"]: role["description"] for role in FILE["roles"]["realm"]} == dict(ROLES)
    assert not PORTAL["fullScopeAllowed"]
    assert FILE["scopeMappings"] == [{"client": "copse-portal", "roles": list(ROLES)}]


def test_the_portal_signs_people_in_by_code_and_pkce_alone_and_is_sent_back_to_one_address() -> None:
    assert PORTAL["attributes"]["pkce.code.challenge.method"] == "S256"
    assert PORTAL["standardFlowEnabled"]
    for other in ("implicitFlowEnabled", "directAccessGrantsEnabled", "serviceAccountsEnabled", "publicClient"):
        assert not PORTAL[other], other
    assert PORTAL["redirectUris"] == ["${PORTAL_URL}/sign-in/return"]
    assert PORTAL["webOrigins"] == []


def test_guessing_passwords_is_slowed_down() -> None:
    assert FILE["bruteForceProtected"]
    assert FILE["failureFactor"] <= 10


def test_the_compose_file_names_the_version_that_is_tested() -> None:
    version = locked().coordinate.split(":")[2]
    compose = (REALM.parents[2] / "docker-compose.keycloak.yml").read_text("utf-8")
    assert f"image: quay.io/keycloak/keycloak:{version}\n" in compose
