"""Clients that send a command until it is answered, with one key: nobody can know whether the first try arrived."""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

import requests

from deploy.demo.configuration import Configuration
from deploy.demo.sign_in import sign_in
from tests.chaos.ledger import Acknowledged, Ledger

_TIMEOUT_SECONDS = 10
_PAUSE_SECONDS = 0.15
_PATIENCE_SECONDS = 180.0
_NOT_KNOWN_YET = (403, 404, 422)
_REPEATED, _SENT_TWICE_AT_ONCE = 0.12, 0.08
CATEGORIES = {
    ("membership", "applications"): "member",
    ("membership", "members"): "member",
    ("membership", "communities"): "community",
    ("meetings", "meetings"): "meeting",
    ("ppi", "support-requests"): "support-request",
    ("notifications", "deliveries"): "delivery",
}


class GaveUp(Exception):
    """A command was not answered, or not as it should be. The story that it belongs to ends here."""


@dataclass(frozen=True)
class Answer:
    """`version` is the stream's, from the ETag."""

    body: Mapping[str, Any]
    version: int
    position: str | None

    @property
    def id(self) -> str:
        return str(self.body["id"])


class Tokens:
    """Everybody's access tokens. The identity provider is not harmed."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration, self._tokens, self._lock = configuration, dict[str, str](), threading.Lock()

    def of(self, account: str, *, refused: str = "") -> str:
        """A token of an account; a new one when `refused` is the last one."""
        with self._lock:
            if self._tokens.get(account, refused) == refused:
                self._tokens[account] = sign_in(self._configuration.issuer, account, self._configuration.password)
            return self._tokens[account]


class People:
    """Sends commands for anybody. One for each thread: its `dice` choose keys, and what is repeated."""

    def __init__(self, configuration: Configuration, tokens: Tokens, ledger: Ledger, dice: Random) -> None:
        self._configuration, self._tokens, self._ledger, self._dice = configuration, tokens, ledger, dice
        self._positions: dict[str, str] = {}

    def do(
        self,
        account: str | None,
        service: str,
        path: str,
        body: Mapping[str, Any],
        *,
        version: int | None = None,
        channel: str | None = None,
        wait_for: str = "",
    ) -> Answer:
        """Sends one command until it is answered. `version` is sent as If-Match. `wait_for` is the code of a refusal
        that goes by itself. Raises GaveUp."""
        key = str(UUID(int=self._dice.getrandbits(128), version=4))
        headers = {"Idempotency-Key": key, "X-Request-Id": key}
        if channel:
            headers["Copse-Channel"] = channel
        if service in self._positions:
            headers["Copse-Position"] = self._positions[service]
        send = _Send(self._configuration.service(service), path, body, headers, version, wait_for)
        if self._dice.random() < _SENT_TWICE_AT_ONCE:
            with ThreadPoolExecutor(2) as both:
                answers = [both.submit(self._until_answered, send, account) for _ in range(2)]
                (answer, tries), (other, _) = [each.result() for each in answers]
            self._must_be_the_same(path, answer, other)
        else:
            answer, tries = self._until_answered(send, account)
        self._note(service, path, key, answer, tries)
        if self._dice.random() < _REPEATED:
            again, _ = self._until_answered(send, account)
            self._must_be_the_same(path, answer, again)
        return answer

    def get(self, account: str | None, service: str, path: str) -> requests.Response | None:
        """None when it did not answer."""
        headers = {"Authorization": f"Bearer {self._tokens.of(account)}"} if account else {}
        if service in self._positions:
            headers["Copse-Position"] = self._positions[service]
        address = f"{self._configuration.service(service)}/v1/{path}"
        try:
            return requests.get(address, headers=headers, timeout=_TIMEOUT_SECONDS)
        except requests.RequestException:
            return None

    def wait_until(self, what: str, holds: Callable[[], bool]) -> None:
        until = time.monotonic() + _PATIENCE_SECONDS
        while not holds():
            if time.monotonic() > until:
                raise GaveUp(f"not within {_PATIENCE_SECONDS:.0f} s: {what}")
            time.sleep(_PAUSE_SECONDS)

    def _until_answered(self, send: "_Send", account: str | None) -> tuple[Answer, int]:
        until, tries, refused, last, version = time.monotonic() + _PATIENCE_SECONDS, 0, "", "nothing", send.version
        while time.monotonic() < until:
            tries += 1
            headers = dict(send.headers)
            if account:
                token = self._tokens.of(account, refused=refused)
                headers["Authorization"] = f"Bearer {token}"
            if version is not None:
                headers["If-Match"] = f'"{version}"'
            try:
                response = requests.post(send.address, json=send.body, headers=headers, timeout=_TIMEOUT_SECONDS)
            except requests.RequestException as error:
                last = type(error).__name__
                time.sleep(_PAUSE_SECONDS)
                continue
            if response.ok:
                etag = response.headers["ETag"].strip('"')
                return Answer(response.json(), int(etag), response.headers.get("Copse-Position")), tries
            last = f"{response.status_code} {response.text.strip()[:300]}"
            if response.status_code == 401 and account:
                refused = token
            elif response.status_code not in (409, 412, 503, *_NOT_KNOWN_YET):
                self._ledger.wonders(f"{send.path}: {last}")
            elif response.status_code in (409, 412) and not send.may_wait_for(response):
                self._ledger.contradicts(f"{send.path}: {last}")
                raise GaveUp(last)
            time.sleep(_PAUSE_SECONDS)
        self._ledger.contradicts(f"{send.path} was not answered within {_PATIENCE_SECONDS:.0f} s; the last was {last}")
        raise GaveUp(last)

    def _note(self, service: str, path: str, key: str, answer: Answer, tries: int) -> None:
        kind, *rest = path.split("/")
        stream = f"{CATEGORIES[service, kind]}-{rest[0] if rest else answer.id}"
        position = answer.position.partition(":")[2] if answer.position else None
        self._ledger.add(Acknowledged(service, path, key, stream, answer.version, position, tries))
        if answer.position:
            self._positions[service] = answer.position

    def _must_be_the_same(self, path: str, answer: Answer, again: Answer) -> None:
        self._ledger.repeats()
        if answer != again:
            self._ledger.contradicts(f"{path} was answered with {answer}, and its repetition with {again}")


@dataclass(frozen=True)
class _Send:
    service: str
    path: str
    body: Mapping[str, Any]
    headers: Mapping[str, str]
    version: int | None
    wait_for: str

    @property
    def address(self) -> str:
        return f"{self.service}/v1/{self.path}"

    def may_wait_for(self, response: requests.Response) -> bool:
        codes = ("in-flight", self.wait_for) if self.wait_for else ("in-flight",)
        return any(response.json()["type"].endswith(f":{code}") for code in codes)
