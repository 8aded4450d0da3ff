"""Acting for a member in the portal: every call names the session, and nothing for one is sent for the other."""

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from flask.testing import FlaskClient

from services.portal.app import create_app
from services.portal.configuration import SERVICES, Configuration

EDITH = "00000000-0000-7000-8000-000000000001"
SESSION = "00000000-0000-7000-8000-000000000009"
RECORD: dict[str, object] = {"id": EDITH, "name": "Edith", "standing": "active", "accepted": True, "items": []}


class Services:
    """All services in one: it keeps what it was asked, and answers with what it was told to, else with a record."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str | None]] = []
        self.problems: dict[str, list[tuple[int, str]]] = {}
        services = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                path = self.path.partition("?")[0]
                services.asked.append((self.command, path, self.headers.get("Copse-On-Behalf-Of")))
                closes = (datetime.now(UTC) + timedelta(minutes=30)).isoformat()
                status, body = 200, {**RECORD, "closes_at": closes}
                if services.problems.get(path):
                    status, code = services.problems[path].pop(0)
                    body = {"type": f"urn:copse:problem:{code}", "detail": "Refused."}
                sent = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            do_POST = do_PUT = do_GET

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, daemon=True).start()

    def named(self, path: str) -> list[str | None]:
        """The session that each request to a path named."""
        return [session for _, asked, session in self.asked if asked == path]


@pytest.fixture
def services() -> Iterator[Services]:
    made = Services()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def portal(tmp_path: Path, services: Services) -> FlaskClient:
    """Carys, a coordinator, is signed in."""
    address = f"http://127.0.0.1:{services.server.server_address[1]}"
    app = create_app(
        Configuration(
            portal_url="http://localhost",
            service_urls=dict.fromkeys(SERVICES, address),
            issuer=address,
            client_id="copse-portal",
            secret_key="a long random text",
            session_directory=tmp_path,
            demonstration=True,
        )
    )
    client = app.test_client()
    client.get("/quick-guide")
    with client.session_transaction() as session:
        session["person"] = {
            "subject": "carys",
            "name": "Carys",
            "roles": ["coordinator"],
            "token": "t",
            "expires_at": time.time() + 3600,
        }
    return client


def act(portal: FlaskClient, minutes: float = 20) -> None:
    with portal.session_transaction() as session:
        session["acting"] = {
            "id": SESSION,
            "subject": "carys",
            "member_id": EDITH,
            "name": "Edith",
            "channel": "phone",
            "closes_at": (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat(),
        }


def token_on(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found[1]


def test_every_call_names_the_session_and_the_banner_is_on_every_page(portal: FlaskClient, services: Services) -> None:
    act(portal)
    for path in ("/me/help", "/meetings", "/quick-guide", "/glossary"):
        assert "You act for Edith." in portal.get(path).text
    assert {session for _, _, session in services.asked} == {SESSION}


def test_her_own_pages_are_closed_meanwhile_and_say_why(portal: FlaskClient) -> None:
    assert portal.get("/people").status_code == 200
    act(portal)
    page = portal.get("/people")
    assert page.status_code == 403
    assert "You act for Edith, so you see what Edith sees." in page.text


def test_ending_is_her_own_act_and_from_then_on_nothing_names_the_session(
    portal: FlaskClient, services: Services
) -> None:
    act(portal)
    token = token_on(portal.get("/me/help").text)
    assert portal.post("/acting/end", data={"csrf_token": token}).status_code == 302
    assert services.named(f"/v1/assisted-sessions/{SESSION}/end") == [None]
    services.asked.clear()
    assert "You act for" not in portal.get("/people").text
    assert {session for _, _, session in services.asked} == {None}


def test_a_form_from_before_the_end_changes_nothing(portal: FlaskClient, services: Services) -> None:
    act(portal)
    token = token_on(portal.get("/me/help").text)
    portal.post("/acting/end", data={"csrf_token": token})
    services.asked.clear()
    late = portal.post("/me/help", data={"csrf_token": token, "action": "refuse"})
    assert late.status_code == 400
    assert "PUT" not in [method for method, _, _ in services.asked]


def test_a_form_from_before_the_beginning_changes_nothing(portal: FlaskClient, services: Services) -> None:
    token = token_on(portal.get(f"/people/{EDITH}/acting").text)
    asked = {"csrf_token": token, "channel": "phone", "checked": "known-voice", "reason": "June"}
    assert portal.post(f"/people/{EDITH}/acting", data=asked).status_code == 302
    assert "You act for Edith." in portal.get("/glossary").text
    services.asked.clear()
    assert portal.post("/me/help", data={"csrf_token": token, "action": "refuse"}).status_code == 400
    assert "PUT" not in [method for method, _, _ in services.asked]


def test_when_the_time_is_up_a_change_is_not_sent_as_her_own(portal: FlaskClient, services: Services) -> None:
    act(portal)
    token = token_on(portal.get("/me/help").text)
    act(portal, minutes=-1)
    services.asked.clear()
    page = portal.post("/me/help", data={"csrf_token": token, "action": "refuse", "about": "My own words"})
    assert page.status_code == 409
    assert "You no longer act for Edith" in page.text
    assert "My own words" in page.text
    assert "PUT" not in [method for method, _, _ in services.asked]
    assert "You act for" not in portal.get("/people").text


def test_a_session_that_the_service_ended_is_told(portal: FlaskClient, services: Services) -> None:
    act(portal)
    services.problems["/v1/meetings"] = [(403, "session-over")]
    page = portal.get("/meetings")
    assert "You no longer act for Edith" in page.text
    assert 'aria-label="You act for somebody"' not in page.text


def test_a_service_that_has_not_heard_of_the_session_is_asked_again(portal: FlaskClient, services: Services) -> None:
    act(portal)
    services.problems["/v1/meetings"] = [(409, "session-not-known")] * 2
    assert portal.get("/meetings").status_code == 200
    assert services.named("/v1/meetings")[:3] == [SESSION] * 3


def test_who_signs_out_acts_for_nobody(portal: FlaskClient, services: Services) -> None:
    act(portal)
    token = token_on(portal.get("/me/help").text)
    portal.post("/sign-out", data={"csrf_token": token})
    assert services.named(f"/v1/assisted-sessions/{SESSION}/end") == [None]
