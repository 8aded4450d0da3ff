"""The portal alone: nothing behind it answers, and still every page says something sensible."""

import re
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from flask import g
from flask.testing import FlaskClient

from services.portal import conversation
from services.portal.app import create_app
from services.portal.configuration import SERVICES, Configuration


@pytest.fixture
def nobody_there() -> str:
    """An address on this machine where nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture
def client(tmp_path: Path, nobody_there: str) -> FlaskClient:
    return create_app(
        Configuration(
            portal_url="http://localhost",
            service_urls=dict.fromkeys(SERVICES, nobody_there),
            issuer=nobody_there,
            client_id="copse-portal",
            secret_key="a long random text",
            session_directory=tmp_path,
            demonstration=True,
        )
    ).test_client()


def test_the_front_page_says_which_parts_are_missing(client: FlaskClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    for part in ("The communities", "Meetings", "Priorities"):
        assert f"{part} cannot be shown just now" in page.text
    assert "People and activity here are synthetic." in page.text


def test_a_page_that_is_nothing_without_its_service_answers_503(client: FlaskClient) -> None:
    page = client.get("/meetings")
    assert page.status_code == 503
    assert page.headers["Retry-After"]
    assert "Meetings cannot be shown just now" in page.text


def test_signing_in_without_a_provider_is_told_plainly(client: FlaskClient) -> None:
    page = client.get("/sign-in?next=/me")
    assert page.status_code == 503
    assert "You cannot sign in just now" in page.text


@pytest.mark.parametrize(
    "path",
    [
        "/me",
        "/me/membership",
        "/me/consents",
        "/me/directory",
        "/directory",
        "/consents",
        "/people/00000000-0000-7000-8000-000000000000/consents",
        "/people",
        "/people/new",
        "/people/list",
        "/people/members.csv",
        "/communities/00000000-0000-7000-8000-000000000000/people",
        "/communities/00000000-0000-7000-8000-000000000000/groups/new",
        "/groups/00000000-0000-7000-8000-000000000000",
        "/support",
        "/claims",
        "/messages",
        "/meetings/plan",
    ],
)
def test_pages_for_people_who_are_signed_in_lead_to_the_sign_in(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer.location == f"/sign-in?next={path}"


def test_a_form_without_its_token_stores_nothing(client: FlaskClient) -> None:
    answer = client.post("/join", data={"name": "Ann Example"})
    assert answer.status_code == 400
    assert "open for too long" in answer.text


def test_the_join_form_keeps_what_was_typed_when_the_service_is_away(client: FlaskClient) -> None:
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/join").text)
    assert token
    typed = {
        "csrf_token": token[1],
        "key": "5f8a9a55-6b2c-4c9e-9d53-3f1de5f1f1f1",
        "name": "Ann <Example>",
        "phone": "01632 960001",
        "stakeholder_group": "unpaid-carer",
        "communities": "018f0000-0000-7000-8000-000000000000",
    }
    answer = client.post("/join", data=typed)
    assert answer.status_code == 422
    assert "What you typed is still here" in answer.text
    assert "Ann &lt;Example&gt;" in answer.text
    assert typed["key"] in answer.text, "the same key again, so that sending it once more cannot store it twice"


def test_every_page_has_a_strict_policy_and_an_unknown_page_says_so(client: FlaskClient) -> None:
    page = client.get("/nowhere")
    assert page.status_code == 404
    assert '<h1 class="govuk-heading-l">Page not found</h1>' in page.text
    policy = page.headers["Content-Security-Policy"]
    nonce = re.search(r"'nonce-([^']+)'", policy)
    assert nonce
    assert "unsafe" not in policy
    scripts = re.findall(r"<script[^>]*>", page.text)
    assert scripts
    assert all(f'nonce="{nonce[1]}"' in script for script in scripts)
    assert not re.search(r"<[^>]+ style=", page.text), "inline styles are refused by the policy"


def test_a_visitor_gets_no_cookie_before_there_is_a_form(client: FlaskClient) -> None:
    assert "Set-Cookie" not in client.get("/glossary").headers
    cookie = client.get("/join").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_health_needs_nobody_else(client: FlaskClient) -> None:
    assert client.get("/healthz").status_code == 200
    assert "session directory" in client.get("/readyz").get_json()["detail"]


@pytest.mark.parametrize("path", ["/accessibility", "/privacy"])
def test_the_statements_name_an_address_only_when_there_is_one(client: FlaskClient, path: str) -> None:
    page = client.get(path).text
    assert "your coordinator" in page
    assert "mailto:" not in page
    settings: Configuration = client.application.extensions["copse-configuration"]
    reachable = create_app(replace(settings, contact_email="copse@example.org")).test_client().get(path).text
    assert reachable.count("mailto:copse@example.org") == 2, "in the text and at the foot of the page"


def test_a_form_whose_session_has_ended_gives_back_what_was_typed(client: FlaskClient) -> None:
    sent = {"csrf_token": "old", "about": "Carer <since> 2019", "stakeholder_group": "unpaid-carer"}
    page = client.post("/join", data=sent, headers={"Sec-Fetch-Site": "same-origin"})
    assert page.status_code == 400
    assert "Carer &lt;since&gt; 2019" in page.text
    assert "unpaid-carer" not in page.text


def test_another_site_cannot_put_its_words_on_our_page(client: FlaskClient) -> None:
    page = client.post("/join", data={"about": "Call this number"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert page.status_code == 400
    assert "Call this number" not in page.text


def test_a_page_asks_a_silent_service_once_and_does_not_wait_for_it_again(client: FlaskClient) -> None:
    with client.application.test_request_context("/"):
        client.application.preprocess_request()
        first = conversation.part(lambda: conversation.every("ppi", "/v1/claims"))
        again = conversation.part(lambda: conversation.every("ppi", "/v1/support-requests"))
        assert first.away
        assert again.away
        assert list(g.silent) == ["ppi"]
