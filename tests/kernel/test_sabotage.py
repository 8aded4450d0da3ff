"""What `make chaos SABOTAGE=...` breaks is broken: a run that finds nothing then is worth nothing.

Each test plays the moment in which the broken promise matters, once with the promise kept and once without.
"""

from collections.abc import Callable

import pytest

from shared.database.pool import Database, Transaction
from shared.http import changes
from shared.messages.recorded import Recorded
from shared.projections import reader as reader_module
from shared.projections.projection import Projection, make_tables
from shared.projections.reader import Reader
from shared.streaming import consumer as consumer_module
from shared.streaming.producer import Producer
from tests.chaos import sabotage
from tests.kernel.conftest import NewDatabase
from tests.kernel.line import ONE, Line
from tests.kernel.notebook import LineWritten, lines_in, lines_projection
from tests.kernel.test_http import Api, api, app, at_provider, here, service  # noqa: F401  # fixtures
from tests.servers import Databases, all_readable

Break = Callable[[str], None]


@pytest.fixture
def sabotaged(monkeypatch: pytest.MonkeyPatch) -> Break:
    """Breaks a promise, or none, in this process until the test ends."""
    for owner, name in (
        (consumer_module, "_begin"),
        (reader_module, "move_cursor"),
        (changes, "_idempotency_key"),
        (Producer, "send_batch"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))  # which puts it back in the end
    monkeypatch.setattr(sabotage, "LATE_SECONDS", 3.0)  # the process is gone before
    return sabotage.install


class Died(BaseException):
    """As of SIGKILL: nothing handles it, and what was not committed is gone."""


def dying(name: str = "lines") -> Projection:
    """Dies of the first line that it is told of."""
    projection = Projection(name, version=1, tables=lines_projection(name).tables)

    @projection.on(LineWritten)
    def _(event: LineWritten, recorded: Recorded, db: Transaction) -> None:
        raise Died

    return projection


def told(database: Database, lines: Projection) -> list[str]:
    with database.transaction() as db:
        return [line.text for line in lines_in(db, lines)]


@pytest.mark.parametrize(("broken", "there"), [("", ["tea"]), ("reader", [])])
def test_a_reader_that_moves_before_it_tells_loses_what_it_died_of(
    line: Line, sabotaged: Break, broken: str, there: list[str]
) -> None:
    make_tables(line.lines, line.producing)
    line.open(ONE)
    line.write(ONE, "tea")
    all_readable(line.producing)
    sabotaged(broken)
    with pytest.raises(Died):
        Reader(line.producing, line.codec, [dying()]).advance_all()
    Reader(line.producing, line.codec, [line.lines]).advance_all()
    assert told(line.producing, line.lines) == there


@pytest.mark.parametrize(("broken", "there"), [("", ["tea"]), ("consumer", [])])
def test_a_consumer_that_moves_before_it_tells_loses_what_it_died_of(
    line: Line, sabotaged: Break, broken: str, there: list[str]
) -> None:
    line.open(ONE)
    line.write(ONE, "tea")
    records = line.records(line.written())
    sabotaged(broken)
    with pytest.raises(Died):
        line.tell(records, dying())
    place = line.offset() or 0
    if records[place:]:
        line.tell(records[place:])
    assert line.arrived() == there


@pytest.mark.parametrize(("broken", "there"), [("", 1), ("relay", 0)])
def test_a_relay_that_moves_before_kafka_has_it_loses_what_was_on_its_way(
    to_kafka: Line, sabotaged: Break, broken: str, there: int
) -> None:
    to_kafka.open(ONE)
    sabotaged(broken)
    assert to_kafka.publish() == 1
    sabotaged("")
    assert to_kafka.publish() == 0, "the next leader has nothing to send again"
    assert len(to_kafka.in_topic()) == there


@pytest.mark.parametrize(("broken", "notebooks"), [("", 1), ("idempotency", 2)])
def test_a_key_that_is_not_looked_at_does_it_twice(api: Api, sabotaged: Break, broken: str, notebooks: int) -> None:  # noqa: F811
    sabotaged(broken)
    answers = [api.post("/v1/notebooks", {"title": "Tuesday"}, Idempotency_Key="once") for _ in range(2)]
    assert len({each.headers["Location"] for each in answers}) == notebooks


def test_a_database_that_answers_before_the_disk_does_so_to_whoever_appends(new_database: NewDatabase) -> None:
    url = new_database(Databases.for_events)
    assert waits_for_the_disk(url) == "on"
    sabotage.answer_before_the_disk(url)
    assert waits_for_the_disk(url) == "off"


def waits_for_the_disk(url: str) -> str | None:
    database = Database(url, application="copse-test", size=1)
    try:
        with database.statement() as db:
            return db.value(str, "show synchronous_commit")
    finally:
        database.close()
