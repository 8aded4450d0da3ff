"""Compares what should be the same: each event table, its topic, what consumers saw of it, and where readers stand.

A topic may hold an event twice and may run ahead of the relay's cursor, and holds nothing of confined streams;
anything else is a difference. The order of
looking makes an audit of a system at work exact: first how far each consumer and the relay say they are, then the
topic up to its ends, then the table. So all that was promised must be found, and all that is found must be in the
table. Memory: 32 bytes an event, and some 200 a stream.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path

import msgspec

from shared.eventstore.postgres import PostgresEventStore
from shared.messages.decisions import category_of
from shared.messages.recorded import BEGINNING, Metadata, Position, Stored
from shared.operations.service_status import places_read
from shared.operations.watched import Watched
from shared.streaming.broker import Broker
from shared.streaming.topics import Topic, records_of, topics_there

_SQL = Path(__file__).parent / "sql"
_CONSUMER_STREAMS = (_SQL / "consumer_streams.sql").read_text()
_CURSORS = (_SQL / "cursors.sql").read_text()
_PAGE = 2000
_PRINT = 32  # bytes: the event's id, and a hash of its type and data, of who and when
_ID = 16
_metadata = msgspec.json.Decoder(Metadata)


@dataclass(slots=True)
class Difference:
    """The first of its kind, and how many more of that kind there are."""

    service: str
    kind: str
    says: str
    more: int = 0


@dataclass(slots=True)
class Report:
    """What was compared, in numbers, what differs, and what could not be compared, with the reason."""

    compared: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    differences: list[Difference] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def differs(self, service: str, kind: str, says: str) -> None:
        for each in self.differences:
            if (each.service, each.kind) == (service, kind):
                each.more += 1
                return
        self.differences.append(Difference(service, kind, says))


@dataclass(frozen=True, slots=True)
class _Cursor:
    name: str
    xid: str
    position: int
    at_an_event: bool

    @property
    def reached(self) -> Position:
        return Position(int(self.xid), self.position)


@dataclass(frozen=True, slots=True)
class _Seen:
    stream: str
    version: int


@dataclass(slots=True)
class _Consumed:
    """What one service says it has seen of a topic, and what it must have seen according to the topic itself."""

    reader: str
    places: Mapping[int, int]
    seen: Mapping[str, int]
    due: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Sent:
    """One stream in a topic: its partition and the prints of its versions, in order, without repetitions."""

    partition: int
    prints: bytearray = field(default_factory=bytearray)

    @property
    def version(self) -> int:
        return len(self.prints) // _PRINT

    def at(self, version: int) -> bytes:
        return bytes(self.prints[(version - 1) * _PRINT : version * _PRINT])


def audit(watched: Sequence[Watched], broker: Broker, told: Callable[[str], None] = lambda _: None) -> Report:
    """Compares everything that the services named share. Raises Unavailable or BrokerUnavailable."""
    report = Report()
    names = {each.service.name for each in watched}
    for each in watched:
        told(f"{each.service.name}: its events with {each.topic}")
        _audit_service(each, watched, broker, report)
    # Topics of services whose tables are not looked at: their consumers can be compared with the topic alone.
    for other in sorted({name for each in watched for name in each.service.contracts} - names):
        told(f"{other}: what consumers saw")
        consumed = _consumed_of(watched, other)
        topic_name = next(each.followed()[other] for each in watched if other in each.service.contracts)
        sent = _read_topic(other, topics_there(broker, [topic_name]).get(topic_name), broker, consumed, report)
        _compare_consumed(other, consumed, _versions(sent), report)
    return report


def _audit_service(each: Watched, watched: Sequence[Watched], broker: Broker, report: Report) -> None:
    name = each.service.name
    consumed = _consumed_of(watched, name)
    cursors = _cursors(each)
    topic = topics_there(broker, [each.topic]).get(each.topic)
    if topic is None:
        report.differs(name, "topic missing", f"Kafka has no {each.topic}")
    sent = _read_topic(name, topic, broker, consumed, report)
    versions = _compare_table(each, sent, cursors.get("relay", BEGINNING), topic is not None, report)
    _compare_cursors(each, report)
    # The table's versions too: a topic that is being refilled is shorter than what consumers saw of the former one.
    highest = {stream: max(version, versions.get(stream, 0)) for stream, version in _versions(sent).items()}
    _compare_consumed(name, consumed, {**versions, **highest}, report)


def _consumed_of(watched: Sequence[Watched], service: str) -> list[_Consumed]:
    found = []
    for reader in watched:
        if service not in reader.service.contracts:
            continue
        topic = reader.followed()[service]
        with reader.looking() as db:
            seen = {each.stream: each.version for each in db.all(_Seen, _CONSUMER_STREAMS, topic, topic)}
            found.append(_Consumed(reader.service.name, places_read(db, topic), seen))
    return found


def _cursors(watched: Watched) -> dict[str, Position]:
    with watched.looking() as db:
        return {each.name: each.reached for each in db.all(_Cursor, _CURSORS)}


def _read_topic(
    service: str, topic: Topic | None, broker: Broker, consumed: Sequence[_Consumed], report: Report
) -> dict[str, _Sent]:
    """Each stream's events in the topic. Notes what is out of order, contradicts itself, or is no event."""
    sent: dict[str, _Sent] = {}
    if topic is None:
        return sent
    for record in records_of(broker, topic):
        where = f"partition {record.partition}, offset {record.offset}"
        if record.stored is None:
            report.differs(service, "not an event", f"{topic.name}, {where}: {record.fault}")
            continue
        report.compared["records of topics"] += 1
        stored = record.stored
        what = f"{stored.stream} version {stored.version}"
        stream = sent.setdefault(stored.stream, _Sent(record.partition))
        if stream.partition != record.partition:
            report.differs(service, "split stream", f"{what} is in {where}, earlier ones in {stream.partition}")
        if stored.version == stream.version + 1:
            stream.prints += _print_of(stored)
        elif stored.version > stream.version:
            report.differs(service, "out of order", f"{what} is in the topic ({where}) after version {stream.version}")
            continue
        elif stream.at(stored.version) != _print_of(stored):
            report.differs(service, "sent twice, differently", f"{what} is in the topic as two different events")
        for each in consumed:
            if record.offset < each.places.get(record.partition, 0):
                each.due[stored.stream] = max(stored.version, each.due.get(stored.stream, 0))
    for each in consumed:
        beyond = [part for part, place in each.places.items() if place > topic.ends.get(part, 0)]
        if beyond:
            says = f"{each.reader} has read beyond the end of {topic.name}, partition {beyond[0]}"
            report.differs(service, "consumer beyond the topic", says)
    return sent


def _versions(sent: Mapping[str, _Sent]) -> dict[str, int]:
    return {name: stream.version for name, stream in sent.items()}


def _compare_table(
    watched: Watched, sent: Mapping[str, _Sent], relayed: Position, there: bool, report: Report
) -> dict[str, int]:
    """Gives each stream's last version in the table."""
    service, confined = watched.service.name, watched.service.confined
    versions: dict[str, int] = {}
    for stored in _table(watched):
        report.compared["events of tables"] += 1
        what = f"{stored.stream} version {stored.version}, event {stored.event_id}"
        before = versions.get(stored.stream, 0)
        if stored.version != before + 1:
            report.differs(service, "table out of order", f"{what} follows version {before} in the table")
        versions[stored.stream] = max(stored.version, before)
        stream = sent.get(stored.stream)
        if category_of(stored.stream) in confined:
            if stream is not None:
                report.differs(service, "confined in the topic", f"{stored.stream} must not be in {watched.topic}")
        elif stream is None or stored.version > stream.version:
            if there and stored.position <= relayed:
                report.differs(service, "not in the topic", f"{what} was sent and is not in {watched.topic}")
        elif stream.at(stored.version)[:_ID] != stored.event_id.bytes:
            report.differs(service, "another event", f"{what} has another id in {watched.topic}")
        elif stream.at(stored.version) != _print_of(stored):
            report.differs(service, "other data", f"{what} has other data, or another who or when, in {watched.topic}")
    for name, stream in sent.items():
        if stream.version > versions.get(name, 0):
            says = f"{name} version {versions.get(name, 0) + 1} is in {watched.topic} and not in the table"
            report.differs(service, "not in the table", says)
    report.compared["streams"] += len(versions)
    return versions


def _compare_cursors(watched: Watched, report: Report) -> None:
    """A cursor stands at an event or at the beginning; anywhere else its reader was moved by hand, or the table was."""
    with watched.looking() as db:
        cursors = db.all(_Cursor, _CURSORS)
    names = {"relay", *(each.name for each in watched.own_readers())}
    for each in cursors:
        if each.name not in names:
            continue
        report.compared["cursors"] += 1
        if not each.at_an_event:
            says = f"{each.name} stands at {each.reached}, where the table has no event"
            report.differs(watched.service.name, "cursor", says)


def _compare_consumed(service: str, consumed: Sequence[_Consumed], highest: Mapping[str, int], report: Report) -> None:
    for each in consumed:
        streams = each.due.keys() | each.seen.keys()
        report.compared["streams seen by consumers"] += len(streams)
        for stream in sorted(streams):
            due, seen = each.due.get(stream, 0), each.seen.get(stream, 0)
            if seen < due:
                says = f"{each.reader} has passed {stream} version {due} and noted only version {seen}"
                report.differs(service, "consumer passed over", says)
            elif seen > highest.get(stream, 0):
                says = (
                    f"{each.reader} has noted {stream} version {seen}; there is only version {highest.get(stream, 0)}"
                )
                report.differs(service, "consumer ahead", says)


def _table(watched: Watched) -> Iterator[Stored]:
    store, after = PostgresEventStore(watched.database), BEGINNING
    last = store.newest()
    while after < last and (page := store.read_all(after, _PAGE)):
        yield from page
        after = page[-1].position


def _print_of(stored: Stored) -> bytes:
    when = stored.recorded_at.astimezone(UTC).isoformat()
    content = "\0".join((stored.type, str(stored.schema_version), stored.data, when)).encode() + _who(stored)
    return stored.event_id.bytes + hashlib.blake2b(content, digest_size=_PRINT - _ID).digest()


def _who(stored: Stored) -> bytes:
    """The same bytes for a table's row and a record's headers, which write the same in another order."""
    try:
        return msgspec.json.encode(_metadata.decode(stored.metadata))
    except msgspec.DecodeError:
        return stored.metadata.encode()  # not ours: then it differs
