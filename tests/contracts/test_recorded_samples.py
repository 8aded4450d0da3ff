"""What any release ever stored is read by this one, and by all services alike: a sample of each version of each event,
kept for ever."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from shared.messages.events import Fields, MemberId, Personal, Upcaster, event
from shared.service import Service
from shared.testing.catalogue import known_type, services
from shared.testing.recorded_samples import FOLDER, codec_of, faults, record, recorded
from tests.contracts.test_contracts import READ, assert_part_of, named


@pytest.mark.parametrize("service", services(), ids=named)
def test_every_version_ever_recorded_is_still_read(service: Service) -> None:
    assert list(faults(service.name, service.events)) == []


@pytest.mark.parametrize(("reader", "writer", "contract"), READ, ids=named)
def test_every_version_ever_recorded_means_the_same_to_who_reads_it_as_to_who_wrote_it(
    reader: Service, writer: Service, contract: type
) -> None:
    """A topic keeps old versions, and each reader has upcasters of its own for them."""
    as_read, as_meant = codec_of(reader.events_read_of(writer.name), lenient=True), codec_of(writer.events)
    samples = recorded(writer.name, known_type(contract).name)
    assert {sample.schema_version for sample in samples} == set(range(1, known_type(contract).version + 1))
    for sample in samples:
        read = as_read.decode(sample).event
        assert isinstance(read, contract)
        assert_part_of(msgspec.to_builtins(read), msgspec.to_builtins(as_meant.decode(sample).event))


def test_there_are_no_samples_of_a_service_that_is_not_there() -> None:
    assert {folder.name for folder in FOLDER.iterdir()} == {each.name for each in services()}


def split_name(fields: Fields) -> Fields:
    first, _, last = str(fields["name"]).partition(" ")
    return {**{name: value for name, value in fields.items() if name != "name"}, "first": first, "last": last}


def add_way(fields: Fields) -> Fields:
    return {**fields, "way": "online"}


def versions(upcasters: Sequence[Upcaster] = (split_name, add_way)) -> list[type]:
    """One event in three versions, as three releases had it."""

    @event("place-taken")
    class First:
        member: MemberId
        name: Personal[str]

    @event("place-taken", version=2, upcasters=tuple(upcasters[:1]))
    class Second:
        member: MemberId
        first: Personal[str]
        last: Personal[str]

    @event("place-taken", version=3, upcasters=tuple(upcasters))
    class Third:
        member: MemberId
        first: Personal[str]
        last: Personal[str]
        way: str
        note: str | None = None

    return [First, Second, Third]


@pytest.fixture
def three_releases(tmp_path: Path) -> Path:
    """The samples that three releases left behind."""
    for release in versions():
        record("meetings", [release], tmp_path)
    return tmp_path


def found(folder: Path, release: type) -> list[str]:
    return list(faults("meetings", [release], folder))


def test_the_samples_of_three_versions_are_read_as_the_third(three_releases: Path) -> None:
    files = sorted(file.name for file in three_releases.rglob("*.json"))
    assert files == ["place-taken.v1.json", "place-taken.v2.json", "place-taken.v3.json"]
    assert found(three_releases, versions()[2]) == []


def test_a_sample_is_never_written_again(three_releases: Path) -> None:
    assert record("meetings", [versions()[2]], three_releases) == []


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_version_without_a_sample_is_told(three_releases: Path, version: int) -> None:
    (three_releases / f"meetings/place-taken.v{version}.json").unlink()
    [told] = found(three_releases, versions()[2])
    assert told.startswith(f"place-taken.v{version}.json: there is no sample of this version")


@pytest.mark.parametrize(
    ("upcasters", "unreadable"),
    [
        ((lambda fields: fields, add_way), {"v1"}),
        ((split_name, lambda fields: fields), {"v1", "v2"}),
        ((split_name, lambda fields: {**fields, "way": 7}), {"v1", "v2"}),
        ((lambda fields: {"member": fields["membr"]}, add_way), {"v1"}),
    ],
    ids=["forgets to split", "forgets the way", "gives another type", "misspells a field"],
)
def test_an_upcaster_that_does_not_fit_is_told(
    three_releases: Path, upcasters: tuple[Upcaster, Upcaster], unreadable: set[str]
) -> None:
    told = found(three_releases, versions(upcasters)[2])
    assert all("cannot be read any more" in each for each in told)
    assert {each.split(".")[1] for each in told} == unreadable


def test_a_field_that_vanished_without_a_new_version_is_told(three_releases: Path) -> None:
    @event("place-taken", version=3, upcasters=(split_name, add_way))
    class WithoutWay:
        member: MemberId
        first: Personal[str]
        last: Personal[str]

    told = found(three_releases, WithoutWay)
    assert any("v3.json, sample 1: cannot be read any more" in each for each in told)


def test_a_field_that_was_added_leaves_the_older_form_and_adds_its_own(three_releases: Path) -> None:
    @event("place-taken", version=3, upcasters=(split_name, add_way))
    class WithMore:
        member: MemberId
        first: Personal[str]
        last: Personal[str]
        way: str
        note: str | None = None
        seat: str | None = None

    assert found(three_releases, WithMore) == [
        "place-taken.v3.json: the event is written in a form of which there is no sample: run `make catalogue`"
    ]
    before = (three_releases / "meetings/place-taken.v3.json").read_text("utf-8")
    record("meetings", [WithMore], three_releases)
    assert (three_releases / "meetings/place-taken.v3.json").read_text("utf-8").startswith(before.rstrip("]\n"))
    assert found(three_releases, WithMore) == []


def test_an_event_that_is_known_no_more_is_told(three_releases: Path) -> None:
    @event("place-kept")
    class Other:
        member: MemberId

    record("meetings", [Other], three_releases)
    told = found(three_releases, Other)
    assert [each.split(":")[0] for each in told] == [f"place-taken.v{nth}.json" for nth in (1, 2, 3)]
    assert all("this release knows no such event" in each for each in told)
