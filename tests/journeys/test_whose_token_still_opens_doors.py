"""One token, never renewed: a break, leaving and erasure take its doors away in all four services within seconds.

The services remember that a token is genuine, so that its signature is not worked out with every request. Whether its
owner is a member they ask with every request, of their own read model.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import RSAKey

from deploy.demo.client import Client, until
from deploy.demo.configuration import SERVICES, Configuration
from deploy.demo.load import approve

WITHIN_SECONDS = 10.0  # a fraction of a second on a quiet machine
NOBODY = "00000000-0000-7000-8000-000000000000"


@dataclass
class Holder:
    """Somebody with one token of the demonstration's own provider, good for an hour."""

    configuration: Configuration
    token: str

    def ask(self, service: str, path: str, body: object = None, etag: str | None = None) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}", **({"If-Match": etag} if etag else {})}
        method = "GET" if body is None else "POST"
        address = f"{self.configuration.service(service)}/v1/{path}"
        return requests.request(method, address, json=body, headers=headers, timeout=10)

    def is_member_in(self, service: str) -> bool:
        """By something that only members may, which changes nothing."""
        match service:
            case "membership":
                return self.ask(service, f"communities/{NOBODY}/requests", {}).status_code == 404
            case "meetings":
                return self.ask(service, f"meetings/{NOBODY}/replies", {"answer": "online"}).status_code == 404
            case "ppi":
                return self.ask(service, "claims").status_code == 200
        return bool(self.ask("notifications", "deliveries").json()["items"])

    def everywhere(self, *, member: bool) -> None:
        """Returns when all four services see it so. Fails when that takes too long."""
        began = time.monotonic()
        for service in SERVICES:

            def so(service: str = service) -> bool:
                return self.is_member_in(service) is member

            left = max(0.1, began + WITHIN_SECONDS - time.monotonic())
            until(f"{service} sees that the token is {'a' if member else 'no'} member's", so, seconds=left)

    def step(self, step: str, member: str) -> None:
        """One of her own wishes about her own record."""
        etag = self.ask("membership", "me").headers["ETag"]
        done = self.ask("membership", f"members/{member}/{step}", {}, etag)
        assert done.status_code == 200, done.text


@pytest.fixture
def holder(configuration: Configuration) -> Holder:
    key = RSAKey.import_key(json.loads((configuration.folder / "identity" / "signing_key.json").read_text()))
    now = int(time.time())
    claims = {"iss": configuration.issuer, "aud": "copse", "sub": f"holder-{uuid4()}", "iat": now, "exp": now + 3600}
    return Holder(configuration, jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key))


def member_with(holder: Holder, coordinator: Client) -> str:
    application = {
        "name": "Toni Token (synthetic)",
        "email": f"token.{uuid4().hex[:8]}@example.org",
        "stakeholder_group": "other",
        "communities": [],
    }
    member = str(holder.ask("membership", "applications", application).json()["id"])
    approve(coordinator, member)
    # The welcome letter has to be there, by which notifications shows that it knows her.
    until("all four know her", lambda: all(map(holder.is_member_in, SERVICES)), seconds=60)
    return member


def test_a_break_takes_all_doors_but_her_own_page_and_her_return_opens_them_again(
    client: Callable[[str | None], Client], holder: Holder
) -> None:
    member = member_with(holder, client("coordinator"))
    holder.step("pause", member)
    holder.everywhere(member=False)
    assert holder.ask("membership", "me").json()["standing"] == "paused"
    holder.step("return", member)
    holder.everywhere(member=True)
    holder.step("departure", member)
    holder.everywhere(member=False)
    assert holder.ask("membership", "me").json()["standing"] == "left"


def test_an_erasure_takes_them_all_and_her_own_page_too(client: Callable[[str | None], Client], holder: Holder) -> None:
    member = member_with(holder, client("coordinator"))
    assert holder.ask("membership", "me").json()["name"] == "Toni Token (synthetic)"
    wish = {"member_id": member, "confirmation": "Toni Token (synthetic)"}
    client("data-protection").post("membership", "erasures", wish)
    until("she is erased", lambda: holder.ask("membership", "me").status_code == 404, seconds=60)
    holder.everywhere(member=False)
    assert holder.ask("membership", f"members/{member}").status_code == 403
    assert holder.ask("notifications", "deliveries").json()["items"] == []
    gone = client("coordinator").get("membership", f"members/{member}", expect=404)
    assert "Toni" not in json.dumps(gone.body)
