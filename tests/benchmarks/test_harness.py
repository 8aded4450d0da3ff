"""What the benchmarks say of what they measured. The measuring itself is `make bench`, and no part of `make test`."""

import json
from pathlib import Path

import pytest

from tests.benchmarks import plot
from tests.benchmarks.clients import Act, Fleet
from tests.benchmarks.harness import CannotMeasure, Peer, Row, at_least, below, flat, percentile, times_peer, write


def test_a_row_is_the_median_of_its_rounds() -> None:
    row = Row("append", "events/s", at_least(5_000), [4_000, 9_000, 5_100])
    assert (row.value, row.met) == (5_100, True)
    assert not Row("append", "events/s", at_least(5_000), [4_000, 9_000, 4_900]).met


def test_what_shall_be_below_is_not_met_at_the_limit() -> None:
    assert Row("p99", "ms", below(15), [14.9]).met
    assert not Row("p99", "ms", below(15), [15.0]).met


def test_a_target_beside_a_peer_is_met_by_the_ratio_of_the_medians() -> None:
    row = Row("append", "events/s", times_peer(2), [6_000, 5_000, 100], Peer("message-db", [2_000, 2_500, 9_000]))
    assert (row.value, row.peer_value, row.ratio, row.met) == (5_000, 2_500, 2, True)
    assert not Row("append", "events/s", times_peer(2), [4_999], Peer("message-db", [2_500])).met


def test_a_cost_is_flat_when_it_is_little_more_than_at_the_smallest_size() -> None:
    assert Row("append", "µs", flat(1.5), [150], Peer("at 10,000 events", [100])).met
    assert not Row("append", "µs", flat(1.5), [151], Peer("at 10,000 events", [100])).met


def test_a_peer_that_could_not_be_had_leaves_the_target_unmet() -> None:
    row = Row("append", "events/s", times_peer(2), [5_000], Peer("message-db (not to be had)"))
    assert (row.peer_value, row.ratio, row.met) == (None, None, False)


def test_percentiles_are_values_that_were_measured() -> None:
    values = [float(each) for each in range(200, 0, -1)]
    assert (percentile(values, 50), percentile(values, 99), percentile(values, 100)) == (100, 198, 200)
    assert percentile([7.0], 99) == 7
    with pytest.raises(CannotMeasure):
        percentile([], 50)


def test_the_file_is_a_list_of_rows_with_every_field(tmp_path: Path) -> None:
    file = tmp_path / "build" / "bench.json"
    rows = [
        Row("fold", "ms", below(10), [1.23456]),
        Row("append", "events/s", times_peer(2), [5_000], Peer("message-db", [2_000])),
    ]
    write(rows, {"cores": 2}, file)
    assert json.loads(file.read_text()) == [
        {
            **{"name": "fold", "value": 1.235, "unit": "ms", "target": "< 10", "met": True},
            **{"peer": None, "peer_value": None, "ratio": None},
        },
        {
            **{"name": "append", "value": 5000.0, "unit": "events/s", "target": "≥ 2 times peer", "met": True},
            **{"peer": "message-db", "peer_value": 2000.0, "ratio": 2.5},
        },
    ]
    beside = json.loads((tmp_path / "build" / "bench-machine.json").read_text())
    assert beside["cores"] == 2
    assert beside["rounds"]["append (message-db)"] == [2000.0]


def test_the_drawing_reads_targets_as_they_are_written() -> None:
    def standing(row: Row) -> float:
        return plot.standing(row.as_json())

    assert standing(Row("append", "events/s", at_least(5_000), [10_000])) == 2
    assert standing(Row("p99", "ms", below(15), [30])) == 0.5
    assert standing(Row("append", "events/s", times_peer(2), [1_000], Peer("message-db", [1_000]))) == 0.5


def nothing() -> Act:
    return lambda: None


def failing() -> Act:
    raise ValueError("this client cannot begin")


def test_clients_count_together_what_they_did() -> None:
    with Fleet(2, nothing) as fleet:
        assert fleet.rate(0.01) > 0


def test_a_client_that_fails_is_no_rate() -> None:
    with pytest.raises(CannotMeasure, match="this client cannot begin"), Fleet(1, failing):
        pass
