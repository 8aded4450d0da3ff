"""Where the parts of a running Copse are: shared by the demo, its loader, the story and tests."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from deploy.embedded.places import STATE

# The ports of design.md, section 9, on 127.0.0.1.
PORTS = {
    "portal": 8000,
    "membership": 8001,
    "meetings": 8002,
    "ppi": 8003,
    "notifications": 8004,
    "identity": 8005,
    "mail": 8006,
    "SMTP": 1025,
    "Kafka": 9092,
    "Kafka's controller": 9093,
    "PostgreSQL": 5433,
    "membership worker": 8101,
    "meetings worker": 8102,
    "ppi worker": 8103,
    "notifications worker": 8104,
}
SERVICES = ("membership", "meetings", "ppi", "notifications")


class NotConfigured(Exception):
    """Something must be said by the environment; the message says which variable and what it is."""


@dataclass(frozen=True)
class Configuration:
    """Addresses have no slash at the end; a service's resources are under `<address>/v1/…`."""

    portal: str
    membership: str
    meetings: str
    ppi: str
    notifications: str
    mail: str
    issuer: str
    password: str = field(repr=False)
    folder: Path = STATE

    def service(self, name: str) -> str:
        """The address of one of SERVICES by its name."""
        return {
            "membership": self.membership,
            "meetings": self.meetings,
            "ppi": self.ppi,
            "notifications": self.notifications,
        }[name]

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """A running Copse: by default the one of `make demo` on this machine.

        COPSE_GATEWAY=http://localhost:8080 is enough for one behind a gateway (docker compose). Single
        addresses: PORTAL_URL, MEMBERSHIP_URL, MEETINGS_URL, PPI_URL, NOTIFICATIONS_URL, MAIL_CATCHER_URL,
        OIDC_ISSUER. The accounts' password: COPSE_DEMO_PASSWORD, or the file that COPSE_DEMO_PASSWORD_FILE
        names.
        """
        gateway = environment.get("COPSE_GATEWAY", "").rstrip("/")
        known = behind(gateway) if gateway else on_this_machine(offset(environment))
        names = {"mail": "MAIL_CATCHER_URL", "issuer": "OIDC_ISSUER"}
        said = {part: environment.get(names.get(part, f"{part.upper()}_URL"), "").rstrip("/") for part in known}
        return cls.at({part: said[part] or address for part, address in known.items()}, password(environment))

    @classmethod
    def at(cls, addresses: Mapping[str, str], password: str, folder: Path = STATE) -> Self:
        return cls(
            portal=addresses["portal"],
            membership=addresses["membership"],
            meetings=addresses["meetings"],
            ppi=addresses["ppi"],
            notifications=addresses["notifications"],
            mail=addresses["mail"],
            issuer=addresses["issuer"],
            password=password,
            folder=folder,
        )


def on_this_machine(moved_by: int = 0) -> dict[str, str]:
    parts = {**{name: name for name in ("portal", *SERVICES, "mail")}, "issuer": "identity"}
    return {part: f"http://127.0.0.1:{PORTS[name] + moved_by}" for part, name in parts.items()}


def behind(gateway: str) -> dict[str, str]:
    return {
        "portal": gateway,
        **{name: f"{gateway}/api/{name}" for name in SERVICES},
        "mail": f"{gateway}/mail",
        "issuer": f"{gateway}/identity",
    }


def offset(environment: Mapping[str, str] = os.environ) -> int:
    """COPSE_PORT_OFFSET: a number that is added to every port of the demo."""
    said = environment.get("COPSE_PORT_OFFSET", "0")
    if not said.isdecimal() or int(said) > 65535 - max(PORTS.values()):
        raise NotConfigured(f"COPSE_PORT_OFFSET is {said!r}; it must be a number that keeps every port below 65536.")
    return int(said)


def password(environment: Mapping[str, str]) -> str:
    if environment.get("COPSE_DEMO_PASSWORD"):
        return environment["COPSE_DEMO_PASSWORD"]
    file = Path(environment.get("COPSE_DEMO_PASSWORD_FILE") or STATE / "identity" / "password")
    if not file.exists():
        raise NotConfigured(
            "The password of the demonstration's accounts is not known. Set COPSE_DEMO_PASSWORD to it, or "
            f"start the demonstration here with `make demo`, which keeps it in {file}."
        )
    return file.read_text().strip()
