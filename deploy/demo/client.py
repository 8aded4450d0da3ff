"""Talks to a running Copse as one account, through the public APIs, as any web client would."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import requests

from deploy.demo.configuration import Configuration
from deploy.demo.sign_in import sign_in

_LOOK_SECONDS = 0.02


class NotSo(Exception):
    """Something that should be so is not; the message says what was expected and what came instead."""


class NotFound(NotSo):
    """There is nothing at the address, or not for this account."""


@dataclass(frozen=True)
class Answer:
    """What a service answered."""

    status: int
    body: Any
    etag: str | None
    media_type: str

    @property
    def id(self) -> str:
        return str(self.body["id"])

    @property
    def items(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.body["items"]
        return found


class Client:
    """Remembers its token and, for each service, the position of its last change, so that it reads its own writes."""

    def __init__(self, configuration: Configuration, account: str | None = None) -> None:
        """`account` None is somebody who is not signed in."""
        self._configuration = configuration
        self._http = requests.Session()
        self._positions: dict[str, str] = {}
        if account:
            token = sign_in(configuration.issuer, account, configuration.password)
            self._http.headers["Authorization"] = f"Bearer {token}"

    def act_in(self, session: str | None) -> None:
        """Names the assisted session with each request from now on; None: acts for herself again."""
        self._http.headers.pop("Copse-On-Behalf-Of", None)
        if session:
            self._http.headers["Copse-On-Behalf-Of"] = session

    def get(self, service: str, path: str, *, expect: int = 200) -> Answer:
        return self._send("GET", service, path, None, {}, expect)

    def finds(self, service: str, path: str) -> bool:
        """Whether there is something at a path: false when the service answers 404."""
        try:
            self.get(service, path)
        except NotFound:
            return False
        return True

    def post(
        self,
        service: str,
        path: str,
        body: Mapping[str, Any],
        *,
        expect: int | None = None,
        key: str | None = None,
        if_match: str | None = None,
        channel: str | None = None,
    ) -> Answer:
        """`expect` None takes 200 and 201. `key` is an Idempotency-Key; a new one is made without it."""
        headers = {"Idempotency-Key": key or str(uuid4())}
        if if_match:
            headers["If-Match"] = if_match
        if channel:
            headers["Copse-Channel"] = channel
        return self._send("POST", service, path, body, headers, expect)

    def put(
        self,
        service: str,
        path: str,
        body: Mapping[str, Any],
        *,
        if_match: str | None = None,
        expect: int | None = None,
        channel: str | None = None,
    ) -> Answer:
        headers = {"If-Match": if_match} if if_match else {}
        if channel:
            headers["Copse-Channel"] = channel
        return self._send("PUT", service, path, body, headers, expect)

    def delete(self, service: str, path: str, *, expect: int = 200) -> Answer:
        return self._send("DELETE", service, path, None, {}, expect)

    def _send(
        self,
        method: str,
        service: str,
        path: str,
        body: Mapping[str, Any] | None,
        headers: Mapping[str, str],
        expect: int | None,
    ) -> Answer:
        address = f"{self._configuration.service(service)}/v1/{path}"
        if service in self._positions:  # also on a change, which may depend on what this client changed before
            headers = {**headers, "Copse-Position": self._positions[service]}
        try:
            response = self._http.request(method, address, json=body, headers=dict(headers), timeout=15)
        except requests.RequestException as error:
            raise NotSo(
                f"{service} does not answer at {address} ({type(error).__name__}). Is Copse running?"
            ) from error
        if position := response.headers.get("Copse-Position"):
            self._positions[service] = position
        if response.status_code == 404 and expect != 404:
            raise NotFound(f"{method} {address} answered 404: {response.text.strip()}")
        if response.status_code not in ((expect,) if expect else (200, 201)):
            raise NotSo(f"{method} {address} answered {response.status_code}: {response.text.strip()}")
        media_type = response.headers.get("Content-Type", "")
        return Answer(
            response.status_code,
            response.json() if "json" in media_type else None,
            response.headers.get("ETag"),
            media_type,
        )


def until(what: str, probe: Callable[[], bool], *, seconds: float = 20) -> float:
    """Asks until it is so; how many seconds that took. Raises NotSo when it is not so in time."""
    began = time.monotonic()
    while not probe():
        if time.monotonic() - began > seconds:
            raise NotSo(f"After {seconds:.0f} s it is still not so that {what}.")
        time.sleep(_LOOK_SECONDS)
    return time.monotonic() - began
