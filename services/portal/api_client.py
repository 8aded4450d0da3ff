"""The one place that speaks HTTP to the services: JSON in, JSON or a typed Problem out."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests

# Reads may wait 2 s at the service for a position; a write is one database transaction.
CONNECT_SECONDS = 3.0
READ_SECONDS = 10.0


@dataclass(frozen=True)
class FieldError:
    """One bad field. `name` is the JSON pointer's path with hyphens ("#/speaker/name": "speaker-name")."""

    name: str
    detail: str


@dataclass
class Problem(Exception):
    """A service refused: its application/problem+json (RFC 9457), read. `detail` is a sentence for people."""

    service: str
    status: int
    code: str
    title: str
    detail: str
    errors: Sequence[FieldError] = field(default_factory=tuple)

    def __str__(self) -> str:
        return f"{self.service} answered {self.status} {self.code}: {self.detail or self.title}"


@dataclass
class ServiceAway(Exception):
    """A service did not answer, or could not. Nothing is known about whether a change was stored."""

    service: str
    reason: str
    waited_for_position: bool = False

    def __str__(self) -> str:
        return f"{self.service} is away: {self.reason}"


@dataclass(frozen=True)
class Answer:
    """What a service said: JSON body, ETag (with its quotes, "" if none), position of a write."""

    body: Any
    etag: str = ""
    position: str = ""
    next_page: str = ""

    @property
    def items(self) -> list[dict[str, Any]]:
        """The rows of a list resource."""
        return list(self.body.get("items", []))


class ApiClient:
    """Calls services by name. Safe for many threads: each keeps its own connections."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self._addresses = dict(addresses)
        self._threads = threading.local()

    def call(
        self,
        method: str,
        service: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        file: bytes | None = None,
    ) -> Answer:
        """Send one request: JSON, or the bytes of a CSV `file`.

        Raises Problem for a refusal (4xx), ServiceAway for silence, nonsense and 5xx.
        """
        try:
            response = self._session().request(
                method,
                self._addresses[service] + path,
                params=params,
                json=body if file is None else None,
                data=file,
                headers={
                    "Accept": "application/json, application/problem+json",
                    **({"Content-Type": "text/csv"} if file is not None else {}),
                    **(headers or {}),
                },
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise ServiceAway(service, type(error).__name__) from error
        if response.status_code >= 500:
            waited = response.status_code == 503 and "Copse-Position" in (headers or {})
            raise ServiceAway(service, f"HTTP {response.status_code}", waited)
        content = _json(service, response)
        if response.status_code >= 400:
            raise problem_from(service, response.status_code, content)
        return Answer(
            body=content,
            etag=response.headers.get("ETag", ""),
            position=response.headers.get("Copse-Position", ""),
            next_page=response.links.get("next", {}).get("url", ""),
        )

    def download(self, service: str, path: str, *, headers: Mapping[str, str]) -> bytes:
        """The bytes of a file. Raises Problem and ServiceAway as `call` does."""
        try:
            response = self._session().get(
                self._addresses[service] + path,
                headers=dict(headers),
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise ServiceAway(service, type(error).__name__) from error
        if response.status_code >= 500:
            raise ServiceAway(service, f"HTTP {response.status_code}")
        if response.status_code >= 400:
            raise problem_from(service, response.status_code, _json(service, response))
        return response.content

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._threads, "session", None)
        if session is None:
            session = self._threads.session = requests.Session()
            session.trust_env = False  # a proxy of the machine must not see tokens meant for our own services
        return session


def _json(service: str, response: requests.Response) -> Any:
    if not response.content:
        return {}
    try:
        return response.json()
    except ValueError as error:
        if response.status_code >= 400:
            return {}
        raise ServiceAway(service, "the answer is not JSON") from error


def problem_from(service: str, status: int, content: Any) -> Problem:
    """Read a problem document. What is missing or of the wrong kind becomes empty, never an error."""
    document = content if isinstance(content, dict) else {}
    errors = document.get("errors")
    return Problem(
        service=service,
        status=status,
        code=str(document.get("type", "")).rpartition(":")[2],
        title=str(document.get("title", "")),
        detail=str(document.get("detail", "")),
        errors=tuple(
            FieldError(_field_name(str(error.get("pointer", ""))), str(error.get("detail", "")))
            for error in (errors if isinstance(errors, list) else [])
            if isinstance(error, dict)
        ),
    )


def _field_name(pointer: str) -> str:
    steps = pointer.removeprefix("#").strip("/").split("/")
    # A position in a list ("communities/0") belongs to the field that holds the list.
    return "-".join(step for step in steps if step and not step.isdigit())
