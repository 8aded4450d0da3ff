"""Events as text: strict, sealed where they are personal, and readable in every version that was ever stored."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Annotated
from uuid import UUID, uuid4

import msgspec
import pytest
from msgspec import structs

from shared.database.pool import Database
from shared.eventstore.memory import MemoryEventStore
from shared.messages.codec import Codec, UnknownEvent
from shared.messages.events import Event, Fields, Instant, MemberId, Personal, Sealed, event
from shared.messages.recorded import BEGINNING, Content, Metadata, Position, Stored, Unread
from shared.privacy.keyring import Keyring

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
ANN, BEN = MemberId(UUID(int=1)), MemberId(UUID(int=2))


class Way(StrEnum):
    IN_PERSON = "in-person"
    ONLINE = "online"


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    member: MemberId
    name: Annotated[str, Sealed(of="member")]
    phone: Annotated[str | None, Sealed(of="member")] = None
    topic: str = ""


@event("member-welcomed")
class MemberWelcomed:
    name: Personal[str]
    email: Personal[str | None] = None
    account: UUID | None = None


@event("meeting-planned")
class MeetingPlanned:
    title: str
    starts_at: Instant
    places: int
    way: Way = Way.ONLINE
    speakers: tuple[Speaker, ...] = ()


@event("idea-presented")
class IdeaPresented:
    presenter: MemberId
    notes: Annotated[str, Sealed(of="presenter")]


EVENTS = [MemberWelcomed, MeetingPlanned, IdeaPresented]
PLANNED = MeetingPlanned(
    title="Falls at home",
    starts_at=NOW,
    places=12,
    speakers=(
        Speaker(member=ANN, name="Ann Lee", phone="01227 700000", topic="Rails"),
        Speaker(member=BEN, name="Ben Oduya", topic="Lights"),
    ),
)


@event("room-unsealed")
class Unsealed:
    room: str


@pytest.fixture
def codec(keyring: Keyring) -> Codec:
    return Codec(EVENTS, seal=keyring.seal, unseal=keyring.unseal)


def stored(codec: Codec, event: Event, stream: str | None = None) -> Stored:
    """An event as a store would give it back."""
    event_id, stream = uuid4(), stream or f"meeting-{uuid4()}"
    kind, version, data = codec.encode(event, event_id, stream)
    return text(kind, data, stream, version, event_id)


def text(kind: str, data: str, stream: str = f"meeting-{BEN}", version: int = 1, id: UUID | None = None) -> Stored:
    metadata = Metadata(actor="anonymous", channel="web", correlation_id=uuid4())
    return Stored(
        position=Position(7, 8),
        event_id=id or uuid4(),
        stream=stream,
        version=1,
        type=kind,
        schema_version=version,
        data=data,
        metadata=msgspec.json.encode(metadata).decode(),
        recorded_at=NOW,
    )


def destroy_key(keyring: Keyring, keys: Database, member: UUID, master_key: bytes) -> Keyring:
    """A keyring after the person's key is gone; a new object, because keys are remembered for a few seconds."""
    with keys.transaction() as db:
        assert db.execute("delete from subject_keys where subject = %s", member) == 1
    return Keyring(keys, master_key)


def test_an_event_is_read_as_it_was_written(codec: Codec) -> None:
    written = stored(codec, PLANNED)
    recorded = codec.decode(written)
    assert recorded.event == PLANNED
    assert (recorded.event_id, recorded.stream, recorded.version) == (written.event_id, written.stream, 1)
    assert recorded.position == Position(7, 8)
    assert recorded.metadata.actor == "anonymous"


def unread(of: Stored) -> Unread:
    """The same event as a page of the table holds it."""
    store = MemoryEventStore()
    store._events.append(of)
    [event] = store.read_page(BEGINNING, of.position, [of.type], 1).events
    return event


def content(of: Stored) -> Content:
    return Content(of.stream, str(of.event_id), of.type, of.schema_version, of.data)


@pytest.mark.parametrize("event", [PLANNED, IdeaPresented(presenter=ANN, notes="Ann fell"), Unsealed(room="A")])
def test_an_event_of_a_page_or_alone_is_read_as_any_other(keyring: Keyring, event: Event) -> None:
    codec = Codec([*EVENTS, Unsealed], seal=keyring.seal, unseal=keyring.unseal)
    written = stored(codec, event)
    one, other = codec.read(unread(written)), codec.decode(written)
    assert codec.event(content(written)) == other.event
    for name in ("event", "event_id", "stream", "version", "position", "metadata", "recorded_at"):
        assert getattr(one, name) == getattr(other, name)
    assert codec.read(one) is one  # type: ignore[arg-type]  # a second time it is left as it is


def test_a_field_that_is_not_known_is_refused_in_a_page_too_and_in_an_event_alone(keyring: Keyring) -> None:
    rooms = Codec([Unsealed], seal=keyring.seal, unseal=keyring.unseal)
    unknown, newer = text("room-unsealed", '{"room": "A", "rooms": "B"}'), text("room-unsealed", "{}", version=2)
    ways: list[Callable[[Stored], object]] = [
        lambda stored: rooms.read(unread(stored)),
        lambda stored: rooms.event(content(stored)),
    ]
    for read in ways:
        with pytest.raises(msgspec.ValidationError, match="room-unsealed has unknown fields: rooms"):
            read(unknown)
        with pytest.raises(UnknownEvent, match="version 2"):
            read(newer)


def test_personal_text_is_nowhere_in_what_is_stored(codec: Codec) -> None:
    for each in (
        PLANNED,
        MemberWelcomed(name="Ann Lee", email="ann@example.org"),
        IdeaPresented(presenter=ANN, notes="Ann Lee fell twice"),
    ):
        data = stored(codec, each).data
        for secret in ("Ann Lee", "01227 700000", "Ben Oduya", "ann@example.org", "fell twice"):
            assert secret not in data


def test_what_is_not_personal_stays_readable_for_any_tool(codec: Codec) -> None:
    plain = msgspec.json.decode(stored(codec, PLANNED).data)
    assert (plain["title"], plain["places"], plain["way"]) == ("Falls at home", 12, "online")
    assert [speaker["topic"] for speaker in plain["speakers"]] == ["Rails", "Lights"]


def test_a_personal_field_that_is_empty_stays_empty(codec: Codec) -> None:
    written = stored(codec, MemberWelcomed(name="Ann Lee"))
    assert msgspec.json.decode(written.data)["email"] is None
    assert codec.decode(written).event == MemberWelcomed(name="Ann Lee")


def test_the_person_of_the_stream_owns_its_personal_fields(
    codec: Codec, keyring: Keyring, keys: Database, master_key: bytes
) -> None:
    written = stored(codec, MemberWelcomed(name="Ann Lee", email="ann@example.org"), f"member-{ANN}")
    after = destroy_key(keyring, keys, ANN, master_key)
    erased = Codec(EVENTS, seal=after.seal, unseal=after.unseal).decode(written)
    assert erased.event == MemberWelcomed(name="[erased]", email=None)


def test_a_field_sealed_for_somebody_else_outlives_the_streams_own_person(
    codec: Codec, keyring: Keyring, keys: Database, master_key: bytes
) -> None:
    written = stored(codec, IdeaPresented(presenter=ANN, notes="Rails"), f"member-{BEN}")
    with keys.transaction() as db:
        assert db.all(str, "select subject::text from subject_keys") == [str(ANN)]
    after = destroy_key(keyring, keys, ANN, master_key)
    erased = Codec(EVENTS, seal=after.seal, unseal=after.unseal).decode(written)
    assert erased.event == IdeaPresented(presenter=ANN, notes="[erased]")


def test_of_several_people_in_one_event_only_the_erased_one_is_unreadable(
    codec: Codec, keyring: Keyring, keys: Database, master_key: bytes
) -> None:
    written = stored(codec, PLANNED)
    after = destroy_key(keyring, keys, ANN, master_key)
    erased = Codec(EVENTS, seal=after.seal, unseal=after.unseal).decode(written).event
    assert isinstance(erased, MeetingPlanned)
    ann, ben = erased.speakers
    assert (ann.name, ann.phone, ann.topic) == ("[erased]", None, "Rails")
    assert ben == PLANNED.speakers[1]


def test_a_sealed_text_cannot_be_moved_to_another_event_of_the_same_person(codec: Codec) -> None:
    one = stored(codec, IdeaPresented(presenter=ANN, notes="She fell twice"))
    other = stored(codec, IdeaPresented(presenter=ANN, notes="Rails"))
    with pytest.raises(ValueError, match="moved to another event"):
        codec.decode(structs.replace(other, data=one.data))


def test_a_sealed_text_cannot_be_moved_to_another_field_of_the_same_event(codec: Codec) -> None:
    written = stored(codec, MemberWelcomed(name="Ann Lee", email="ann@example.org"))
    plain = msgspec.json.decode(written.data)
    plain["name"] = plain["email"]
    with pytest.raises(ValueError, match="altered or moved"):
        codec.decode(structs.replace(written, data=msgspec.json.encode(plain).decode()))


def test_a_sealed_text_cannot_be_moved_to_another_place_in_the_same_list(codec: Codec) -> None:
    twice = replace(PLANNED, speakers=(PLANNED.speakers[0], replace(PLANNED.speakers[0], name="Ann Lee-Ward")))
    written = stored(codec, twice)
    plain = msgspec.json.decode(written.data)
    plain["speakers"].reverse()
    with pytest.raises(ValueError, match="altered or moved"):
        codec.decode(structs.replace(written, data=msgspec.json.encode(plain).decode()))


def test_personal_text_that_was_never_sealed_is_refused(codec: Codec) -> None:
    with pytest.raises(ValueError, match="not sealed"):
        codec.decode(text("member-welcomed", '{"name": "Ann Lee: a nurse"}'))


@pytest.mark.parametrize(
    "data",
    [
        '{"title": "Falls", "starts_at": "2026-03-02T10:00:00Z", "places": 12, "room": "A"}',
        '{"title": "Falls", "starts_at": "2026-03-02T10:00:00Z"}',
        '{"title": "Falls", "starts_at": "2026-03-02T10:00:00Z", "places": "12"}',
        '{"title": "Falls", "starts_at": "2026-03-02T10:00:00Z", "places": 12.5}',
        '{"title": "Falls", "starts_at": "2026-03-02T10:00:00Z", "places": 12, "way": "by-boat"}',
        '{"title": "Falls", "starts_at": "2026-03-02T10:00:00", "places": 12}',
        '{"title": null, "starts_at": "2026-03-02T10:00:00Z", "places": 12}',
        "[]",
        "{",
    ],
    ids=["unknown", "missing", "type", "fraction", "choice", "naive", "null", "list", "cut"],
)
def test_ones_own_events_are_read_strictly(codec: Codec, data: str) -> None:
    with pytest.raises(msgspec.MsgspecError):
        codec.decode(text("meeting-planned", data))


@event("room-booked")
class RoomBooked:
    room: str
    at: Instant
    seats: int = 1
    price: float = 0
    for_whom: MemberId | None = None


@pytest.mark.parametrize("lenient", [False, True])
@pytest.mark.parametrize(
    "data",
    [
        '{"room": "A", "at": "2026-03-02T10:00:00Z"}',
        '{"room": "\\u00e9\\n", "at": "2026-03-02T10:00:00+02:00", "seats": 12, "price": 1, "for_whom": null}',
        f'{{"for_whom": "{ANN}", "at": "2026-03-02T10:00:00Z", "room": "A", "room": "B"}}',
        '{"room": "A", "at": "2026-03-02T10:00:00Z", "rooms": "B"}',
        '{"room": "A", "at": "2026-03-02T10:00:00Z", "seats": 2.0}',
        '{"room": "A", "at": "2026-03-02T10:00:00Z", "seats": 2.5}',
        '{"room": "A", "at": "2026-03-02T10:00:00Z", "seats": true}',
        '{"room": "A", "at": "2026-03-02T10:00:00Z", "for_whom": "ann"}',
        '{"room": "A", "at": "2026-03-02T10:00:00"}',
        '{"room": null, "at": "2026-03-02T10:00:00Z"}',
        '{"room": "A"}',
        '{"room": "A", "at": "2026-03-02T10:00:00Z"} {}',
        "null",
        "",
    ],
)
def test_what_holds_nothing_sealed_is_read_at_once_and_to_the_same_end(
    keyring: Keyring, data: str, lenient: bool
) -> None:
    codec = Codec([RoomBooked], seal=keyring.seal, unseal=keyring.unseal, lenient=lenient)

    def outcome(read: Callable[[Stored], object]) -> object:
        try:
            return read(text("room-booked", data))
        except msgspec.MsgspecError as fault:
            return type(fault), str(fault)

    at_once = outcome(lambda stored: codec.decode(stored).event)
    assert at_once == outcome(lambda stored: codec._step_by_step(codec._types[stored.type], stored, stored.data))


def test_an_unknown_field_is_refused_where_nothing_is_sealed(keyring: Keyring) -> None:
    rooms = Codec([RoomBooked], seal=keyring.seal, unseal=keyring.unseal)
    with pytest.raises(msgspec.ValidationError, match="room-booked has unknown fields: rooms"):
        rooms.decode(text("room-booked", '{"room": "A", "at": "2026-03-02T10:00:00Z", "rooms": "B"}'))


def test_what_is_unknown_inside_a_list_is_refused_by_its_path(codec: Codec) -> None:
    written = stored(codec, PLANNED)
    plain = msgspec.json.decode(written.data)
    plain["speakers"][1]["room"] = "A"
    with pytest.raises(msgspec.ValidationError, match="speakers/1/room"):
        codec.decode(structs.replace(written, data=msgspec.json.encode(plain).decode()))


def test_a_contract_passes_over_what_it_does_not_name(codec: Codec, keyring: Keyring) -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class SpeakerAsReadHere:
        member: MemberId
        name: Annotated[str, Sealed(of="member")]

    @event("meeting-planned")
    class MeetingAsReadHere:
        title: str
        speakers: tuple[SpeakerAsReadHere, ...] = ()

    contract = Codec([MeetingAsReadHere], seal=keyring.seal, unseal=keyring.unseal, lenient=True)
    read = contract.decode(stored(codec, PLANNED)).event
    assert read == MeetingAsReadHere(
        title="Falls at home",
        speakers=(
            SpeakerAsReadHere(member=ANN, name="Ann Lee"),
            SpeakerAsReadHere(member=BEN, name="Ben Oduya"),
        ),
    )


@pytest.mark.parametrize(
    "event",
    [
        replace(PLANNED, starts_at=datetime(2026, 3, 2, 10, 0)),
        replace(PLANNED, places="twelve"),  # type: ignore[arg-type]  # what types do not stop must not be stored
        MemberWelcomed(name=None),  # type: ignore[arg-type]
    ],
    ids=["naive", "type", "empty"],
)
def test_what_could_not_be_read_back_is_never_stored(codec: Codec, event: Event) -> None:
    with pytest.raises(msgspec.ValidationError):
        codec.encode(event, uuid4(), f"meeting-{uuid4()}")


def test_a_moment_keeps_meaning_the_same_moment(codec: Codec) -> None:
    summer = replace(PLANNED, starts_at=datetime(2026, 7, 2, 11, 0, 0, 1, tzinfo=timezone(timedelta(hours=1))))
    read = codec.decode(stored(codec, summer)).event
    assert isinstance(read, MeetingPlanned)
    assert read.starts_at == summer.starts_at


def test_old_versions_are_brought_up_to_date_step_by_step(keyring: Keyring) -> None:
    def name_the_way(fields: Fields) -> Fields:
        return {**fields, "way": "online" if fields["online"] else "in-person"}

    def drop_online(fields: Fields) -> Fields:
        return {name: value for name, value in fields.items() if name != "online"}

    @event("place-taken", version=3, upcasters=(name_the_way, drop_online))
    class PlaceTaken:
        member: MemberId
        way: Way
        note: Personal[str | None] = None

    codec = Codec([PlaceTaken], seal=keyring.seal, unseal=keyring.unseal)
    first = text("place-taken", f'{{"member": "{ANN}", "online": true}}', version=1)
    second = text("place-taken", f'{{"member": "{ANN}", "online": true, "way": "in-person"}}', version=2)
    assert codec.decode(first).event == PlaceTaken(member=ANN, way=Way.ONLINE)
    assert codec.decode(second).event == PlaceTaken(member=ANN, way=Way.IN_PERSON)
    latest = stored(codec, PlaceTaken(member=ANN, way=Way.ONLINE, note="with Ben"))
    assert latest.schema_version == 3
    assert codec.decode(latest).event == PlaceTaken(member=ANN, way=Way.ONLINE, note="with Ben")


@pytest.mark.parametrize("version", [0, 2, 99])
def test_a_version_from_the_future_is_refused_and_not_guessed(codec: Codec, version: int) -> None:
    with pytest.raises(UnknownEvent, match=f"version {version}"):
        codec.decode(text("member-welcomed", "{}", version=version))


def test_a_type_that_is_not_known_is_refused(codec: Codec) -> None:
    assert not codec.knows("member-left")
    with pytest.raises(UnknownEvent, match="member-left"):
        codec.decode(text("member-left", "{}"))


def test_only_the_services_own_events_are_stored(codec: Codec) -> None:
    @event("tea-served")
    class TeaServed:
        cups: int

    for foreign in (TeaServed(cups=2), {"type": "member-welcomed"}, "member-welcomed"):
        with pytest.raises(TypeError, match="not an event of this service"):
            codec.encode(foreign, uuid4(), f"member-{ANN}")


def test_two_events_of_one_name_are_refused_at_once(keyring: Keyring) -> None:
    @event("member-welcomed")
    class Another:
        name: str

    with pytest.raises(TypeError, match="two events are named member-welcomed"):
        Codec([MemberWelcomed, Another], seal=keyring.seal, unseal=keyring.unseal)


def test_a_class_that_is_no_event_is_refused_at_once(keyring: Keyring) -> None:
    with pytest.raises(TypeError, match="Speaker is not an event"):
        Codec([Speaker], seal=keyring.seal, unseal=keyring.unseal)


def test_a_version_without_its_upcasters_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match="needs 1 upcasters"):
        event("place-taken", version=2)
