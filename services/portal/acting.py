"""Acting for a member: whose session the coordinator is in, kept with her own; every call to a service then names it.

While she acts, everything in the portal is as the member sees it: `current_person` has the member's name and no role.
So that nothing meant for one is sent for the other, forms from before the beginning or the end are worthless: their
token goes with each change.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from flask import Flask, g, render_template, request, session

from services.portal import words
from shared.messages.clock import Clock

HEADER = "Copse-On-Behalf-Of"
_KEPT_FOR_THE_PAGE = ("person", "membership", "communities", "csrf_token")
_WITHOUT_A_PERSON = ("built_files", "sign_in")


class SessionOver(Exception):
    """The session in which she acts has ended, by its time or because the member is gone. Nothing was done."""


@dataclass(frozen=True)
class Acting:
    """`subject` is the coordinator's own; `closes_at` an RFC 3339 time."""

    id: str
    subject: str
    member_id: str
    name: str
    channel: str
    closes_at: str

    @property
    def left(self) -> timedelta:
        return datetime.fromisoformat(self.closes_at) - Clock.from_environment().now()

    @property
    def minutes_left(self) -> int:
        return max(0, int(self.left.total_seconds() // 60))

    @property
    def until(self) -> str:
        """`2:31pm`."""
        return words.clock(words.read_moment(self.closes_at))


def current() -> Acting | None:
    """For whom the signed-in person acts in this request, if for anybody."""
    if g.get("as_oneself"):
        return None
    kept: dict[str, str] | None = session.get("acting") if session else None
    return Acting(**kept) if kept else None


@contextmanager
def as_oneself() -> Iterator[None]:
    """What is asked inside is asked in the coordinator's own name, though she acts for somebody."""
    g.as_oneself = True
    try:
        yield
    finally:
        g.as_oneself = False


def begin(acting: Acting) -> None:
    _forget_the_page()
    session["acting"] = asdict(acting)


def stop() -> None:
    """Forget it here. What was typed for the member is not shown to the coordinator as her own."""
    _forget_the_page()
    session.pop("acting", None)
    session.pop("unsent", None)


def _forget_the_page() -> None:
    session.pop("csrf_token", None)
    for name in _KEPT_FOR_THE_PAGE:
        g.pop(name, None)


def install(app: Flask) -> None:
    @app.before_request
    def in_time() -> None:
        """A change in a session whose time is up must not be done as the coordinator's own."""
        acting = current()
        if acting and acting.left <= timedelta(0) and request.blueprint not in _WITHOUT_A_PERSON:
            raise SessionOver

    @app.errorhandler(SessionOver)
    def over(_: SessionOver) -> tuple[str, int]:
        from services.portal.mishaps import UNTYPED, typed  # it asks for the person, who asks here

        acting, sent = current(), request.method == "POST"
        stop()
        name = acting.name if acting else "this member"
        html = render_template(
            "mishap.html.jinja",
            title=f"You no longer act for {name}",
            sentences=(
                "The session is over." + (" Nothing that you sent just now was stored." if sent else ""),
                "What was done before counts. We tell the member what it was.",
                "To go on, open a new session from the member's page.",
            ),
            typed=[text for field, text in request.form.items(multi=True) if field not in UNTYPED and typed(text)],
        )
        return html, 409 if sent else 200

    @app.context_processor
    def banner() -> dict[str, Acting | None]:
        return {"acting": current()}
