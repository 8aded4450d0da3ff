"""What must hold in the machines' house: after every step, and when everything has come to rest."""

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

import msgspec
from kafka import TopicPartition

from shared.dead_letters.letters import Skipped, skipped
from shared.messages.decisions import id_of
from shared.messages.recorded import BEGINNING, Stored
from shared.projections.reader import cursor_of
from shared.streaming.cloudevents import filling_of
from tests.kernel.log import PARTITIONS
from tests.kernel.machines.house import LATER, OWN, TOPIC, House, copy_of


@dataclass(frozen=True)
class _Page:
    notebook: UUID
    version: int
    text: str
    before: int


@dataclass(frozen=True)
class _Parked:
    partition: int
    offset: int
    stream: str | None
    version: int | None


@dataclass(frozen=True)
class _Place:
    partition: int
    next_offset: int
    filling: int


@dataclass(frozen=True)
class _Seen:
    stream: str
    version: int


@dataclass(frozen=True)
class Readers:
    """What the reading service knows, all from one snapshot."""

    pages: dict[UUID, list[_Page]]
    seen: dict[str, int]
    parked: list[_Parked]
    skipped: list[Skipped]
    places: dict[int, tuple[int, int]]
    noted: list[str]

    @classmethod
    def of(cls, house: House) -> "Readers":
        with house.reading.transaction() as db:
            db.execute("set transaction isolation level repeatable read, read only")
            pages = defaultdict(list)
            for page in db.all(_Page, "select * from pages.pages order by notebook, version"):
                pages[page.notebook].append(page)
            return cls(
                dict(pages),
                {row.stream: row.version for row in db.all(_Seen, "select stream, version from consumer_streams")},
                db.all(_Parked, 'select "partition", "offset", stream, version from dead_letters'),
                skipped(db, [TOPIC]),
                {
                    row.partition: (row.filling, row.next_offset)
                    for row in db.all(_Place, 'select "partition", next_offset, filling from consumer_positions')
                },
                db.all(str, "select stream || ' ' || causation_id from agenda"),
            )

    def passed_over(self, stream: str, version: int) -> bool:
        return any(
            each.stream == stream and each.first_version and each.first_version <= version <= (each.last_version or 0)
            for each in self.skipped
        )


def text_of(stored: Stored) -> str:
    fields = msgspec.json.decode(stored.data, type=dict[str, str | None])
    return fields.get("text") or fields.get("title") or ""


def check_always(house: House) -> None:
    table, readers = house.stored(), Readers.of(house)
    by_stream: dict[str, list[Stored]] = defaultdict(list)
    for each in table:
        by_stream[each.stream].append(each)
    _table(house, by_stream)
    _log(house, table)
    _places(house, readers)
    _told(by_stream, readers)
    _own(house, readers)


def _table(house: House, by_stream: dict[str, list[Stored]]) -> None:
    """What was acknowledged is there, once; readers meet each stream in the order of its versions."""
    for stream, events in by_stream.items():
        assert [each.version for each in events] == list(range(1, len(events) + 1)), stream
        if not house.slow:  # below the horizon
            assert sorted(map(text_of, events)) == sorted(house.acknowledged[stream])
        else:
            assert set(map(text_of, events)) <= set(house.acknowledged[stream])
    if not house.slow:
        assert by_stream.keys() == house.acknowledged.keys()


def _log(house: House, table: list[Stored]) -> None:
    """The topic has all that the relay's cursor has passed, in order within each stream, repetitions aside."""
    first: dict[str, list[int]] = defaultdict(list)
    found: dict[str, set[int]] = defaultdict(set)
    for partition in range(PARTITIONS):
        for stored in house.in_log(partition):
            if stored and stored.version not in found[stored.stream]:
                found[stored.stream].add(stored.version)
                first[stored.stream].append(stored.version)
    for stream, versions in first.items():
        in_order = versions == list(range(1, len(versions) + 1))
        assert in_order or house.log.rearranged, f"{stream} is in the topic as {versions}"
    relayed = house.relayed()
    assert relayed >= house.relayed_once, "the relay's cursor went back"
    house.relayed_once = BEGINNING if house.log.shortened else relayed
    if not house.refilling and not house.log.shortened:
        for each in table:
            assert each.position > relayed or each.version in found[each.stream], f"{each} was never sent"


def _places(house: House, readers: Readers) -> None:
    """Nothing lies before the consumer's position that was neither told, nor parked, nor passed over.

    It never goes back: whoever was frozen, and does not know that others went on, moves nothing. A place in a log that
    has lost records is looked at once the consumer has seen it.
    """
    right = {each: place for each, place in readers.places.items() if _seen_by_its_reader(house, each, *place)}
    for partition, reached in house.reached.items():
        if partition in right:
            assert right[partition] >= reached, f"partition {partition} went back from {reached}"
    house.reached = right
    if house.refilling:
        return
    parked = {(each.stream, each.version) for each in readers.parked}
    aside = {(each.partition, each.offset) for each in readers.parked}
    aside |= {(each.partition, each.offset) for each in readers.skipped}
    for partition, (_, place) in right.items():
        for offset, stored in enumerate(house.in_log(partition)[:place]):
            if stored is None:
                assert (partition, offset) in aside, f"{partition}/{offset} was dropped"
            else:
                told = stored.version <= readers.seen.get(stored.stream, 0)
                assert told or (stored.stream, stored.version) in parked, f"{stored} was dropped"


def _seen_by_its_reader(house: House, partition: int, filling: int, place: int) -> bool:
    """Whether the log is what the consumer takes it for."""
    there = house.log.records(TopicPartition(TOPIC, partition))
    return place <= len(there) and filling >= max((filling_of(each.headers) for each in there[:place]), default=0)


def _told(by_stream: dict[str, list[Stored]], readers: Readers) -> None:
    """The projection is the fold of what was told, without gaps, in order; each is noted once for its reaction."""
    for stream in {*by_stream, *readers.seen}:
        seen, events = readers.seen.get(stream, 0), by_stream[stream]
        assert seen <= len(events), f"{stream} was told beyond its end"
        told = [each for each in events[:seen] if not readers.passed_over(stream, each.version)]
        lines = [(each.version, text_of(each)) for each in told if each.type == "line-written"]
        pages = readers.pages.get(id_of(stream), [])
        assert [(page.version, page.text) for page in pages] == lines, stream
        assert [page.before for page in pages] == list(range(len(lines))), f"{stream} was told out of order"
        copies = f"notebook-{copy_of(id_of(stream))} "
        noted = sorted(each.removeprefix(copies) for each in readers.noted if each.startswith(copies))
        assert noted == sorted(str(each.event_id) for each in told), stream


def _own(house: House, readers: Readers) -> None:
    """The same projection is the fold of the service's own events up to its cursor."""
    reached = cursor_of(house.reading, "pages")
    own: dict[UUID, list[tuple[int, str]]] = defaultdict(list)
    for each in house.copies():
        if each.type == "line-written" and each.position <= reached:
            own[id_of(each.stream)].append((each.version, text_of(each)))
    told = {id: [(page.version, page.text) for page in pages] for id, pages in readers.pages.items() if id in OWN}
    assert told == own


def check_at_rest(house: House) -> None:
    """Everybody was told of everything, and what reactions asked for was done once, in order."""
    check_always(house)
    table, readers = house.stored(), Readers.of(house)
    assert not readers.parked
    by_stream: dict[str, list[Stored]] = defaultdict(list)
    for each in table:
        by_stream[each.stream].append(each)
    copied: dict[UUID, list[str]] = defaultdict(list)
    for each in house.copies():
        copied[id_of(each.stream)].append(text_of(each))
    for stream, events in by_stream.items():
        assert readers.seen.get(stream, 0) == len(events), f"{stream} was not told to its end"
        told = [each for each in events if not readers.passed_over(stream, each.version)]
        opened = [text_of(each) for each in told if each.type == "notebook-opened"]
        lines = [each for each in told if each.type == "line-written"] if opened else []
        timers = {str(each.version) for each in lines if text_of(each).startswith(LATER)}
        copy = copied[copy_of(id_of(stream))]
        at_once = [each for each in copy if each not in timers]
        expected = opened + [str(each.version) for each in lines if str(each.version) not in timers]
        assert at_once == expected, f"{stream}: {at_once}, and not {expected}"
        assert sorted(each for each in copy if each in timers) == sorted(timers), f"{stream}: {copy} without {timers}"
    difference = house.rebuilding().compare()
    assert difference is None, str(difference)
