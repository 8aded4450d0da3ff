"""A real mail server for tests: it answers as it is told, and keeps what it takes."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller

from deploy.embedded.ports import free_port


class PostOffice:
    def __init__(self, *, rcpt: str = "250 OK", data: str = "250 OK", refusing: str = "") -> None:
        """`rcpt` and `data` are the answers to every RCPT and DATA; mail to `refusing` is refused for good."""
        self._rcpt, self._data, self._refusing = rcpt, data, refusing
        self.arrived: list[EmailMessage] = []
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()
        self._open = True

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def close(self) -> None:
        if self._open:
            self._open = False
            self._controller.stop()

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if address == self._refusing:
            return f"550 5.1.1 <{address}> No such user"
        if self._rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self._rcpt

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self._data.startswith("250"):
            self.arrived.append(message_from_bytes(envelope.content, policy=default))
        return self._data
