"""Puts a run's figures into docs/explanation/performance.md: two drawings and the table with the numbers.

python -m tests.benchmarks.plot build/bench.json     # the machine is read from build/bench-machine.json
"""

import json
import re
import sys
from collections.abc import Sequence
from html import escape
from math import log10
from pathlib import Path
from typing import Any

from deploy.embedded.places import CHECKOUT
from tests.benchmarks.history import SMALLEST

PAGE = CHECKOUT / "docs" / "explanation" / "performance.md"
BEGIN, END = "<!-- figures: python -m tests.benchmarks.plot -->", "<!-- end of figures -->"
_HISTORY = re.compile(r"history: (?P<what>.+) at (?P<events>[0-9,]+) events")
_INK, _PAPER, _GRID = "#17241d", "#fbfaf6", "#c9d3cc"
_MET, _MISSED = "#1f6f4d", "#b4531f"
# Told apart by dashes and marks too, not by colour alone.
_LINES = (("#1f6f4d", ""), ("#b4531f", "7 4"), ("#3d4ea3", "2 4"), ("#7a2f6d", "10 3 2 3"))

BenchRow = dict[str, Any]


def main(file: Path) -> None:
    rows: list[BenchRow] = json.loads(file.read_text())
    machine = json.loads(file.with_name(f"{file.stem}-machine.json").read_text())
    single = [row for row in rows if not _HISTORY.fullmatch(row["name"])]
    history = [row for row in rows if _HISTORY.fullmatch(row["name"])]
    parts = [_machine(machine)]
    for name, alt, drawing in (
        ("performance-targets.svg", _said(single), bars(single)),
        ("performance-history.svg", _said_of_history(history), lines(history)),
    ):
        if alt:
            PAGE.with_name(name).write_text(drawing)
            parts.append(f"![{alt}]({name})")
    parts.append(table(rows))
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n\n" + "\n\n".join(parts) + f"\n\n{END}{after}")


def standing(row: BenchRow) -> float:
    """How a row stands to its target: 1 is met exactly, 2 twice as good, 0.5 half as good, whichever way is good."""
    sign, number, *of_peer = row["target"].split()
    limit = float(number.replace(",", ""))
    value = (row["ratio"] if of_peer else row["value"]) or 0.001
    return float(value / limit if sign == "≥" else limit / value)


def bars(rows: Sequence[BenchRow]) -> str:
    """A bar for each row: how it stands to its target, on a logarithmic scale from a hundredth to ten times."""
    left, right, top, step = 400, 915, 70, 30
    low, high = -2.0, 1.0
    height = top + step * len(rows) + 20

    def x(standing: float) -> float:
        return left + (min(max(log10(standing), low), high) - low) / (high - low) * (right - left)

    drawn = [_text(20, 30, "How each figure stands to its target", 17, weight=700)]
    for value, label in ((0.01, "1/100"), (0.1, "1/10"), (1, "target"), (10, "10 times")):
        width = 2 if value == 1 else 1
        colour = _INK if value == 1 else _GRID
        drawn.append(_line(x(value), top - 8, x(value), height - 15, colour, width))
        drawn.append(_text(x(value), top - 16, label, 12, "middle"))
    for nth, row in enumerate(rows):
        y = top + step * nth
        drawn.append(_text(left - 10, y + 15, row["name"], 12, "end"))
        end, colour = x(standing(row)), _MET if row["met"] else _MISSED
        drawn.append(f'<rect x="{left}" y="{y + 2}" width="{max(end - left, 1):.1f}" height="18" fill="{colour}"/>')
        of_peer = "peer" in row["target"] and row["ratio"]
        shown = f"{row['ratio']:g} times peer" if of_peer else f"{row['value']:,g} {row['unit']}"
        inside = end - left > 130
        anchor, colour = ("end", _PAPER) if inside else ("start", _INK)
        drawn.append(_text(end - 6 if inside else end + 6, y + 15, shown, 11.5, anchor, colour=colour))
    return _svg(960, height, "How each figure stands to its target", _said(rows), drawn)


def lines(rows: Sequence[BenchRow]) -> str:
    """Cost against the size of the history, each as a multiple of what it is at the smallest size."""
    series = _series(rows)
    if not series:
        return ""
    left, right, top, bottom = 70, 720, 60, 360
    sizes = sorted({events for points in series.values() for events, _ in points})
    tallest = max(2.0, *(ratio for points in series.values() for _, ratio in points)) * 1.05

    def x(events: int) -> float:
        return left + (log10(events) - log10(sizes[0])) / max(log10(sizes[-1]) - log10(sizes[0]), 1) * (right - left)

    def y(ratio: float) -> float:
        return bottom - ratio / tallest * (bottom - top)

    drawn = [_text(20, 30, "Cost of one, as the history grows (1 = at 10,000 events)", 17, weight=700)]
    drawn.append(
        f'<rect x="{left}" y="{y(1.5):.1f}" width="{right - left}" height="{y(0) - y(1.5):.1f}" fill="#e7efe9"/>'
    )
    drawn.append(_text(left + 8, y(1.5) + 16, "flat: at most 1.5", 12))
    for tick in range(int(tallest) + 1):
        drawn.append(_line(left, y(tick), right, y(tick), _GRID, 1))
        drawn.append(_text(left - 8, y(tick) + 4, f"{tick}", 12, "end"))
    for events in sizes:
        drawn.append(_text(x(events), bottom + 20, f"{events:,}", 12, "middle"))
    drawn.append(_text((left + right) / 2, bottom + 42, "events in the table", 13, "middle"))
    lowest_label = float("inf")
    ends = sorted(series.items(), key=lambda each: each[1][-1][1])
    for (name, points), (colour, dashes) in zip(ends, _LINES, strict=False):
        path = " ".join(f"{x(events):.1f},{y(ratio):.1f}" for events, ratio in points)
        drawn.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.5" stroke-dasharray="{dashes}"/>'
        )
        drawn += [f'<circle cx="{x(events):.1f}" cy="{y(r):.1f}" r="4" fill="{colour}"/>' for events, r in points]
        label = min(y(points[-1][1]) + 4, lowest_label - 17)  # so that no label lies on another
        lowest_label = label
        drawn.append(_text(right + 12, label, f"{name}: {points[-1][1]:.2f}", 13, colour=colour, weight=700))
    return _svg(960, 420, "Cost as the history grows", _said_of_history(rows), drawn)


def table(rows: Sequence[BenchRow]) -> str:
    lines = ["| What | Measured | Target | Met | Beside it |", "|---|---|---|---|---|"]
    for row in rows:
        peer = ""
        if row["peer"]:
            shown = "not to be had" if row["peer_value"] is None else f"{row['peer_value']:,g}, ratio {row['ratio']:g}"
            peer = f"{row['peer']}: {shown}"
        met = "yes" if row["met"] else "**no**"
        lines.append(f"| {row['name']} | {row['value']:,g} {row['unit']} | {row['target']} | {met} | {peer} |")
    return "\n".join(lines)


def _series(rows: Sequence[BenchRow]) -> dict[str, list[tuple[int, float]]]:
    series: dict[str, list[tuple[int, float]]] = {}
    for row in rows:
        found = _HISTORY.fullmatch(row["name"])
        assert found is not None
        series.setdefault(found["what"], [(SMALLEST, 1.0)]).append(
            (int(found["events"].replace(",", "")), row["ratio"])
        )
    return series


def _said(rows: Sequence[BenchRow]) -> str:
    missed = [f"{row['name']} ({standing(row):.2g} of its target)" for row in rows if not row["met"]]
    met = len(rows) - len(missed)
    return f"{met} of {len(rows)} figures meet their target." + (f" Not met: {'; '.join(missed)}." if missed else "")


def _said_of_history(rows: Sequence[BenchRow]) -> str:
    ends = {name: points[-1] for name, points in _series(rows).items()}
    said = "; ".join(f"{name} {ratio:g} times at {events:,} events" for name, (events, ratio) in ends.items())
    return f"Cost to that at 10,000 events: {said}." if said else ""


def _machine(facts: BenchRow) -> str:
    load = f"load at the start {facts['load']}"
    servers = f"PostgreSQL {facts['postgresql']}; Kafka {facts['kafka']}; Python {facts['python']}"
    hardware = f"{facts['cores']} cores ({facts['processor']}), {facts['memory']}"
    return f"Measured {facts['date'][:10]} on {hardware}; {servers}; {load}."


def _text(
    x: float, y: float, said: str, size: float, anchor: str = "start", *, weight: int = 400, colour: str = _INK
) -> str:
    style = f'font-size="{size}" text-anchor="{anchor}" font-weight="{weight}" fill="{colour}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(said)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width}"/>'


def _svg(width: int, height: int, title: str, description: str, drawn: Sequence[str]) -> str:
    fonts = "Atkinson Hyperlegible, Verdana, Arial, sans-serif"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'
        f' aria-labelledby="title desc" font-family="{fonts}">'
    )
    words = f'<title id="title">{escape(title)}</title>\n<desc id="desc">{escape(description)}</desc>'
    paper = f'<rect width="{width}" height="{height}" fill="{_PAPER}"/>'
    return "\n".join([head, words, paper, *drawn, "</svg>"]) + "\n"


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else CHECKOUT / "build" / "bench.json")
