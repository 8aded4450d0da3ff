"""What each service reads of another is what the other writes: by its schema, and by samples through both codecs."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from shared.messages.codec import Codec
from shared.messages.events import Event
from shared.messages.recorded import Metadata, Position, Stored
from shared.privacy.keyring import Keyring
from shared.service import Service
from shared.testing import samples
from shared.testing.catalogue import known_type, schema_of, services
from shared.testing.compatibility import misfits

SERVICES = {service.name: service for service in services()}
OWN = [(service, event) for service in SERVICES.values() for event in service.events]
READ = [
    (service, SERVICES[other], contract)
    for service in SERVICES.values()
    for other in service.contracts
    for contract in service.events_read_of(other)
]
NO_METADATA = msgspec.json.encode(Metadata(actor="anonymous", channel="web", correlation_id=uuid4())).decode()


def named(argument: object) -> str | None:
    return argument.__name__ if isinstance(argument, type) else getattr(argument, "name", None)


def stored(codec: Codec, event: Event) -> Stored:
    """An event as its service would store and send it."""
    event_id, stream = uuid4(), f"sample-{uuid4()}"
    name, version, data = codec.encode(event, event_id, stream)
    return Stored(
        position=Position(1, 1),
        event_id=event_id,
        stream=stream,
        version=1,
        type=name,
        schema_version=version,
        data=data,
        metadata=NO_METADATA,
        recorded_at=datetime(2026, 3, 2, 10, 0, tzinfo=UTC),
    )


def codec_of(events: list[type], keyring: Keyring, *, lenient: bool) -> Codec:
    return Codec(events, seal=keyring.seal, unseal=keyring.unseal, lenient=lenient)


@pytest.mark.parametrize(("service", "event"), OWN, ids=named)
@pytest.mark.parametrize("sample", [samples.full, samples.bare], ids=["full", "bare"])
def test_every_event_is_read_back_as_it_was_written(
    service: Service, event: type, sample: Callable[[type], Event], keyring: Keyring
) -> None:
    codec = codec_of(service.events, keyring, lenient=False)
    written = sample(event)
    assert codec.decode(stored(codec, written)).event == written


@pytest.mark.parametrize(("reader", "writer", "contract"), READ, ids=named)
def test_what_a_contract_names_is_what_the_other_writes(reader: Service, writer: Service, contract: type) -> None:
    known = known_type(contract)
    theirs = {known_type(event).name: event for event in writer.events}
    assert known.name in theirs, f"{writer.name} records no {known.name}: it has {', '.join(sorted(theirs))}"
    event = theirs[known.name]
    assert known.version == known_type(event).version, "read the newest version, with upcasters for the older ones"
    reasons = misfits(schema_of(writer.name, event), schema_of(writer.name, contract), own=False)
    assert list(reasons) == []


@pytest.mark.parametrize(("reader", "writer", "contract"), READ, ids=named)
@pytest.mark.parametrize("sample", [samples.full, samples.bare], ids=["full", "bare"])
def test_what_the_other_writes_is_read_as_it_was_meant(
    reader: Service, writer: Service, contract: type, sample: Callable[[type], Event], keyring: Keyring
) -> None:
    name = known_type(contract).name
    [event] = [each for each in writer.events if known_type(each).name == name]
    written = sample(event)
    record = stored(codec_of(writer.events, keyring, lenient=False), written)
    read = codec_of(reader.events_read_of(writer.name), keyring, lenient=True).decode(record).event
    assert isinstance(read, contract)
    assert_part_of(msgspec.to_builtins(read), msgspec.to_builtins(written))


def assert_part_of(part: Any, whole: Any) -> None:
    """Every field that was read holds what was written."""
    if isinstance(part, dict):
        assert part.keys() <= whole.keys()
        for name, value in part.items():
            assert_part_of(value, whole[name])
    elif isinstance(part, list | tuple):
        assert len(part) == len(whole)
        for one, other in zip(part, whole, strict=True):
            assert_part_of(one, other)
    else:
        assert part == whole
