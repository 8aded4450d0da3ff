"""The mails that were caught: the last 500, newest first, in memory and (if wanted) as files in a folder."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses
from functools import cached_property
from pathlib import Path
from threading import Lock

MOST = 500


@dataclass(frozen=True)
class Mail:
    """One mail as it arrived. `number` counts from 1; `recipients` are those of the envelope, Bcc too."""

    number: int
    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    caught_at: datetime

    @cached_property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=policy.default)

    @property
    def subject(self) -> str:
        return str(self.message["Subject"] or "(no subject)")

    @property
    def text(self) -> str:
        return self._body("text/plain")

    @property
    def html(self) -> str:
        return self._body("text/html")

    @property
    def calendar(self) -> str:
        """The calendar part that mail programs show as an invitation (RFC 6047), '' when there is none."""
        return self._body("text/calendar")

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [(name, str(value)) for name, value in self.message.items()]

    def is_for(self, address: str) -> bool:
        """Whether `address` is a recipient, by the envelope or by the header; case does not matter."""
        named = getaddresses([str(value) for value in self.message.get_all("To", [])])
        return address.lower() in {known.lower() for known in (*self.recipients, *(mail for _, mail in named))}

    def _body(self, kind: str) -> str:
        for part in self.message.walk():
            if part.get_content_type() == kind and not part.is_attachment():
                content = part.get_content()
                return content if isinstance(content, str) else bytes(content).decode(errors="replace")
        return ""


class Caught:
    """All mails that are kept. Safe to use from several threads."""

    def __init__(self, folder: Path | None = None) -> None:
        self._mails: OrderedDict[int, Mail] = OrderedDict()
        self._folder = folder
        self._last = 0
        self._lock = Lock()
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
            self._read_again(folder)

    def add(self, sender: str, recipients: tuple[str, ...], raw: bytes) -> Mail:
        with self._lock:
            self._last += 1
            mail = Mail(self._last, sender, recipients, raw, datetime.now(UTC))
            self._mails[mail.number] = mail
            if self._folder:
                # The envelope goes on top, in the way that mail servers note it.
                notes = f"X-Envelope-From: {sender}\nX-Envelope-To: {', '.join(recipients)}\n"
                (self._folder / f"{mail.number:06}.eml").write_bytes(notes.encode() + raw)
            while len(self._mails) > MOST:
                number, _ = self._mails.popitem(last=False)
                if self._folder:
                    (self._folder / f"{number:06}.eml").unlink(missing_ok=True)
            return mail

    def get(self, number: int) -> Mail | None:
        with self._lock:
            return self._mails.get(number)

    def newest_first(self, to: str | None = None) -> list[Mail]:
        with self._lock:
            mails = list(reversed(self._mails.values()))
        return [mail for mail in mails if not to or mail.is_for(to)]

    def forget(self) -> None:
        """Drop all of them; numbers go on counting."""
        with self._lock:
            for number in self._mails:
                if self._folder:
                    (self._folder / f"{number:06}.eml").unlink(missing_ok=True)
            self._mails.clear()

    def _read_again(self, folder: Path) -> None:
        for file in sorted(folder.glob("[0-9]*.eml"))[-MOST:]:
            sender, recipients, raw = [*file.read_bytes().split(b"\n", 2), b"", b""][:3]
            self._last = int(file.stem)
            self._mails[self._last] = Mail(
                number=self._last,
                sender=sender.decode().partition(": ")[2],
                recipients=tuple(recipients.decode().partition(": ")[2].split(", ")),
                raw=raw,
                caught_at=datetime.fromtimestamp(file.stat().st_mtime, UTC),
            )
