"""Samples of every version of every event, kept for ever: what was once stored must be read by every later release.

`make catalogue` adds the samples of what is new; nothing ever changes or removes one. A file holds the JSON forms in
which one version of an event was ever written: with everything filled in, with as little as may be, and again when a
field was added. By hand one adds those that an upcaster treats in a way of their own. Personal fields are in plain text
here, because their keys would not last.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import msgspec

from shared.messages.codec import Codec
from shared.messages.events import Fields, event, type_of
from shared.messages.recorded import Metadata, Position, Stored
from shared.testing import samples

FOLDER = Path(__file__).parents[2] / "tests" / "contracts" / "samples"

_ID = UUID(int=7)
_METADATA = msgspec.json.encode(Metadata(actor="anonymous", channel="web", correlation_id=_ID)).decode()


def record(service: str, events: Iterable[type], folder: Path = FOLDER) -> list[Path]:
    """Adds the samples of the current versions that are not there yet; which files were written."""
    written = []
    for cls in events:
        file = _file(folder, service, *_name_of(cls))
        there = _forms(file)
        new = [form for form in _current(cls) if form not in there]
        if new:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(there + new, indent=2, ensure_ascii=False) + "\n", "utf-8")
            written.append(file)
    return written


def faults(service: str, events: Iterable[type], folder: Path = FOLDER) -> Iterator[str]:
    """What is missing, and what this release cannot read any more: a sentence each."""
    classes = list(events)
    codec = codec_of(classes)
    expected = {
        _file(folder, service, name, nth) for name, last in map(_name_of, classes) for nth in range(1, last + 1)
    }
    for file in sorted({*expected, *(folder / service).glob("*.json")}):
        forms = _forms(file)
        if not forms:
            yield f"{file.name}: there is no sample of this version: run `make catalogue` before its class changes"
        if file not in expected:
            yield f"{file.name}: this release knows no such event or version"
            continue
        for nth, form in enumerate(forms, start=1):
            yield from (f"{file.name}, sample {nth}: {reason}" for reason in _unreadable(codec, file, form))
    for cls in classes:
        file = _file(folder, service, *_name_of(cls))
        if _forms(file) and any(form not in _forms(file) for form in _current(cls)):
            yield f"{file.name}: the event is written in a form of which there is no sample: run `make catalogue`"


def codec_of(classes: Iterable[type], *, lenient: bool = False) -> Codec:
    """Reads and writes samples, in which nothing is sealed."""
    return Codec(
        classes,
        seal=lambda _subject, text, _associated: text,
        unseal=lambda text, _associated: text,
        lenient=lenient,
    )


def recorded(service: str, name: str, folder: Path = FOLDER) -> list[Stored]:
    """Every sample of every version of an event, as a reader meets it in the topic; oldest version first."""
    files = sorted((folder / service).glob(f"{name}.v*.json"), key=_version_of)
    return [_stored(file, form) for file in files for form in _forms(file)]


def _unreadable(codec: Codec, file: Path, form: Fields) -> Iterator[str]:
    stored = _stored(file, form)
    try:
        codec.encode(codec.decode(stored).event, _ID, stored.stream)
    except Exception as error:  # an upcaster may raise anything
        yield f"cannot be read any more ({type(error).__name__}: {error})"


def _stored(file: Path, form: Fields) -> Stored:
    return Stored(
        position=Position(1, 1),
        event_id=_ID,
        stream=f"sample-{_ID}",
        version=1,
        type=file.stem.rpartition(".v")[0],
        schema_version=_version_of(file),
        data=json.dumps(form),
        metadata=_METADATA,
        recorded_at=datetime(2026, 3, 2, 10, 0, tzinfo=UTC),
    )


def _current(cls: type) -> list[Fields]:
    """The forms in which a class is written now: full and bare, once when they are the same."""
    makers: list[Callable[[type], object]] = [samples.full, samples.bare]
    forms = [json.loads(msgspec.json.encode(make(cls))) for make in makers]
    return forms[:1] if forms[0] == forms[1] else forms


def _name_of(cls: type) -> tuple[str, int]:
    known = type_of(cls)
    assert known is not None, f"{cls.__name__} is not an event: decorate it with @{event.__name__}"
    return known.name, known.version


def _file(folder: Path, service: str, name: str, version: int) -> Path:
    return folder / service / f"{name}.v{version}.json"


def _version_of(file: Path) -> int:
    return int(file.stem.rpartition(".v")[2])


def _forms(file: Path) -> list[Fields]:
    return list(json.loads(file.read_text("utf-8"))) if file.exists() else []
