"""The numbers behind a bar chart."""

from services.portal.chart import LABEL_WIDTH, bar_chart


def test_the_largest_figure_fills_the_width() -> None:
    chart = bar_chart([("Sent in", 2149), ("In scope", 1382), ("Priorities", 10)])
    assert [bar.percent for bar in chart.bars] == [100.0, 64.31, 0.47]


def test_bars_and_labels_never_overlap() -> None:
    chart = bar_chart([("A label that is much too long for one line on a narrow screen", 3), ("Short", 1)])
    first, second = chart.bars
    assert len(first.label_lines) > 1
    assert all(len(line) <= LABEL_WIDTH for _, line in first.label_lines)
    assert first.label_lines[-1][0] < first.bar_y < second.label_lines[0][0] < second.bar_y < chart.height


def test_no_figures_make_an_empty_chart_and_nought_makes_an_empty_bar() -> None:
    assert bar_chart([]).height == 0
    assert [bar.percent for bar in bar_chart([("None", 0), ("None", 0)]).bars] == [0.0, 0.0]
