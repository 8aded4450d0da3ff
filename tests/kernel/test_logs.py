"""A line of the log says which error it was and where, and quotes nobody."""

import json
from io import StringIO
from typing import Any

import psycopg2
import pytest
import structlog

from shared.database.pool import Database
from shared.errors import CannotGoOn
from shared.telemetry import logs


def logged(error: Exception) -> tuple[list[dict[str, Any]], str]:
    """What is told of an error: the whole story behind it, and the line as it is written."""
    line = StringIO()
    log = structlog.wrap_logger(structlog.PrintLogger(line), processors=logs.processors("notebooks"))
    log.error("it failed", exc_info=error)
    return json.loads(line.getvalue())["exception"], line.getvalue()


def refused_by(database: Database) -> psycopg2.Error:
    """An error of PostgreSQL's that quotes a name."""
    with pytest.raises(psycopg2.Error, match="Ann Lee") as refused, database.transaction() as db:
        db.execute("select 'Ann Lee'::integer")
    return refused.value


def test_what_postgresql_quotes_is_left_out_wherever_it_stands_in_the_story(database: Database) -> None:
    def fail() -> None:
        try:
            raise KeyError("Ann Lee") from refused_by(database)
        except KeyError as error:
            raise CannotGoOn("The tables are of another version.") from error

    with pytest.raises(CannotGoOn) as wrapped:
        fail()
    stacks, line = logged(wrapped.value)
    assert [(each["exc_type"], each["exc_value"]) for each in stacks] == [
        ("CannotGoOn", "The tables are of another version."),
        ("KeyError", ""),
        ("InvalidTextRepresentation", ""),
    ]
    assert all(each["frames"] for each in stacks)
    assert "Ann Lee" not in line


def test_what_one_of_several_errors_quotes_is_left_out(database: Database) -> None:
    with pytest.raises(ExceptionGroup) as several:
        raise ExceptionGroup("of Ann Lee", [refused_by(database), CannotGoOn("Kafka is away.")])
    [together], line = logged(several.value)
    assert [each[0]["exc_value"] for each in together["exceptions"]] == ["", "Kafka is away."]
    assert "Ann Lee" not in line


def test_what_names_only_code_stays() -> None:
    with pytest.raises(AttributeError) as missing:
        object().nothing  # type: ignore[attr-defined]  # noqa: B018
    assert logged(missing.value)[0][0]["exc_value"] == "'object' object has no attribute 'nothing'"
