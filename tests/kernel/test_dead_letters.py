"""What cannot be handled is parked with its stream's later messages; nothing is lost, doubled or out of order."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from kafka import KafkaAdminClient
from kafka.admin import NewTopic

from shared.database.pool import TooSlow, Transaction, Unavailable
from shared.dead_letters import letters, patience
from shared.dead_letters.breaker import Breaker, BreakerOpen, Policy
from shared.dead_letters.letters import Holder
from shared.dead_letters.mending import Mended, Mending, NoSuchLetter
from shared.messages.codec import Codec
from shared.messages.decisions import Refused
from shared.messages.recorded import Recorded, Stored
from shared.privacy.keyring import Keyring
from shared.projections.projection import Projection
from shared.projections.reader import Fenced
from shared.streaming import consumer
from shared.streaming.broker import PARTITIONS, Broker
from shared.streaming.cloudevents import headers_of
from shared.streaming.telling import LARGEST_VALUE_BYTES, Telling
from tests.kernel.conftest import BeginningAgain, at_work
from tests.kernel.line import ONE, TWO, Line, Record
from tests.kernel.notebook import SPILT, LineWritten
from tests.servers import eventually


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PAUSES_SECONDS", (0, 0))


def mended(line: Line) -> Projection:
    """The projection of lines, once somebody has wiped up the ink."""
    projection = Projection("lines", version=1, tables=line.lines.tables)

    @projection.on(LineWritten)
    def _(event: LineWritten, recorded: Recorded, db: Transaction) -> None:
        db.execute("insert into lines.lines values (%s, %s, %s)", recorded.id, recorded.version, event.text)

    return projection


def mending(line: Line, *subscribers: Projection) -> Mending:
    return Mending(Telling({line.service: line.contract}, subscribers or [line.lines]), line.consuming)


def holders(line: Line) -> list[Holder]:
    with line.consuming.transaction() as db:
        return letters.holders(db)


def holder(line: Line) -> Holder:
    [found] = holders(line)
    return found


def parked(line: Line) -> int:
    with line.consuming.transaction() as db:
        return letters.count(db).letters


def versions_parked(line: Line) -> list[int | None]:
    with line.consuming.transaction() as db:
        return db.all(int, "select version from dead_letters order by version nulls first, number")


def written(line: Line, *texts: str, notebook: UUID = ONE) -> list[Stored]:
    """The events of one notebook: opened, and its lines. The first line is version 2."""
    line.open(notebook)
    line.write(notebook, *texts)
    return [each for each in line.written() if each.stream.endswith(str(notebook))]


class TestAPoisonMessage:
    @pytest.fixture
    def events(self, line: Line) -> list[Stored]:
        return written(line, "1", SPILT, "2", "3")

    def test_stops_only_its_own_stream(self, line: Line, events: list[Stored]) -> None:
        others = written(line, "goes", "on", notebook=TWO)
        line.tell(line.records([*events[:3], *others[:2], *events[3:], others[2]]))
        assert line.arrived(ONE) == ["1"]
        assert line.arrived(TWO) == ["goes", "on"]
        assert line.offset() == 8

    def test_is_parked_with_those_that_follow_in_this_batch_and_later_ones(
        self, line: Line, events: list[Stored]
    ) -> None:
        line.tell(line.records(events[:4]))
        line.tell(line.records(events[4:], first=4))
        assert versions_parked(line) == [3, 4, 5]
        assert holder(line).behind == 2
        assert holder(line).version == 3
        assert holder(line).offset == 2

    def test_says_what_and_where_and_never_what_a_handler_read(self, line: Line, events: list[Stored]) -> None:
        line.tell(line.records(events))
        assert holder(line).reason.startswith("ValueError in tests/kernel/notebook.py, line ")
        assert "ink" not in holder(line).reason

    def test_is_tried_again_before_it_is_parked(self, line: Line, events: list[Stored]) -> None:
        tries = []
        moody = Projection("lines", version=1, tables=line.lines.tables)

        @moody.on(LineWritten)
        def _(event: LineWritten, recorded: Recorded, db: Transaction) -> None:
            if event.text == SPILT:
                tries.append(recorded.version)
                if len(tries) < 4:  # once in the batch, then three times by itself
                    raise ValueError("not in the mood")

        line.tell(line.records(events), moody)
        assert len(tries) == 4
        assert parked(line) == 0

    def test_is_not_parked_twice_when_it_comes_again(self, line: Line, events: list[Stored]) -> None:
        line.tell(line.records(events))
        line.tell(line.records(events, first=5))
        assert versions_parked(line) == [3, 4, 5]
        assert line.offset() == 10

    def test_that_is_read_again_under_its_own_offset_is_not_parked_twice(
        self, line: Line, events: list[Stored]
    ) -> None:
        line.tell(line.records(events))
        with line.consuming.transaction() as db:  # as when somebody set the position back
            db.execute("update consumer_positions set next_offset = 0")
        line.tell(line.records(events))
        assert versions_parked(line) == [3, 4, 5]
        assert line.arrived() == ["1"]

    def test_is_not_parked_by_a_process_that_lost_its_partition(self, line: Line, events: list[Stored]) -> None:
        line.tell(line.records(events[:2]))
        with line.consuming.transaction() as db:
            db.execute("update consumer_positions set next_offset = 77")
        with pytest.raises(Fenced):
            line.tell(line.records(events[2:], first=2))
        assert parked(line) == 0

    def test_that_meets_a_database_that_is_away_is_no_poison(self, line: Line, events: list[Stored]) -> None:
        away = Projection("away", version=1, tables=line.lines.tables)

        @away.on(LineWritten)
        def _(event: LineWritten, recorded: Recorded, db: Transaction) -> None:
            raise Unavailable("the keyring", "gone")

        with pytest.raises(Unavailable):
            line.tell(line.records(events), away)
        assert parked(line) == 0
        assert line.offset() is None

    def test_of_a_killed_process_leaves_nothing_half_done(self, line: Line, events: list[Stored]) -> None:
        """SIGKILL before the commit is a transaction rolled back: neither parked nor passed."""
        with line.consuming.transaction() as db:
            db.execute(
                "create function killed() returns trigger language plpgsql as"
                " $$begin perform pg_terminate_backend(pg_backend_pid()); return new; end$$"
            )
            db.execute("create trigger killed after insert on dead_letters for each row execute function killed()")
        try:
            with pytest.raises(Unavailable):
                line.tell(line.records(events))
            assert parked(line) == 0
            assert line.offset() == 2
        finally:
            with line.consuming.transaction() as db:
                db.execute("drop function killed cascade")
        line.tell(line.records(events[2:], first=2))
        assert versions_parked(line) == [3, 4, 5]


class TestARetry:
    @pytest.fixture
    def events(self, line: Line) -> list[Stored]:
        events = written(line, "1", SPILT, "2", "3")
        line.tell(line.records(events))
        return events

    @pytest.mark.usefixtures("events")
    def test_with_a_mended_handler_handles_all_in_order_and_once(self, line: Line) -> None:
        assert mending(line, mended(line)).retry(holder(line).id) == Mended(3, 0, None)
        assert line.arrived() == ["1", SPILT, "2", "3"]
        assert order_told(line) == [2, 3, 4, 5]
        assert parked(line) == 0

    @pytest.mark.usefixtures("events")
    def test_that_fails_again_changes_nothing_and_says_so(self, line: Line) -> None:
        result = mending(line).retry(holder(line).id)
        assert (result.handled, result.left) == (0, 3)
        assert "ValueError" in (result.reason or "")
        assert holder(line).attempts == 2
        assert line.arrived() == ["1"]

    @pytest.mark.usefixtures("events")
    def test_by_a_letter_that_waits_behind_begins_with_the_first(self, line: Line) -> None:
        with line.consuming.transaction() as db:
            last = db.value(UUID, "select id from dead_letters where version = 5")
        assert last
        assert mending(line, mended(line)).retry(last).handled == 3
        assert order_told(line) == [2, 3, 4, 5]

    @pytest.mark.usefixtures("events")
    def test_stops_at_the_next_that_fails(self, line: Line) -> None:
        again = written(line, SPILT, "4", notebook=TWO)
        line.tell(line.records(again, first=5))
        half = Projection("lines", version=1, tables=line.lines.tables)

        @half.on(LineWritten)
        def _(event: LineWritten, recorded: Recorded, db: Transaction) -> None:
            if event.text == "3":
                raise ValueError("not this one")
            db.execute("insert into lines.lines values (%s, %s, %s)", recorded.id, recorded.version, event.text)

        first = next(each for each in holders(line) if each.stream == f"notebook-{ONE}")
        result = mending(line, half).retry(first.id)
        assert (result.handled, result.left) == (2, 1)
        assert line.arrived(ONE) == ["1", SPILT, "2"]
        assert line.arrived(TWO) == []

    @pytest.mark.usefixtures("events")
    def test_lets_the_stream_flow_again(self, line: Line) -> None:
        mending(line, mended(line)).retry(holder(line).id)
        line.write(ONE, "4")
        line.tell(line.records(line.written()[5:], first=5))
        assert line.arrived() == ["1", SPILT, "2", "3", "4"]
        assert parked(line) == 0

    def test_passes_over_redeliveries_of_what_it_handled(self, line: Line, events: list[Stored]) -> None:
        mending(line, mended(line)).retry(holder(line).id)
        line.tell(line.records(events, first=5))
        assert order_told(line) == [2, 3, 4, 5]

    def test_of_what_is_gone_says_so(self, line: Line) -> None:
        with pytest.raises(NoSuchLetter):
            mending(line).retry(uuid4())

    @pytest.mark.usefixtures("events")
    def test_that_is_killed_between_two_letters_is_finished_by_the_consumer(self, line: Line) -> None:
        calm = mended(line)
        away = Projection("away", version=1, tables=line.lines.tables)

        @away.on(LineWritten)
        def _(event: LineWritten, recorded: Recorded, db: Transaction) -> None:
            if recorded.version == 4:
                raise Unavailable("PostgreSQL", "killed")

        with pytest.raises(Unavailable):
            mending(line, calm, away).retry(holder(line).id)
        assert line.arrived() == ["1", SPILT]
        assert mending(line, calm).follow_ready() == 2
        assert order_told(line) == [2, 3, 4, 5]

    @pytest.mark.usefixtures("events")
    def test_keeps_new_messages_waiting_while_it_is_at_work(self, line: Line) -> None:
        """Otherwise one could be parked behind a letter that is just going, and nobody would come back for it."""
        line.write(ONE, "4")
        newest = line.records(line.written()[5:], first=5)
        first, waited = line.offset() or 0, []

        def ask_what_is_held() -> None:
            with line.consuming.transaction() as other:
                other.execute("set local statement_timeout = '200ms'")
                consumer._begin(other, line.topic, 0, first, first + 1, [f"notebook-{ONE}"])

        slow = Projection("slow", version=1, tables=line.lines.tables)

        @slow.on(LineWritten)
        def _(event: LineWritten, recorded: Recorded, db: Transaction) -> None:
            if recorded.version == 5:
                with pytest.raises(TooSlow):
                    ask_what_is_held()
                waited.append(recorded.version)

        assert mending(line, mended(line), slow).retry(holder(line).id).left == 0
        assert waited == [5]
        line.tell(newest)
        assert line.arrived() == ["1", SPILT, "2", "3", "4"]


def order_told(line: Line) -> list[int]:
    with line.consuming.transaction() as db:
        return db.all(int, "select version from lines.lines order by told")


class TestASkip:
    @pytest.fixture
    def events(self, line: Line) -> list[Stored]:
        events = written(line, "1", SPILT, "2", "3")
        line.tell(line.records(events))
        return events

    @pytest.mark.usefixtures("events")
    def test_passes_over_the_first_and_lets_the_next_go_on(self, line: Line) -> None:
        assert mending(line).skip(holder(line).id, "account:1", "typed in twice") == Mended(2, 0, None)
        assert line.arrived() == ["1", "2", "3"]

    def test_is_written_down(self, line: Line, events: list[Stored]) -> None:
        id = holder(line).id
        mending(line).skip(id, "account:1", "typed in twice")
        with line.consuming.transaction() as db:
            [skip] = letters.skips(db)
        assert (skip.letter, skip.skipped_by, skip.reason) == (id, "account:1", "typed in twice")
        assert (skip.topic, skip.partition, skip.offset, skip.stream) == (line.topic, 0, 2, events[2].stream)
        assert (skip.first_version, skip.last_version, skip.type) == (3, 3, "line-written")
        assert "ValueError" in (skip.error or "")

    @pytest.mark.usefixtures("events")
    def test_of_one_that_waits_behind_another_is_refused(self, line: Line) -> None:
        with line.consuming.transaction() as db:
            last = db.value(UUID, "select id from dead_letters where version = 5")
        assert last
        with pytest.raises(Refused, match=str(holder(line).id)):
            mending(line).skip(last, "account:1", "why not")
        assert parked(line) == 3
        with line.consuming.transaction() as db:
            assert letters.skips(db) == []

    @pytest.mark.usefixtures("events")
    def test_that_is_not_written_down_does_not_happen(self, line: Line) -> None:
        with pytest.raises(Exception, match="null value"):
            mending(line).skip(holder(line).id, "account:1", None)  # type: ignore[arg-type]
        assert parked(line) == 3
        assert line.arrived() == ["1"]

    @pytest.mark.usefixtures("events")
    def test_twice_passes_over_one(self, line: Line) -> None:
        id = holder(line).id
        mending(line).skip(id, "account:1", "typed in twice")
        with pytest.raises(NoSuchLetter):
            mending(line).skip(id, "account:1", "typed in twice")


class TestAGap:
    @pytest.fixture
    def events(self, line: Line) -> list[Stored]:
        return written(line, "1", "2", "3", "4")

    def test_holds_its_stream_and_says_which_version_is_missing(self, line: Line, events: list[Stored]) -> None:
        others = written(line, "goes on", notebook=TWO)
        line.tell(line.records([events[0], events[2], events[3], *others]))
        assert line.arrived(ONE) == []
        assert line.arrived(TWO) == ["goes on"]
        assert holder(line).missing == 2
        assert holder(line).reason == "version 2 did not come, but version 3 did"

    def test_is_closed_by_what_was_missing_and_the_rest_follows_in_order(
        self, line: Line, events: list[Stored]
    ) -> None:
        line.tell(line.records([events[0], *events[2:]]))
        line.tell(line.records([events[1]], first=4))
        assert order_told(line) == [2, 3, 4, 5]
        assert parked(line) == 0

    def test_is_closed_whatever_order_the_rest_came_in(self, line: Line, events: list[Stored]) -> None:
        line.tell(line.records([events[0], events[4], events[2], events[3], events[1]]))
        assert order_told(line) == [2, 3, 4, 5]
        assert parked(line) == 0

    def test_that_is_closed_by_half_waits_for_the_other_half(self, line: Line, events: list[Stored]) -> None:
        line.tell(line.records([events[0], events[4], events[2], events[1]]))
        assert order_told(line) == [2, 3]
        assert holder(line).missing == 4

    def test_in_which_a_message_fails_is_held_by_that_one(self, line: Line) -> None:
        events = written(line, SPILT, "2", "3", notebook=TWO)
        line.tell(line.records([events[0], *events[2:]]))
        line.tell(line.records([events[1]], first=3))
        assert line.arrived() == []
        assert holder(line).version == 2
        assert mending(line, mended(line)).retry(holder(line).id).handled == 3

    def test_stays_after_a_retry(self, line: Line, events: list[Stored]) -> None:
        line.tell(line.records([events[0], events[2]]))
        assert mending(line).retry(holder(line).id) == Mended(0, 1, "version 2 did not come, but version 3 did")

    def test_that_is_skipped_gives_up_what_is_missing_and_nothing_else(self, line: Line, events: list[Stored]) -> None:
        line.tell(line.records([events[0], *events[3:]]))
        assert mending(line).skip(holder(line).id, "account:1", "lost in the flood") == Mended(2, 0, None)
        assert order_told(line) == [4, 5]
        with line.consuming.transaction() as db:
            [skip] = letters.skips(db)
        assert (skip.first_version, skip.last_version, skip.type) == (2, 3, None)

    def test_that_was_closed_by_a_process_that_died_is_gone_on_with(
        self, line: Line, events: list[Stored], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        line.tell(line.records([events[0], *events[2:]]))
        with monkeypatch.context() as dying:
            dying.setattr(Mending, "follow", lambda *_: 0)
            line.tell(line.records([events[1]], first=4))
        assert order_told(line) == [2]
        assert mending(line).follow_ready() == 3
        assert order_told(line) == [2, 3, 4, 5]


def without(record: Record, name: str) -> Record:
    return replace(record, headers=[each for each in record.headers if each[0] != name])


def altered(record: Record, name: str, value: Any) -> Record:
    return replace(record, headers=[*without(record, name).headers, (name, value)])


@dataclass(frozen=True)
class Bad:
    """A second line of the notebook that is wrong in one way, and what is said of it."""

    said: str
    record: Any
    names_its_stream: bool = True


BAD = {
    "no headers": Bad("it has no header", lambda r: replace(r, headers=[])),
    "no stream": Bad("no header ce_subject", lambda r: replace(without(r, "ce_subject"), key=None), False),
    "another stream than its key": Bad(
        "its key is not", lambda r: altered(r, "ce_subject", f"notebook-{TWO}".encode()), False
    ),
    "no version": Bad("no header ce_sequence", lambda r: without(r, "ce_sequence")),
    "version nought": Bad("ce_sequence is not valid", lambda r: altered(r, "ce_sequence", b"0")),
    "a version too large to keep": Bad("ce_sequence is not valid", lambda r: altered(r, "ce_sequence", b"9" * 30)),
    "a time without offset": Bad("ce_time is not valid", lambda r: altered(r, "ce_time", b"2026-03-02T10:00:00")),
    "a header that is not text": Bad("headers is not text", lambda r: altered(r, "ce_actor", b"\xff")),
    "a header without value": Bad("ce_id is not valid", lambda r: altered(r, "ce_id", None)),
    "a stream that cannot be kept": Bad(
        "ce_subject is not valid", lambda r: altered(r, "ce_subject", b"a\0b-" + str(ONE).encode())
    ),
    "another service's": Bad("another service", lambda r: altered(r, "ce_source", b"/copse/meetings")),
    "not text": Bad("value is not text", lambda r: replace(r, value=b"\xff\xfe")),
    "oversized": Bad("larger than any", lambda r: replace(r, value=b'{"text":"%s"}' % (b"x" * LARGEST_VALUE_BYTES))),
    "truncated": Bad("fields are not those", lambda r: replace(r, value=(r.value or b"")[:-3])),
    "empty": Bad("fields are not those", lambda r: replace(r, value=None)),
    "without a field": Bad("fields are not those", lambda r: replace(r, value=b"{}")),
    "nested without end": Bad("Error", lambda r: replace(r, value=b'{"text":' + b"[" * 100_000)),
    "a newer version than is read": Bad(
        "newer than this release",
        lambda r: altered(r, "ce_type", dict(r.headers)["ce_type"].replace(b".v1", b".v2")),
    ),
}


class TestABadRecord:
    @pytest.mark.parametrize("bad", BAD.values(), ids=list(BAD))
    def test_is_parked_and_nothing_after_it_overtakes_it(self, line: Line, bad: Bad) -> None:
        events = written(line, "1", "2", "3")
        others = written(line, "goes on", notebook=TWO)
        records = line.records([*events, *others])
        records[2] = bad.record(records[2])
        line.tell(records)
        assert line.arrived(ONE) == ["1"]
        assert line.arrived(TWO) == ["goes on"]
        assert line.offset() == 6
        assert parked(line) == 2
        bad_one = next(each for each in holders(line) if each.offset == 2)
        assert bad.said in bad_one.reason
        assert bad_one.stream == (events[0].stream if bad.names_its_stream else None)

    @pytest.mark.parametrize("bad", BAD.values(), ids=list(BAD))
    def test_can_be_passed_over_when_the_right_one_is_there(self, line: Line, bad: Bad) -> None:
        events = written(line, "1", "2", "3")
        records = line.records([events[0], events[1], events[2], events[3]])
        records[2] = bad.record(records[2])
        line.tell(records)
        bad_one = next(each for each in holders(line) if each.offset == 2)
        mending(line).skip(bad_one.id, "account:1", "a broken tool wrote it")
        for each in holders(line):
            assert each.missing == 3
            mending(line).skip(each.id, "account:1", "that was the one")
        assert line.arrived() == ["1", "3"]
        assert parked(line) == 0

    def test_that_hides_its_version_is_not_overtaken_by_the_version_that_it_may_be(self, line: Line) -> None:
        events = written(line, "1", "2")
        records = line.records([*events[:2], events[2], events[2]])
        records[2] = without(records[2], "ce_sequence")
        line.tell(records)
        assert line.arrived() == ["1"]
        assert mending(line).skip(holder(line).id, "account:1", "sent again") == Mended(1, 0, None)
        assert line.arrived() == ["1", "2"]

    def test_is_kept_as_it_came(self, line: Line) -> None:
        record = replace(line.records(written(line))[0], headers=[("a", b"\xff\0"), ("b", b"")], value=b"\0\xfe")
        line.tell([record])
        with line.consuming.transaction() as db:
            letter = letters.one(db, holder(line).id)
        assert letter
        assert letter.received().headers == record.headers
        assert letter.received().value == record.value
        assert letter.received().key == record.key

    def test_that_can_be_read_by_a_later_release_takes_its_place(
        self, line: Line, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        events = written(line, "1", "2")
        with monkeypatch.context() as older:
            older.setattr("shared.streaming.telling.LARGEST_VALUE_BYTES", 3)
            line.tell(line.records(events))
            assert versions_parked(line) == [None, None, None]
        assert mending(line).retry(holder(line).id) == Mended(3, 0, None)
        assert order_told(line) == [2, 3]

    def test_of_a_type_that_is_not_in_the_contract_is_passed_over_unread(self, line: Line, keyring: Keyring) -> None:
        line.contract = Codec([LineWritten], seal=keyring.seal, unseal=keyring.unseal, lenient=True)
        records = line.records(written(line, "1"))
        records[0] = replace(records[0], value=b"no JSON")
        line.tell(records)
        assert line.arrived() == ["1"]
        assert parked(line) == 0


class TestTheBreaker:
    POLICY = Policy(longest_run=3, worst_share=0.5, window=10, fewest=6, pause_seconds=0.05)

    def test_allows_a_few_failures_in_a_row_and_no_more(self) -> None:
        breaker = Breaker(self.POLICY)
        assert [breaker.allows_failure() for _ in range(5)] == [True, True, True, False, False]
        assert breaker.open

    def test_opens_when_most_of_the_last_fail_though_some_succeed(self) -> None:
        breaker = Breaker(self.POLICY)
        allowed = []
        for _ in range(4):
            allowed += [breaker.allows_failure(), breaker.allows_failure()]
            breaker.handled(1)
        assert allowed[:4] == [True, True, True, True]
        assert False in allowed[4:]

    def test_never_opens_for_a_few_among_many(self) -> None:
        breaker = Breaker(self.POLICY)
        for _ in range(100):
            assert breaker.allows_failure()
            breaker.handled(2)

    def test_is_closed_by_the_first_success(self) -> None:
        breaker = Breaker(self.POLICY)
        while breaker.allows_failure():
            pass
        breaker.handled(0)
        assert breaker.open
        breaker.handled(8)
        assert breaker.allows_failure()

    def test_stops_the_consumer_before_a_topic_is_emptied_into_the_dead_letters(self, line: Line) -> None:
        line.policy = self.POLICY
        notebooks = [UUID(int=nth) for nth in range(1, 9)]
        events = [each for notebook in notebooks for each in written(line, SPILT, notebook=notebook)]
        with pytest.raises(BreakerOpen, match="ValueError"):
            line.tell(line.records(events))
        assert parked(line) == 3
        assert line.offset() == 7

    def test_does_not_count_those_that_wait_behind_another(self, line: Line) -> None:
        line.policy = self.POLICY
        line.tell(line.records(written(line, SPILT, *"abcdefghijklm")))
        assert parked(line) == 14

    def test_lets_the_consumer_go_on_once_its_handler_is_mended(self, to_kafka: Line) -> None:
        to_kafka.policy = self.POLICY
        notebooks = [UUID(int=nth) for nth in range(1, 9)]
        for notebook in notebooks:
            written(to_kafka, SPILT, "after", notebook=notebook)
        to_kafka.publish()
        with at_work(BeginningAgain(to_kafka.consumer())):
            eventually(to_kafka.failure, "the consumer stands still and says so", seconds=30)
        assert "parks no more of them" in (to_kafka.failure() or "")
        assert len(holders(to_kafka)) == 3
        with at_work(BeginningAgain(to_kafka.consumer())):  # a restart begins with an open breaker
            eventually(lambda: "0 in a row" in (to_kafka.failure() or ""), "it stands still again", seconds=30)
        assert len(holders(to_kafka)) == 3
        with at_work(BeginningAgain(to_kafka.consumer(mended(to_kafka)))):
            eventually(lambda: len(to_kafka.arrived()) == 10, "the other notebooks arrive", seconds=30)
            eventually(lambda: to_kafka.failure() is None, "it says that it goes on")
        for each in holders(to_kafka):
            mending(to_kafka, mended(to_kafka)).retry(each.id)
        assert to_kafka.arrived() == [SPILT, "after"] * 8

    def test_is_not_needed_for_the_reason_to_go_once_all_is_well(self, to_kafka: Line) -> None:
        """A message could not even be parked: that stops the consumer too, with the breaker closed."""
        to_kafka.policy = self.POLICY
        written(to_kafka, SPILT)
        with to_kafka.consuming.transaction() as db:
            db.execute("alter table dead_letters add constraint no_room check (false)")
        try:
            to_kafka.publish()
            with at_work(BeginningAgain(to_kafka.consumer())):
                eventually(to_kafka.failure, "the consumer stands still and says so", seconds=30)
                with to_kafka.consuming.transaction() as db:
                    db.execute("alter table dead_letters drop constraint no_room")
                eventually(lambda: parked(to_kafka) == 1, "the message is parked", seconds=30)
                eventually(lambda: to_kafka.failure() is None, "it says that it goes on")
        finally:
            with to_kafka.consuming.transaction() as db:
                db.execute("alter table dead_letters drop constraint if exists no_room")

    def test_is_taken_over_by_the_process_that_takes_over_the_partitions(self, to_kafka: Line) -> None:
        """One that stood still ends while another is at work: that one says when all is well again."""
        by_the_other: list[UUID] = []
        witness = Projection("lines", version=1, tables=to_kafka.lines.tables)

        @witness.on(LineWritten)
        def _(event: LineWritten, recorded: Recorded, db: Transaction) -> None:
            by_the_other.append(recorded.id)

        notebooks = [UUID(int=nth) for nth in range(1, 25)]
        to_kafka.open(*notebooks)

        def told(hears: Callable[[], bool]) -> bool:
            for notebook in notebooks:
                to_kafka.write(notebook, "a line")
            to_kafka.publish()
            return hears()

        with at_work(BeginningAgain(to_kafka.consumer())):
            eventually(lambda: told(lambda: bool(to_kafka.arrived())), "the first is at work", seconds=30)
            with at_work(BeginningAgain(to_kafka.consumer(witness))):
                eventually(lambda: told(lambda: bool(by_the_other)), "the other has some of the partitions", seconds=30)
                with to_kafka.consuming.transaction() as db:
                    db.execute("insert into readers (name) values ('consumer') on conflict do nothing")
                    db.execute("update readers set failure = 'it stands still' where name = 'consumer'")
            eventually(lambda: told(lambda: to_kafka.failure() is None), "it says that it goes on", seconds=30)


class TestThroughKafka:
    def test_a_poison_message_lets_the_others_of_its_partition_go_on(self, to_kafka: Line) -> None:
        events = written(to_kafka, "1", SPILT, "2")
        with at_work(BeginningAgain(to_kafka.relay()), BeginningAgain(to_kafka.consumer())):
            eventually(lambda: parked(to_kafka) == 2, "the poison is parked", seconds=30)
            neighbour = next(each for each in range(2, 99) if same_partition(ONE, UUID(int=each)))
            to_kafka.open(UUID(int=neighbour))
            to_kafka.write(UUID(int=neighbour), "goes on")
            eventually(lambda: to_kafka.arrived(UUID(int=neighbour)) == ["goes on"], "it arrives", seconds=30)
            mending(to_kafka, mended(to_kafka)).retry(holder(to_kafka).id)
            to_kafka.write(ONE, "3")
            eventually(lambda: to_kafka.arrived(ONE) == ["1", SPILT, "2", "3"], "all arrive in order", seconds=30)
        assert len(events) == 4
        assert to_kafka.failure() is None

    def test_a_gap_is_alarmed_and_closed_when_the_relay_sends_what_was_missing(self, to_kafka: Line) -> None:
        events = written(to_kafka, "1", "2")
        with at_work(BeginningAgain(to_kafka.consumer())):
            to_kafka.send(events[0], events[2])
            eventually(lambda: [each.missing for each in holders(to_kafka)] == [2], "the gap is known", seconds=30)
            to_kafka.send(*events)
            eventually(lambda: to_kafka.arrived() == ["1", "2"], "the lines arrive", seconds=30)
        assert parked(to_kafka) == 0

    def test_an_oversized_record_and_one_without_anything_are_parked(self, line: Line, broker: Broker) -> None:
        line.broker = broker
        admin = KafkaAdminClient(bootstrap_servers=broker.servers)
        try:
            admin.create_topics([NewTopic(line.topic, PARTITIONS, 1, topic_configs={"max.message.bytes": "5000000"})])
        finally:
            admin.close()
        [opened] = written(line)
        with broker.producer() as producer:
            producer.config["max_request_size"] = 5_000_000
            large = b'{"title":"%s"}' % (b"x" * 2_000_000)
            for key, value, headers in (
                (opened.stream.encode(), large, headers_of(opened, line.service)),
                (None, b"", []),
            ):
                producer.send(line.topic, key=key, value=value, headers=headers, partition=0).get(timeout=10)
        others = written(line, "goes on", notebook=TWO)
        line.send(*others)
        with at_work(BeginningAgain(line.consumer())):
            eventually(lambda: line.arrived(TWO) == ["goes on"], "the other notebook arrives", seconds=30)
            eventually(lambda: parked(line) == 2, "both are parked", seconds=30)
        assert {each.stream for each in holders(line)} == {opened.stream, None}


def same_partition(one: UUID, other: UUID) -> bool:
    from kafka.partitioner.default import murmur2

    return len({(murmur2(f"notebook-{each}".encode()) & 0x7FFFFFFF) % PARTITIONS for each in (one, other)}) == 1
