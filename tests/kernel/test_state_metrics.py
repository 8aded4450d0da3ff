"""What metrics say of a service's state is so, costs one look however many ask, and is left out when nobody knows."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest

from deploy.embedded.ports import free_port
from shared.database.pool import Database
from shared.messages.clock import Clock
from shared.operations.service_status import PlacesRead, ServiceStatus
from shared.operations.status import fill_consumers
from shared.operations.watched import Watched
from shared.projections.projection import make_tables
from shared.projections.reader import Reader
from shared.service import Service
from shared.streaming.broker import Broker
from shared.telemetry.state import StateOfService
from tests.kernel import notebook
from tests.kernel.house import compose, held_for
from tests.kernel.line import ONE, Line
from tests.kernel.notebook import SPILT, Notebook, lines_projection
from tests.kernel.scraped import Scraped
from tests.servers import eventually

OWN_LINES = lines_projection("own_lines")


def writing(line: Line) -> Service:
    return compose(line.service, Path(__file__).parent, aggregates=[Notebook], projections=[OWN_LINES])


def reading(line: Line) -> Service:
    return compose(line.reader, Path(__file__).parent, projections=[line.lines], contracts={line.service: notebook})


def looked(service: Service, database: Database) -> Scraped:
    """By somebody who never looked before."""
    return Scraped(StateOfService(Watched(service, database), Clock(), "web").text().decode())


def test_the_release_is_told(line: Line) -> None:
    scraped = looked(writing(line), line.producing)
    assert scraped("copse_build_info", service=line.service, part="web") == 1


def test_relay_and_projections_say_how_far_they_are_behind(line: Line) -> None:
    make_tables(OWN_LINES, line.producing)
    line.open(ONE)
    line.write(ONE, "a", "b")
    scraped = looked(writing(line), line.producing)
    assert scraped("copse_relay_lag_events") == 3
    assert scraped("copse_relay_repeated_records") == 0
    assert (scraped("copse_relay_lag_seconds") or 0) > 60  # the events of these tests are of an earlier day
    assert scraped("copse_reader_lag_events", reader="own_lines") == 3
    assert (scraped("copse_reader_lag_seconds", reader="own_lines") or 0) > 60
    Reader(line.producing, line.codec, [OWN_LINES]).advance_all()
    scraped = looked(writing(line), line.producing)
    assert scraped("copse_relay_lag_events") == 3
    assert scraped("copse_reader_lag_events", reader="own_lines") == 0
    assert scraped("copse_reader_lag_seconds", reader="own_lines") == 0


def test_a_long_backlog_is_told_without_counting_all_of_it(line: Line) -> None:
    with line.producing.transaction() as db:
        db.execute(
            "insert into events (event_id, stream, version, type, schema_version, data, metadata, recorded_at)"
            " select gen_random_uuid(), 'many-' || nth, 1, 'written', 1, '{}', '{}', now()"
            " from generate_series(1, 100500) nth"
        )
    assert looked(writing(line), line.producing)("copse_relay_lag_events") == 100_500


def test_a_projection_that_stopped_is_told(line: Line) -> None:
    make_tables(OWN_LINES, line.producing)
    line.open(ONE)
    assert looked(writing(line), line.producing)("copse_reader_stopped", reader="own_lines") == 0
    line.write(ONE, SPILT)
    Reader(line.producing, line.codec, [OWN_LINES]).advance_all()
    assert looked(writing(line), line.producing)("copse_reader_stopped", reader="own_lines") == 1


def test_the_age_of_what_holds_the_horizon_is_told(line: Line) -> None:
    assert looked(writing(line), line.producing)("copse_horizon_age_seconds") == 0
    with line.producing.transaction() as db:
        db.execute("select pg_current_xact_id()")
        held_for(line.producing, 0.2)
        assert (looked(writing(line), line.producing)("copse_horizon_age_seconds") or 0) >= 0.2


def test_the_age_of_a_holder_whose_start_is_hidden_counts_from_when_it_was_met(line: Line, plain_account: str) -> None:
    """Such as a superuser at psql: the alert must come for him, too."""
    unprivileged = Database(plain_account, application="copse-test", size=1)
    state = StateOfService(Watched(writing(line), unprivileged), Clock(), "web")

    def age() -> float:
        state.database.until = float("-inf")  # as five seconds later
        return Scraped(state.text().decode())("copse_horizon_age_seconds") or 0

    with line.producing.transaction() as db:
        db.execute("select pg_current_xact_id()")
        held_for(line.producing, 0.3)
        assert age() < 0.3
        eventually(lambda: age() >= 0.3, "it counts on")
        db.execute("commit; begin; select pg_current_xact_id()")
        assert age() < 0.3, "another transaction of the same session"
    assert age() == 0
    unprivileged.close()


def test_what_the_agenda_holds_is_told(line: Line) -> None:
    entry = (
        "insert into agenda (id, due_at, stream, action, details, causation_id, correlation_id, attempts)"
        " values (%s, now() + %s::interval, 's', 'Send', '{}', %s, %s, %s)"
    )
    with line.producing.transaction() as db:
        for due_in, attempts in (("-2 hours", 0), ("-1 hour", 0), ("1 day", 0), ("1 hour", 3)):
            db.execute(entry, uuid4(), due_in, uuid4(), uuid4(), attempts)
    scraped = looked(writing(line), line.producing)
    assert [scraped("copse_agenda_entries", state=each) for each in ("due", "later", "postponed")] == [2, 1, 1]
    assert (scraped("copse_agenda_late_seconds") or 0) == pytest.approx(7200, abs=60)


def test_what_fails_again_and_again_is_told_though_it_is_for_later(line: Line) -> None:
    entry = (
        "insert into agenda (id, due_at, stream, action, details, causation_id, correlation_id, attempts)"
        " values (%s, now() + interval '1 hour', 's', 'Send', '{}', %s, %s, %s)"
    )
    with line.producing.transaction() as db:
        for attempts in (0, 4, 5, 6):
            db.execute(entry, uuid4(), uuid4(), uuid4(), attempts)
    assert looked(writing(line), line.producing)("copse_agenda_failing_entries") == 2


def test_a_projection_that_waits_to_be_built_is_told(line: Line) -> None:
    def not_built() -> float | None:
        return looked(reading(line), line.consuming)("copse_projection_not_built", projection="lines")

    assert not_built() == 0
    with line.consuming.transaction() as db:
        db.execute("insert into projection_places values ('lines', %s, 0, 0)", line.topic)
    assert not_built() == 1


def test_dead_letters_and_a_consumer_that_stands_still_are_told(line: Line) -> None:
    line.open(ONE)
    line.write(ONE, SPILT, "behind it")
    line.tell(line.records(line.written()))
    # These tests have the tables, and not the list of what was applied.
    with line.consuming.transaction() as db:
        db.execute("insert into readers (name, failure) values ('consumer', 'why')")
    scraped = looked(reading(line), line.consuming)
    assert (scraped("copse_dead_letters"), scraped("copse_dead_letter_streams")) == (2, 1)
    assert scraped("copse_consumer_stopped") == 1


def test_the_consumers_lag_is_told_by_topic(to_kafka: Line) -> None:
    clock = Clock()

    def ask(status: ServiceStatus, read: PlacesRead) -> str | None:
        return fill_consumers([(status, read)], to_kafka.broker, clock)

    def asked() -> Scraped:
        watched = Watched(reading(to_kafka), to_kafka.consuming)
        return Scraped(StateOfService(watched, clock, "worker", ask).text().decode())

    to_kafka.open(ONE)
    to_kafka.write(ONE, "a")
    to_kafka.publish()
    scraped = asked()
    assert scraped("copse_state_known", of="kafka") == 1
    assert scraped("copse_consumer_lag_records", topic=to_kafka.topic) == 2
    assert (scraped("copse_consumer_lag_seconds", topic=to_kafka.topic) or 0) > 60


def test_without_kafka_the_database_is_still_told_of(line: Line) -> None:
    nobody = Broker(f"127.0.0.1:{free_port()}", patience_seconds=1)
    clock = Clock()
    state = StateOfService(
        Watched(reading(line), line.consuming),
        clock,
        "worker",
        lambda status, read: fill_consumers([(status, read)], nobody, clock),
    )
    scraped = Scraped(state.text().decode())
    assert scraped("copse_state_known", of="kafka") == 0
    assert scraped("copse_state_known", of="database") == 1
    assert scraped("copse_consumer_lag_records") is None
    assert scraped("copse_dead_letters") == 0


def test_without_the_database_it_is_said_that_nothing_is_known(line: Line) -> None:
    nowhere = Database(f"postgresql://x@127.0.0.1:{free_port()}/x", application="copse-test")
    scraped = looked(writing(line), nowhere)
    assert scraped("copse_state_known", of="database") == 0
    assert scraped("copse_build_info") == 1
    assert scraped("copse_relay_lag_events") is None


class Looks:
    """Counts how often the database was asked."""

    def __init__(self) -> None:
        self.number = 0

    def inc(self) -> None:
        self.number += 1

    def dec(self) -> None:
        """Of no interest."""


def test_a_storm_of_questions_asks_the_database_once(line: Line) -> None:
    looks = Looks()
    database = Database(line.producing.url, application="copse-test", used=looks)
    state = StateOfService(Watched(writing(line), database), Clock(), "web")
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: state.text(), range(100)))
    assert Scraped(state.text().decode())("copse_relay_lag_events") == 0
    assert looks.number == 1
    database.close()


def test_a_database_that_is_slow_holds_up_one_who_asks_and_not_the_others(line: Line) -> None:
    """While one looks, the others get what is known: a web process has few threads."""
    state = StateOfService(Watched(writing(line), line.producing), Clock(), "web")
    with state.database.asking:  # as whoever asks just now
        scraped = Scraped(state.text().decode())
    assert scraped("copse_build_info") == 1
    assert scraped("copse_relay_lag_events") is None
    assert Scraped(state.text().decode())("copse_relay_lag_events") == 0
