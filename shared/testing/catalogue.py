"""The event catalogue: a JSON Schema for each type and version of event, made from its dataclass and kept for ever.

`python -m shared.testing.catalogue` writes `docs/reference/events/<service>/<name>.v<version>.json`. It refuses to
change a schema in a way that its stored events do not fit: that needs a new version of the event, with an upcaster.
"""

import importlib
import json
import sys
from collections.abc import Collection, Iterable, Iterator
from dataclasses import is_dataclass
from pathlib import Path
from typing import Annotated, cast, get_args, get_origin, get_type_hints

import msgspec

from shared.messages.events import EventType, Sealed, type_of
from shared.service import Service
from shared.testing.compatibility import PERSONAL, Schema, misfits
from shared.testing.recorded_samples import record

_CHECKOUT = Path(__file__).parents[2]
FOLDER = _CHECKOUT / "docs" / "reference" / "events"


class Incompatible(Exception):
    """Stored events would not fit; one sentence a line says which field and why."""


def services() -> list[Service]:
    """Every service of this checkout, by name."""
    names = sorted(file.parent.name for file in (_CHECKOUT / "services").glob("*/service.py"))
    return [cast(Service, importlib.import_module(f"services.{name}.service").service) for name in names]


def known_type(event: type) -> EventType:
    known = type_of(event)
    assert known is not None, f"{event.__name__} is not an event"
    return known


CONFINED = "x-confined"
"""Marks the events of streams that never leave their service."""


def schema_of(service: str, event: type, *, confined: bool = False) -> Schema:
    """JSON Schema (2020-12) of an event's current version. `$id` is the `dataschema` of its CloudEvents.

    A personal field carries `x-personal-of`: the sibling that holds the person's id, or `stream` for the one whose
    stream it is. Its text is sealed wherever it is stored or sent.
    """
    known = known_type(event)
    definitions = cast(dict[str, Schema], msgspec.json.schema(event)["$defs"])
    for cls in _dataclasses_of(event):
        _tidy(definitions[cls.__name__], cls)
    own = definitions.pop(event.__name__)
    own["title"] = known.name
    for definition in definitions.values():
        if "enum" in definition:
            definition.pop("description", None)  # Python's own, when the class has none
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:copse:schema:{service}:{known.name}:{known.version}",
    }
    never_sent: Schema = {CONFINED: True} if confined else {}
    return {**head, **never_sent, **own, **({"$defs": definitions} if definitions else {})}


def _dataclasses_of(hint: object) -> Iterator[type]:
    """A dataclass and those inside its fields."""
    if isinstance(hint, type) and is_dataclass(hint):
        yield hint
        for inner in get_type_hints(hint, include_extras=True).values():
            yield from _dataclasses_of(inner)
    else:
        for inner in get_args(hint):
            yield from _dataclasses_of(inner)


def _tidy(definition: Schema, cls: type) -> None:
    """Marks personal fields; leaves out the description that Python makes up for a class without one."""
    if definition.get("description", "").startswith(f"{cls.__name__}("):
        del definition["description"]
    elif "description" in definition:
        definition["description"] = " ".join(definition["description"].split())
    for name, hint in get_type_hints(cls, include_extras=True).items():
        notes = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
        for sealed in (note for note in notes if isinstance(note, Sealed)):
            definition["properties"][name][PERSONAL] = sealed.of or "stream"


def file_of(service: str, event: type, folder: Path = FOLDER) -> Path:
    known = known_type(event)
    return folder / service / f"{known.name}.v{known.version}.json"


def written(schema: Schema) -> str:
    """A schema as its file holds it."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def write(service: str, events: Iterable[type], folder: Path = FOLDER, confined: Collection[type] = ()) -> list[Path]:
    """Brings a service's files up to date; which were written. Raises Incompatible before it writes any."""
    schemas = {
        file_of(service, event, folder): schema_of(service, event, confined=event in confined) for event in events
    }
    changed = {
        file: schema
        for file, schema in schemas.items()
        if not file.exists() or file.read_text("utf-8") != written(schema)
    }
    reasons = [
        f"{file.name}: {reason}"
        for file, schema in changed.items()
        if file.exists()
        for reason in misfits(json.loads(file.read_text("utf-8")), schema, own=True)
    ]
    if reasons:
        raise Incompatible("\n".join(reasons))
    for file, schema in changed.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(written(schema), "utf-8")
    return list(changed)


def index() -> str:
    """The page that lists every event of every service, with what it says and which of its fields are sealed."""
    lines = [
        "# The events",
        "",
        "Every event that Copse records, by service. On Kafka an event is a CloudEvents 1.0 record in binary mode on",
        "the topic `copse.<service>.v1`; its value is the JSON described here. Sealed fields are unreadable without",
        "the person's key: analysts read whole topics without meeting anybody. Confined events are in no topic: they",
        "never leave their service. Made by `make catalogue`; do not edit.",
    ]
    for service in services():
        lines += ["", f"## {service.title}", "", "| Event | What it says | Fields | Sealed |", "|---|---|---|---|"]
        for event in service.events:
            confined = event in service.confined_events
            schema = schema_of(service.name, event, confined=confined)
            file = file_of(service.name, event)
            fields = schema["properties"]
            inner = [
                (part, field)
                for part in schema.get("$defs", {}).values()
                for field in part.get("properties", {}).items()
            ]
            sealed = [name for name, field in fields.items() if PERSONAL in field]
            sealed += [f"{part['title']}.{name}" for part, (name, field) in inner if PERSONAL in field]
            said = ("**Confined.** " if confined else "") + schema.get("description", "").split("\n")[0]
            link = f"[{schema['title']}]({service.name}/{file.name})"
            lines.append(f"| {link} | {said} | {', '.join(fields)} | {', '.join(sealed)} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Writes the catalogue of every service and its index; 1 when a change is refused."""
    status = 0
    (FOLDER / "README.md").write_text(index(), "utf-8")
    for service in services():
        try:
            for file in (
                *write(service.name, service.events, confined=service.confined_events),
                *record(service.name, service.events),
            ):
                print(file.relative_to(_CHECKOUT))
        except Incompatible as refused:
            status = 1
            print(
                f"{service.name}: events that are stored would not fit.\n{refused}\n"
                "Give the event a new version with an upcaster from the old one. Only when no event of it was ever"
                " stored anywhere: delete its file and run this again.",
                file=sys.stderr,
            )
    return status


if __name__ == "__main__":
    sys.exit(main())
