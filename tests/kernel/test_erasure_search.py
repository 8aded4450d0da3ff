"""The search for somebody's name in others' words: what it finds, and what it must leave alone."""

from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.database.pool import Database
from shared.erasure.searching import mentions, patterns
from shared.messages.events import MemberId

ANN = MemberId(uuid4())
WAYS = ["ann.quill@example.org", "+44 1632 960961", "7 Mill Lane\nWhitstable"]


@pytest.fixture
def wall(database: Database) -> Database:
    """A read model that the search knows nothing of."""
    with database.transaction() as db:
        db.execute("create schema wall")
        db.execute(
            "create table wall.notes (nth integer, part text, author uuid, others uuid[], body text, tags text[],"
            " parts json, primary key (nth, part))"
        )
        db.execute("insert into projections (name, version) values ('wall', 1)")
    return database


def found(database: Database, name: str = "Ann Quill", ways: list[str] | None = None, **columns: object) -> list[str]:
    row = {"author": None, "others": None, "body": "", "tags": None, "parts": None, **columns}
    with database.transaction() as db:
        db.execute("delete from wall.notes")
        db.execute(
            "insert into wall.notes values (1, 'a', %s, %s::uuid[], %s, %s::text[], %s)",
            row["author"], row["others"], row["body"], row["tags"], row["parts"],
        )  # fmt: skip
        places, more = mentions(db, ANN, patterns([name], WAYS if ways is None else ways))
    assert more == 0
    assert {(each.table, each.key) for each in places} <= {("wall.notes", "1 a")}
    return [each.column for each in places]


@pytest.mark.parametrize(
    "text",
    [
        "I asked Ann Quill.", "ann  quill said so", "ANN\nQUILL", "Ann-Quill", "Mrs Quill", "quill's idea",
        "write to Ann.Quill@Example.org", "call 01632 960961", "call 01632-960-961", "call +44(0)1632960961",
        "she lives at 7 Mill Lane, Whitstable",
    ],
)  # fmt: skip
def test_a_text_that_names_her_or_says_how_to_reach_her_is_found(wall: Database, text: str) -> None:
    assert found(wall, body=text) == ["body"]


@pytest.mark.parametrize(
    "text", ["", "Ann asked", "quills and quilling", "Joann Quillan", "01632 96096", "Mill Lane 7"]
)
def test_others_are_left_alone(wall: Database, text: str) -> None:
    assert found(wall, body=text) == []


def test_lists_and_json_are_looked_through_too(wall: Database) -> None:
    assert found(wall, tags=["x", "Ann Quill"]) == ["tags"]
    assert found(wall, parts='[{"name": "Ann Quill"}]') == ["parts"]


def test_her_own_rows_are_not_told_of(wall: Database) -> None:
    assert found(wall, body="Ann Quill", author=ANN) == []
    assert found(wall, body="Ann Quill", others=[ANN]) == []
    assert found(wall, body="Ann Quill", author=uuid4(), others=[uuid4()]) == ["body"]


def test_a_name_of_one_word_and_signs_of_patterns_do_no_harm(wall: Database) -> None:
    assert found(wall, name="Cher", ways=[], body="Cher sang") == ["body"]
    assert found(wall, name="Ann (synthetic)", ways=[], body="a synthetic note") == []
    assert found(wall, name="[erased]", ways=[], body="[erased]") == []
    assert found(wall, name="(.*)", ways=[], body="anything") == []


def test_more_than_two_hundred_places_are_counted(wall: Database) -> None:
    with wall.transaction() as db:
        db.execute(
            "insert into wall.notes select n, 'a', null, null, 'Ann Quill', null, null from generate_series(1, 230) n"
        )
        places, more = mentions(db, ANN, patterns(["Ann Quill"], []))
    assert (len(places), more) == (200, 30)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    name=st.text(max_size=30).filter(lambda text: "\0" not in text),
    way=st.text(max_size=40).filter(lambda t: "\0" not in t),
)
def test_whatever_she_is_called_the_search_can_be_made_and_finds_her_in_full(
    wall: Database, name: str, way: str
) -> None:
    """Names of any script, with any signs: a pattern that PostgreSQL refuses would hold up every erasure."""
    looked_for = patterns([name], [way])
    with wall.transaction() as db:
        mentions(db, ANN, looked_for)
        if any(each.isalpha() for each in name) and looked_for:
            for each in looked_for:
                db.value(bool, "select %s ~* %s", name, each)
