"""What people consent to: purposes with their dated wordings, kept word for word in `purposes.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from services.membership.domain import ground_rules

MEMBERSHIP: Final = "membership"
"""Its wordings are the ground rules, and `Activate` is how consent to it is given."""
DIRECTORY: Final = "directory"
ACCESS_NEEDS: Final = "access-needs"
"""Sharing them for meetings, in the wording of `needs_list.toml`. Given and taken back with the sharing itself."""


@dataclass(frozen=True, slots=True)
class Wording:
    """One version: a few sentences, in order."""

    version: str
    text: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Purpose:
    """`wordings` oldest first. `withdrawing` is what follows when she takes it back. `special`: may tell of health."""

    name: str
    title: str
    withdrawing: str
    special: bool
    wordings: tuple[Wording, ...]

    @property
    def current(self) -> Wording:
        return self.wordings[-1]

    def wording(self, version: str) -> Wording | None:
        return next((each for each in self.wordings if each.version == version), None)


def _read() -> dict[str, Purpose]:
    data = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    return {each["name"]: _purpose(each) for each in data["purpose"]}


def _purpose(said: Mapping[str, Any]) -> Purpose:
    if said["name"] == MEMBERSHIP:
        wordings = [Wording(each.version, each.rules) for each in ground_rules.WORDINGS]
    else:
        wordings = [Wording(each["version"], tuple(each["text"])) for each in said["wording"]]
    return Purpose(said["name"], said["title"], said["withdrawing"], said.get("special", False), tuple(wordings))


PURPOSES: Final = _read()
"""By name, in the order in which people are asked."""
