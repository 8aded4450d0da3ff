"""Makes mails from letters, and gives them to the mail server."""

import smtplib
import ssl
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from time import monotonic
from uuid import UUID

from services.notifications.letters.letter import Letter
from services.notifications.settings import MailServer

_SECONDS = 10.0
_PAUSE_AFTER_FAILURE_SECONDS = 1.0


class ServerAway(Exception):
    """The mail server cannot take a mail just now. The text names no addressee."""


class NoAddress(Exception):
    """What should be an email address is none."""


class RefusedForGood(Exception):
    """The mail server will never take this mail. The text names no addressee."""


class AddressRefused(RefusedForGood):
    """The mail server will never take a mail to this address."""


def mail(
    delivery: UUID, letter: Letter, *, sender: Address, name: str, email: str, now: datetime, invitation: str | None
) -> EmailMessage:
    """A mail with the letter as text and as HTML, and with an invitation's calendar part and the same as a file.

    Its Message-ID is made from the delivery's id: should a crash make it go out twice, mail programs see one mail.
    Raises NoAddress when the address is not one.
    """
    message = EmailMessage(policy=SMTP)
    message["Subject"] = letter.subject
    message["From"] = sender
    try:
        message["To"] = Address(name, addr_spec=email)
    except (ValueError, IndexError, HeaderParseError):  # the standard library raises all three for a bad address
        raise NoAddress from None
    message["Date"] = now
    message["Message-ID"] = f"<{delivery}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: an absent addressee's program does not answer
    message["List-Id"] = f"Copse <copse.{sender.domain}>"  # RFC 2919: people can sort by it
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    if invitation:
        message.add_alternative(invitation, subtype="calendar", params={"method": "REQUEST"})
        message.add_attachment(invitation.encode(), maintype="application", subtype="ics", filename="invite.ics")
    return message


class Mailer:
    """Gives mails to one mail server, a connection each."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._away_until = 0.0

    def send(self, message: EmailMessage, address: str) -> None:
        """Returns once the server has taken the mail. Raises ServerAway or RefusedForGood."""
        if monotonic() < self._away_until:
            # The agenda is one line: each mail in it would wait as long again for a server that hangs.
            raise ServerAway(f"The mail server {self._where} did not answer a moment ago.")
        try:
            with self._connect() as connection:
                connection.send_message(message, to_addrs=[address])
        except smtplib.SMTPRecipientsRefused as error:
            code = next((code for code, _ in error.recipients.values()), 0)
            _raise_for(code, "the address of this member", AddressRefused)
        except smtplib.SMTPDataError as error:
            _raise_for(error.smtp_code, "this mail")
        except smtplib.SMTPNotSupportedError:
            raise RefusedForGood("The mail server cannot send to an address with letters such as these.") from None
        except smtplib.SMTPResponseException as error:
            # Sign-in or sender refused: the operator's to mend, and the mails wait for that.
            raise ServerAway(
                f"The mail server {self._where} refuses to work for us (code {error.smtp_code})."
            ) from None
        except (OSError, smtplib.SMTPException) as error:
            self._away_until = monotonic() + _PAUSE_AFTER_FAILURE_SECONDS
            raise ServerAway(f"The mail server {self._where} does not answer: {type(error).__name__}.") from None

    @property
    def _where(self) -> str:
        return f"{self._server.host}:{self._server.port}"

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        if server.scheme == "smtps":
            secure = ssl.create_default_context()
            connection: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=_SECONDS, context=secure)
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=_SECONDS)
        try:
            if server.scheme == "smtp+starttls":
                connection.starttls(context=ssl.create_default_context())
            if server.user:
                connection.login(server.user, server.password or "")
        except BaseException:
            connection.close()
            raise
        return connection


def _raise_for(code: int, what: str, for_good: type[RefusedForGood] = RefusedForGood) -> None:
    """RFC 5321, 4.2.1: a code from 500 is for good, one below may go away."""
    if code >= 500:
        raise for_good(f"The mail server refused {what} for good (code {code}).") from None
    raise ServerAway(f"The mail server refused {what} for now (code {code}).") from None
