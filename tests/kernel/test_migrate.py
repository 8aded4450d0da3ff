"""Migrations change tables while others use them, and hold nobody up for long."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from shared.database import migrate as module
from shared.database.migrate import InUse, migrate
from shared.database.pool import Database
from tests.servers import Databases


def test_one_that_waits_for_a_lock_gives_up_and_can_be_tried_again(
    new_database: Callable[[Callable[[Databases], str]], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else everybody who appends would wait behind it, for as long as somebody forgets a transaction."""
    monkeypatch.setattr(module, "_LOCK_SECONDS", 0.2)
    (tmp_path / "0901-first.sql").write_text("create table first ();")
    (tmp_path / "0902-colour.sql").write_text("alter table events add column colour text;")
    columns = "select count(*) from information_schema.columns where column_name = 'colour'"
    with closing(Database(new_database(Databases.for_events), application="copse-test", size=2)) as database:
        with database.transaction() as db:
            db.execute("lock table events in access share mode")
            with pytest.raises(InUse, match=f"The tables of {database.address} are in use") as refused:
                migrate(database, [tmp_path])
            assert db.value(int, columns) == 0
        assert "copse doctor" in str(refused.value)
        assert migrate(database, [tmp_path]) == ["0902-colour"]
        with database.statement() as db:
            assert db.value(int, columns) == 1


def test_what_an_address_says_already_stays() -> None:
    url = "postgresql://ann:secret%40word@127.0.0.1:5432/x?sslmode=require&options=-c%20timezone%3DUTC"
    assert module._impatient(url) == (
        "postgresql://ann:secret%40word@127.0.0.1:5432/x?sslmode=require"
        "&options=-c+timezone%3DUTC+-c+lock_timeout%3D5000"
    )
