"""What members can say that they need, and how sharing it is worded: dated data, kept in `needs_list.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final


@dataclass(frozen=True, slots=True)
class Listed:
    """One need of the list. `detail` is the question beside it, None when its code says all."""

    code: str
    text: str
    arrangement: str
    detail: str | None = None
    detail_needed: bool = False
    ways: tuple[str, ...] = ()
    ended: bool = False


@dataclass(frozen=True, slots=True)
class SharingWording:
    """What she agrees to when she shares her needs for a purpose, sentence by sentence."""

    purpose: str
    version: str
    wording: tuple[str, ...]


_DATA: Final = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))

VERSION: Final[str] = _DATA["version"]
REVIEW_AFTER: Final = timedelta(days=_DATA["review_after_days"])
"""A need that was not looked at for so long is asked after."""
LISTED: Final[Mapping[str, Listed]] = {
    each["code"]: Listed(**{**each, "ways": tuple(each.get("ways", ()))}) for each in _DATA["need"]
}
"""All that could ever be chosen, by code, in the order of the form."""
WORDINGS: Final = tuple(
    SharingWording(each["purpose"], each["version"], tuple(each["wording"])) for each in _DATA["sharing"]
)
"""All that anybody ever agreed to, oldest first."""
IN_FORCE: Final[Mapping[str, SharingWording]] = {each.purpose: each for each in WORDINGS}
"""What is agreed to now, by purpose."""
