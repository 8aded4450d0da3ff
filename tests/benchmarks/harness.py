"""What a benchmark says: a row with what was measured, what it shall be, and what a peer came to in the same run."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Literal

Sign = Literal["≥", "<", "≤"]


class CannotMeasure(Exception):
    """A benchmark did not do what it measures, so a figure would mean nothing."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a value shall be, in the row's own unit; or how it shall stand to the peer's (`of_peer`)."""

    sign: Sign
    limit: float
    of_peer: bool = False

    def met(self, value: float) -> bool:
        """Whether a value (for a target of the peer: the ratio) is as it shall be."""
        return {"≥": value >= self.limit, "<": value < self.limit, "≤": value <= self.limit}[self.sign]

    def __str__(self) -> str:
        return f"{self.sign} {self.limit:,g}" + (" times peer" if self.of_peer else "")


@dataclass(frozen=True, slots=True)
class Peer:
    """Who did the same in the same run, and what each round came to; no rounds when it could not be had."""

    name: str
    rounds: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. Its value is the median of `rounds`."""

    name: str
    unit: str
    target: Target
    rounds: Sequence[float]
    peer: Peer | None = None

    @property
    def value(self) -> float:
        return rounded(median(self.rounds))

    @property
    def peer_value(self) -> float | None:
        return rounded(median(self.peer.rounds)) if self.peer and self.peer.rounds else None

    @property
    def ratio(self) -> float | None:
        """Our median to the peer's: both come from rounds that took turns, so the machine's moods hit both."""
        return rounded(median(self.rounds) / median(self.peer.rounds)) if self.peer and self.peer.rounds else None

    @property
    def met(self) -> bool:
        """By the figures as measured: what is rounded could be met by rounding."""
        value = median(self.rounds)
        if not self.target.of_peer:
            return self.target.met(value)
        return bool(self.peer and self.peer.rounds and self.target.met(value / median(self.peer.rounds)))

    def as_json(self) -> dict[str, object]:
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "target": str(self.target),
            "met": self.met,
            "peer": self.peer.name if self.peer else None,
            "peer_value": self.peer_value,
            "ratio": self.ratio,
        }

    def as_line(self) -> str:
        """For the terminal."""
        against = ""
        if self.peer:
            shown = "none" if self.peer_value is None else f"{self.peer_value:,g}, ratio {self.ratio:g}"
            against = f"{self.peer.name}: {shown}"
        mark = "✓" if self.met else "✗"
        return f"{mark} {self.name:<55} {self.value:>9,g} {self.unit:<10} {self.target!s:<14} {against}".rstrip()


def at_least(limit: float) -> Target:
    return Target("≥", limit)


def below(limit: float) -> Target:
    return Target("<", limit)


def times_peer(factor: float) -> Target:
    """At least so many times what the peer does: for rates."""
    return Target("≥", factor, of_peer=True)


def flat(factor: float) -> Target:
    """At most so many times what the peer takes: for costs."""
    return Target("≤", factor, of_peer=True)


def rounded(value: float) -> float:
    """Four digits: more would claim a precision that no round repeats."""
    return float(f"{value:.4g}")


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of them do not exceed (nearest rank)."""
    if not values:
        raise CannotMeasure("nothing was measured, so it has no percentile")
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100).__int__() - 1)]


def write(rows: Sequence[Row], machine: dict[str, object], file: Path) -> None:
    """The rows as a list; beside it `<name>-machine.json` with the machine and each row's single rounds."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps([row.as_json() for row in rows], indent=2, ensure_ascii=False) + "\n")
    rounds = {row.name: [rounded(each) for each in row.rounds] for row in rows}
    peers = {f"{row.name} ({row.peer.name})": [rounded(each) for each in row.peer.rounds] for row in rows if row.peer}
    beside = {**machine, "rounds": {**rounds, **peers}}
    file.with_name(f"{file.stem}-machine.json").write_text(json.dumps(beside, indent=2, ensure_ascii=False) + "\n")
