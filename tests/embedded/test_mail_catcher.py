import smtplib
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import requests

from deploy.embedded.ports import free_port
from deploy.embedded.processes import Process
from tests.embedded.conftest import Start

CALENDAR = """BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//Copse//test//EN\r
METHOD:REQUEST\r
BEGIN:VEVENT\r
UID:1@example.org\r
DTSTAMP:20261123T100000Z\r
DTSTART;TZID=Europe/London:20261208T123000\r
DTEND;TZID=Europe/London:20261208T140000\r
SUMMARY:Enhancing\\, diversifying\r
LOCATION:Canterbury\r
END:VEVENT\r
END:VCALENDAR\r
"""


class PostRoom:
    def __init__(self, start: Start, folder: Path) -> None:
        self.smtp, self.http = free_port(), free_port()
        self.address = f"http://127.0.0.1:{self.http}"
        places = ["--smtp", f"127.0.0.1:{self.smtp}", "--http", f"127.0.0.1:{self.http}", "--folder", str(folder)]
        self.start, self.places = start, places
        self.process = self.run()

    def run(self) -> Process:
        return self.start("deploy.mail_catcher", *self.places, ready=f"{self.address}/readyz")

    def send(self, to: str, subject: str = "Hello", html: str = "", calendar: str = "") -> None:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "Copse <copse@example.org>", to, subject
        mail.set_content("Good morning,\n\nsee https://example.org/quick-guide\n")
        if html:
            mail.add_alternative(html, subtype="html")
        if calendar:
            mail.add_alternative(calendar, subtype="calendar", params={"method": "REQUEST"})
        with smtplib.SMTP("127.0.0.1", self.smtp) as server:
            server.send_message(mail)

    def get(self, path: str, **headers: str) -> requests.Response:
        return requests.get(f"{self.address}{path}", headers=headers, timeout=10)

    def items(self, to: str = "") -> list[dict[str, Any]]:
        return list(self.get(f"/api/messages?to={to}").json()["items"])


@pytest.fixture
def room(start: Start, tmp_path: Path) -> PostRoom:
    return PostRoom(start, tmp_path / "mail")


def test_a_mail_is_found_by_its_recipient(room: PostRoom) -> None:
    room.send("Marion Téal <marion.teal@example.org>", "First, at the café")
    room.send("joseph.adeyemi@example.org", "Second")
    (mail,) = room.items("MARION.TEAL@example.org")
    assert mail["subject"] == "First, at the café"
    assert "quick-guide" in mail["text"]
    assert [mail["subject"] for mail in room.items()] == ["Second", "First, at the café"]


def test_an_invitation_is_told_in_words(room: PostRoom) -> None:
    room.send("marion.teal@example.org", calendar=CALENDAR)
    page = room.get("/messages/1").text
    assert "Tuesday 8 December 2026, 12:30 (Europe/London)" in page
    assert "METHOD:REQUEST" in room.items()[0]["calendar"]


def test_what_a_mail_brings_along_cannot_run_here(room: PostRoom) -> None:
    room.send("x@example.org", subject="<script>alert(1)</script>", html="<script>alert(2)</script><p>Hi</p>")
    page = room.get("/messages/1")
    assert "<script>" not in page.text
    assert "iframe sandbox " in page.text
    body = room.get("/messages/1/html")
    assert "sandbox" in body.headers["Content-Security-Policy"]
    assert "default-src 'none'" in body.headers["Content-Security-Policy"]
    # In a sandbox 'self' is nobody: with it, the page above could not show the mail.
    assert "frame-ancestors" not in body.headers["Content-Security-Policy"]


def test_links_carry_the_gateways_prefix(room: PostRoom) -> None:
    room.send("x@example.org")
    assert 'href="/mail/messages/1"' in room.get("/", **{"X-Forwarded-Prefix": "/mail"}).text


def test_mails_are_there_after_a_restart_until_they_are_forgotten(room: PostRoom) -> None:
    room.send("x@example.org", "Kept")
    room.process.stop()
    room.run()
    assert [mail["subject"] for mail in room.items("x@example.org")] == ["Kept"]
    requests.delete(f"{room.address}/api/messages", timeout=10).raise_for_status()
    assert room.items() == []
    assert room.get("/messages/1").status_code == 404
