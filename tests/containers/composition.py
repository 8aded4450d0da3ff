"""docker-compose.yml as these tests read it: no Docker engine is needed for that."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

import shared

TOP = Path(shared.__path__[0]).parent
TEXT = (TOP / "docker-compose.yml").read_text()
SERVICES = sorted(path.parent.name for path in TOP.glob("services/*/service.py"))
SECRETS = "/run/copse"


@dataclass(frozen=True)
class Container:
    """One entry under `services:`, with every setting at its default."""

    name: str
    said: Mapping[str, Any]

    @property
    def environment(self) -> dict[str, str]:
        return {name: filled(str(value)) for name, value in self.said.get("environment", {}).items()}

    @property
    def waits_for(self) -> Mapping[str, Mapping[str, str]]:
        found: Mapping[str, Mapping[str, str]] = self.said.get("depends_on", {})
        return found

    @property
    def stays(self) -> bool:
        """Whether it runs until it is stopped; the others do one thing and end."""
        return self.said.get("restart") == "unless-stopped"

    @property
    def command(self) -> Sequence[str]:
        found: Sequence[str] = self.said.get("command", [])
        return found

    @property
    def secrets_folder(self) -> str | None:
        """The one folder of the secrets' volume that this container sees."""
        for volume in self.said.get("volumes", []):
            if isinstance(volume, dict) and volume["target"] == SECRETS:
                return str(volume["volume"]["subpath"])
        return None

    def environment_with_secrets_in(self, folder: Path) -> dict[str, str]:
        """What the container's process reads, when make_secrets has filled `folder`."""
        own = str(folder / (self.secrets_folder or "none"))
        return {name: value.replace(SECRETS, own) for name, value in self.environment.items()}


def filled(text: str) -> str:
    """`${NAME:-default}` becomes the default, also inside another one; what has none stays as it is."""
    while (after := re.sub(r"\$\{\w+:-([^${}]*)\}", r"\1", text)) != text:
        text = after
    return text


CONTAINERS = {
    name: Container(name, said)
    for name, said in yaml.safe_load(TEXT)["services"].items()  # merges (<<) are resolved here
}
