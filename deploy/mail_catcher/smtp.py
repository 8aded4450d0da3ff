"""The SMTP server that accepts every mail and hands it to `Caught`."""

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.mail_catcher.caught import Caught

# Ours are small; a mail beyond this is a mistake worth hearing of.
LARGEST = 10 * 1024 * 1024


class Sink:
    """aiosmtpd's handler (RFC 5321)."""

    def __init__(self, caught: Caught) -> None:
        self.caught = caught

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002
        content = envelope.content or b""
        raw = content.encode() if isinstance(content, str) else content
        mail = self.caught.add(envelope.mail_from or "", tuple(envelope.rcpt_tos), raw)
        return f"250 caught as {mail.number}"


def serve(caught: Caught, host: str, port: int) -> Controller:
    """Start to listen in a thread of its own; `stop()` ends it."""
    server = Controller(Sink(caught), hostname=host, port=port, data_size_limit=LARGEST, enable_SMTPUTF8=True)
    server.start()
    return server
