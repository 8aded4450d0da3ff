"""What a chaos run compares in the end: each test makes one thing differ, and must hear of it."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.chaos import quiet
from tests.kernel import notebook
from tests.kernel.house import ONE, House, compose, known_to_copse
from tests.kernel.notebook import Notebook, lines_projection
from tests.kernel.test_operations import all_settings, house  # noqa: F401  # fixtures


@pytest.fixture
def through(house: House, all_settings: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> House:  # noqa: F811
    """Two services whose projections can be rebuilt, and everything has gone through."""
    own, foreign = lines_projection(house.own_lines.name, "lines"), lines_projection(house.lines.name, "lines")
    writing = compose(house.service, tmp_path, aggregates=[Notebook], projections=[own])
    reading = compose(house.reader, tmp_path, projections=[foreign], contracts={house.service: notebook})
    known_to_copse(monkeypatch, writing, house.producing.url)
    known_to_copse(monkeypatch, reading, house.consuming.url)
    monkeypatch.setattr(quiet, "SERVICES", (house.service, house.reader))
    house.all_through()
    return house


def compared() -> list[str]:
    told: list[str] = []
    found = quiet.compare(told.append)
    assert told[-1] == "projections: 2 compared with a rebuild"
    return found


def test_nothing_differs_where_everything_went_through(through: House) -> None:
    assert compared() == []


def test_an_event_that_is_lost_from_the_table_differs(through: House) -> None:
    through.change(
        through.producing,
        "delete from events where (stream, version) in"
        " (select stream, max(version) from events where stream like %s group by 1)",
        f"%{ONE}",
    )
    assert [each for each in compared() if each.startswith(f"audit: {through.service}, ")]


def test_an_event_that_kafka_never_got_differs(through: House) -> None:
    through.write(ONE, "d")
    through.read_own()
    through.change(
        through.producing,
        "update readers set (xid, position) = (select xid, position from events order by xid desc, position desc"
        " limit 1) where name = 'relay'",
    )
    assert [each for each in compared() if each.startswith(f"audit: {through.service}, ")]


def test_what_is_parked_differs(through: House) -> None:
    through.write(ONE, "d")
    through.read_own()
    through.send(replace(through.written()[-1], data="{"))
    through.consume()
    assert f"{through.reader}: 1 dead letters" in compared()


@pytest.mark.parametrize(
    "harm",
    ["delete from {0} where text = 'b'", "insert into {0} select notebook, 9, text from {0} where text = 'b'"],
    ids=["a row less", "a row more"],
)
def test_a_projection_that_is_not_what_a_rebuild_makes_differs(through: House, harm: str) -> None:
    table = f"{through.lines.name}.lines"
    through.change(through.consuming, harm.format(table))
    [found] = compared()
    assert found.startswith(f"{through.reader}, projection {through.lines.name}: lines: ")
