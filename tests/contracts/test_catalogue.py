"""The catalogue says what the events are, and no version of an event ever changes its meaning."""

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

import pytest

from shared.messages.codec import Codec
from shared.messages.events import MemberId, Personal, Sealed, event
from shared.privacy.keyring import Keyring
from shared.service import Service
from shared.streaming.cloudevents import headers_of
from shared.testing.catalogue import (
    FOLDER,
    Incompatible,
    file_of,
    index,
    known_type,
    schema_of,
    services,
    write,
    written,
)
from shared.testing.compatibility import PERSONAL, misfits
from tests.contracts.test_contracts import OWN, named, stored

RENEW = "run `make catalogue` (python -m shared.testing.catalogue) and commit what it writes"


@pytest.mark.parametrize(("service", "cls"), OWN, ids=named)
def test_the_committed_catalogue_is_what_the_events_say(service: Service, cls: type) -> None:
    confined = cls in service.confined_events
    file, schema = file_of(service.name, cls), schema_of(service.name, cls, confined=confined)
    assert file.exists(), f"{file.name} is not there: {RENEW}"
    committed = file.read_text("utf-8")
    assert list(misfits(json.loads(committed), schema, own=True)) == [], (
        f"stored events of {file.stem} would not fit: give the event a new version, with an upcaster"
    )
    assert committed == written(schema), f"{file.name} is not up to date: {RENEW}"


def test_the_list_of_events_is_up_to_date() -> None:
    assert (FOLDER / "README.md").read_text("utf-8") == index(), f"the list of events is not up to date: {RENEW}"


@pytest.mark.parametrize("service", services(), ids=named)
def test_every_version_that_was_ever_committed_can_still_be_read(service: Service) -> None:
    newest = {known_type(cls).name: known_type(cls).version for cls in service.events}
    readable = {f"{name}.v{nth}.json" for name, version in newest.items() for nth in range(1, version + 1)}
    assert {file.name for file in (FOLDER / service.name).glob("*.json")} == readable


def test_the_catalogue_knows_no_service_that_is_not_there() -> None:
    assert {folder.name for folder in FOLDER.iterdir() if folder.is_dir()} == {each.name for each in services()}


@event("place-taken")
class PlaceTaken:
    """Somebody comes."""

    member: MemberId
    note: Personal[str | None] = None


def test_a_schema_carries_the_name_by_which_records_point_at_it() -> None:
    schema = schema_of("meetings", PlaceTaken)
    assert (schema["title"], schema["description"]) == ("place-taken", "Somebody comes.")
    assert schema["properties"]["note"][PERSONAL] == "stream"
    assert PERSONAL not in schema["properties"]["member"]


def test_a_record_points_at_its_schema(keyring: Keyring) -> None:
    codec = Codec([PlaceTaken], seal=keyring.seal, unseal=keyring.unseal)
    headers = headers_of(stored(codec, PlaceTaken(member=MemberId(UUID(int=1)))), "meetings")
    assert dict(headers)["ce_dataschema"].decode() == schema_of("meetings", PlaceTaken)["$id"]


class Way(StrEnum):
    ONLINE = "online"
    BY_PHONE = "by-phone"


class FewerWays(StrEnum):
    ONLINE = "online"


class MoreWays(StrEnum):
    ONLINE = "online"
    BY_PHONE = "by-phone"
    IN_PERSON = "in-person"


@dataclass(frozen=True, kw_only=True)
class Speaker:
    id: UUID
    name: Annotated[str, Sealed(of="id")]
    topic: str | None = None


@dataclass(frozen=True, kw_only=True)
class SpeakerWithoutTopic:
    id: UUID
    name: Annotated[str, Sealed(of="id")]


@dataclass(frozen=True, kw_only=True)
class SpeakerUnsealed:
    id: UUID
    name: str
    topic: str | None = None


@event("meeting-planned")
class Planned:
    id: UUID
    title: Personal[str]
    places: int
    way: Way
    about: str | None = None
    speakers: tuple[Speaker, ...] = ()
    pair: tuple[int, str] = (1, "")


def changed(**fields: object) -> type:
    """`Planned` with other fields; one of `...` is left out."""
    hints: dict[str, object] = {**Planned.__annotations__, **fields}
    defaults: dict[str, object] = {
        "about": None,
        "speakers": (),
        "pair": (1, ""),
        **{name: None for name in fields if name in LATER},
    }
    namespace: dict[str, object] = {name: value for name, value in defaults.items() if hints.get(name, ...) is not ...}
    namespace["__annotations__"] = {name: hint for name, hint in hints.items() if hint is not ...}
    return event("meeting-planned")(type("Planned", (), namespace))


LATER = ("venue",)
"""What was added with a default."""


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"venue": str | None},
        {"places": float},
        {"places": int | None},
        {"way": MoreWays},
        {"about": str | int | None},
        {"title": Annotated[str | None, Sealed()]},
    ],
    ids=str,
)
def test_a_change_that_stored_events_fit_needs_no_new_version(fields: dict[str, object], tmp_path: Path) -> None:
    write("meetings", [Planned], tmp_path)
    [file] = write("meetings", [changed(**fields)], tmp_path) or [file_of("meetings", Planned, tmp_path)]
    assert file.read_text("utf-8") == written(schema_of("meetings", changed(**fields)))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"about": ...}, "about was removed"),
        ({"room": str}, "room is needed, and events that are stored do not have it"),
        ({"places": str}, "places is written as integer and read as string"),
        ({"places": bool}, "places is written as integer and read as boolean"),
        ({"about": str}, "about is written as null and read as string"),
        ({"id": str, "title": Annotated[UUID, Sealed()]}, "title is read as uuid and not written as one"),
        ({"way": FewerWays}, "way may be by-phone, which is not read"),
        ({"title": str}, "title is sealed where it is written"),
        ({"about": Annotated[str | None, Sealed()]}, "about is not sealed where it is written"),
        ({"speakers": tuple[SpeakerWithoutTopic, ...]}, "speakers/*/topic was removed"),
        ({"speakers": tuple[SpeakerUnsealed, ...]}, "speakers/*/name is sealed where it is written"),
        ({"pair": tuple[int, int]}, "pair/1 is written as string and read as integer"),
        ({"pair": tuple[int, str, str]}, "pair is read as exactly 3 parts"),
    ],
    ids=str,
)
def test_a_change_that_stored_events_do_not_fit_is_refused(
    fields: dict[str, object], reason: str, tmp_path: Path
) -> None:
    [file] = write("meetings", [Planned], tmp_path)
    before = file.read_text("utf-8")
    with pytest.raises(Incompatible) as refused:
        write("meetings", [changed(**fields)], tmp_path)
    assert f"meeting-planned.v1.json: {reason}" in str(refused.value).splitlines()
    assert file.read_text("utf-8") == before


def test_a_new_version_leaves_the_old_schema_as_it_was(tmp_path: Path) -> None:
    [first] = write("meetings", [PlaceTaken], tmp_path)
    before = first.read_text("utf-8")

    @event("place-taken", version=2, upcasters=(lambda fields: {**fields, "way": "online"},))
    class PlaceTakenSomehow:
        member: MemberId
        way: Literal["online", "by-phone"]

    [second] = write("meetings", [PlaceTakenSomehow], tmp_path)
    assert (first.name, second.name) == ("place-taken.v1.json", "place-taken.v2.json")
    assert first.read_text("utf-8") == before


@pytest.mark.parametrize(
    ("contract", "reasons"),
    [
        ({"places": int}, []),
        ({"way": str}, []),
        ({"title": Annotated[str, Sealed()], "speakers": tuple[SpeakerWithoutTopic, ...]}, []),
        ({"room": str}, ["room is needed, and events that are stored do not have it"]),
        ({"venue": str | None}, ["venue is named, and there is no such field"]),
        ({"title": str}, ["title is sealed where it is written"]),
        ({"way": FewerWays}, ["way may be by-phone, which is not read"]),
        ({"venue": str | None, "places": str},
         ["places is written as integer and read as string", "venue is named, and there is no such field"]),
    ],
    ids=str,
)  # fmt: skip
def test_a_contract_may_name_less_and_nothing_else(contract: dict[str, object], reasons: list[str]) -> None:
    left_out = dict.fromkeys(Planned.__annotations__.keys() - contract.keys(), ...)
    read = schema_of("meetings", changed(**left_out, **contract))
    assert sorted(misfits(schema_of("meetings", Planned), read, own=False)) == reasons


def test_a_contract_gives_a_default_to_what_old_events_may_lack() -> None:
    @event("meeting-planned")
    class AsReadHere:
        about: str | None

    reasons = misfits(schema_of("meetings", Planned), schema_of("meetings", AsReadHere), own=False)
    assert list(reasons) == ["about is needed, and may be missing: give it a default"]
