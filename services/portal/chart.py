"""A bar chart as plain SVG that needs no script and stays readable at 320 px.

Bars have widths in per cent and the words have a fixed size, so that a narrow screen shortens the bars and
never shrinks the letters. A table with the same figures stands beside every chart (the template's duty).
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

LINE = 20  # px from one line of a label to the next
BAR = 22  # px, height of a bar
GAP = 16  # px between one bar and the next label
LABEL_WIDTH = 34  # letters that fit beside the value at 320 px


@dataclass(frozen=True)
class Bar:
    """One bar, placed. `label_lines` are (y, text) in px from the top; `percent` is of the widest bar."""

    label_lines: Sequence[tuple[int, str]]
    value: float
    bar_y: int
    percent: float


@dataclass(frozen=True)
class Chart:
    bars: Sequence[Bar]
    height: int


def bar_chart(figures: Sequence[tuple[str, float]]) -> Chart:
    """Place the bars for (label, value) pairs, in their order. The largest value fills the width."""
    largest = max((value for _, value in figures), default=0)
    bars = []
    top = 0
    for label, value in figures:
        lines = textwrap.wrap(label, LABEL_WIDTH) or [""]
        placed = [(top + LINE * (index + 1) - 4, line) for index, line in enumerate(lines)]
        bar_y = top + LINE * len(lines) + 4
        percent = round(100 * max(value, 0) / largest, 2) if largest > 0 else 0.0
        bars.append(Bar(placed, value, bar_y, percent))
        top = bar_y + BAR + GAP
    return Chart(bars, max(top - GAP, 0))
