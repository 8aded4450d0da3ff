"""Sign in at an OpenID Connect provider without a browser: same code flow with PKCE, same login pages.

For the loader, the story and tests, which act as real people with real tokens. Works with canaille's forms
(name, then password) and Keycloak's (both at once).
"""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import Cookie, DefaultCookiePolicy
from typing import Any, cast
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit
from urllib.request import Request

import requests

CLIENT = "copse-cli"
REDIRECT = "http://127.0.0.1:8009/callback"
SCOPES = "openid profile email groups"
NAME_FIELDS = ("username", "login", "user_name", "email")
# Authorize, name, password and a few redirects between them.
MOST_PAGES = 15
SECONDS = 20


class NotSignedIn(Exception):
    """Signing in did not work; the message says at which step and why."""


def sign_in(
    issuer: str, username: str, password: str, client: str = CLIENT, redirect: str = REDIRECT, scopes: str = SCOPES
) -> str:
    """The access token of `username` for Copse's services.

    Raises NotSignedIn when the provider is not there, refuses the password, or does something unexpected.
    """
    issuer = issuer.rstrip("/")
    browser = new_browser()
    try:
        provider = found(browser, issuer)
        verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        question = {
            "response_type": "code",
            "client_id": client,
            "redirect_uri": redirect,
            "scope": scopes,
            "state": state,
            "nonce": secrets.token_urlsafe(16),
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        start = f"{provider['authorization_endpoint']}?{urlencode(question)}"
        answer = parse_qs(urlsplit(walk_to(browser, start, redirect, username, password)).query)
        if answer.get("state") != [state] or "code" not in answer:
            reason = (answer.get("error_description") or answer.get("error") or ["it sent no code"])[0]
            raise NotSignedIn(f"{issuer} did not let {username} in: {reason}.")
        token = browser.post(
            provider["token_endpoint"],
            data={
                "grant_type": "authorization_code",
                "code": answer["code"][0],
                "redirect_uri": redirect,
                "client_id": client,
                "code_verifier": verifier,
            },
            timeout=SECONDS,
        )
    except requests.RequestException as problem:
        raise NotSignedIn(f"The identity provider at {issuer} does not answer ({type(problem).__name__}).") from problem
    if not token.ok:
        raise NotSignedIn(f"{issuer} gave {username} no token: {token.status_code} {token.text[:300]}")
    return str(token.json()["access_token"])


class LikeBrowsers(DefaultCookiePolicy):
    """To this machine browsers send secure cookies without TLS too (RFC 6265bis, 5.7.3), and Keycloak counts on it."""

    def set_ok(self, cookie: Cookie, request: Request) -> bool:
        if cookie.domain in ("127.0.0.1", "localhost.local"):
            cookie.secure = False
        return super().set_ok(cookie, request)


def new_browser() -> requests.Session:
    browser = requests.Session()
    browser.cookies.set_policy(LikeBrowsers())
    return browser


def found(browser: requests.Session, issuer: str) -> dict[str, Any]:
    """The provider's discovery document (OpenID Connect Discovery 1.0)."""
    address = f"{issuer}/.well-known/openid-configuration"
    answer = browser.get(address, timeout=SECONDS)
    if not answer.ok:
        raise NotSignedIn(f"{address} answers {answer.status_code}: this is not the address of an identity provider.")
    return cast(dict[str, Any], answer.json())


def walk_to(browser: requests.Session, start: str, goal: str, username: str, password: str) -> str:
    """Follow redirects and fill login forms from `start`; returns the address under `goal` where it ends."""
    page = browser.get(start, allow_redirects=False, timeout=SECONDS)
    asked_for_password = False
    for _ in range(MOST_PAGES):
        if page.is_redirect:
            target = urljoin(page.url, page.headers["Location"])
            if target.startswith(goal):
                return target
            page = browser.get(target, allow_redirects=False, timeout=SECONDS)
            continue
        form = login_form(page.text)
        if form is None:
            raise NotSignedIn(f"{page.url} answers {page.status_code} with no login form.")
        if form.password_field:
            if asked_for_password:
                raise NotSignedIn(f"The provider refuses the password of {username}.")
            asked_for_password = True
        page = browser.post(
            urljoin(page.url, form.action),
            data=form.filled(username, password),
            headers={"Referer": page.url},
            allow_redirects=False,
            timeout=SECONDS,
        )
    raise NotSignedIn(f"The provider sends {username} in circles, last to {page.url}.")


@dataclass
class Form:
    action: str
    values: dict[str, str] = field(default_factory=dict)
    name_field: str | None = None
    password_field: str | None = None

    def filled(self, username: str, password: str) -> dict[str, str]:
        values = dict(self.values)
        if self.name_field:
            values[self.name_field] = username
        if self.password_field:
            values[self.password_field] = password
        return values


class Forms(HTMLParser):
    """All forms of a page with the values that a browser would send."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(action=attributes.get("action", "")))
            self.inside = True
        elif tag == "input" and self.inside and attributes.get("name"):
            self.add(attributes)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False

    def add(self, attributes: dict[str, str]) -> None:
        form, name, kind = self.forms[-1], attributes["name"], attributes.get("type", "text")
        if kind == "password":
            form.password_field = name
        elif name in NAME_FIELDS and kind in ("text", "email"):
            form.name_field = name
        elif kind not in ("submit", "button", "image", "checkbox", "radio"):
            form.values[name] = attributes.get("value", "")


def login_form(html: str) -> Form | None:
    """The form that asks for a name or a password."""
    parser = Forms()
    parser.feed(html)
    return next((form for form in parser.forms if form.password_field or form.name_field), None)
