"""The ground rules that members agree to: dated wordings, kept word for word in `ground_rules.toml`."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True, slots=True)
class Wording:
    """One version: the rules in order, a sentence or two each."""

    version: str
    rules: tuple[str, ...]


def _read() -> tuple[Wording, ...]:
    data = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    return tuple(Wording(each["version"], tuple(each["rules"])) for each in data["wording"])


WORDINGS: Final = _read()
"""All that anybody ever agreed to, oldest first."""
CURRENT: Final = WORDINGS[-1]
"""What is agreed to now."""
