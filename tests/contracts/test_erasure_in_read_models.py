"""Every read model of every service forgets somebody who is erased, as if it had never been told who she was.

For each projection all events that it knows are told, with one person wherever a person can be; then she is erased. The
tables must be the same as those of a rebuild, which meets `[erased]` from the first event on, and hold no word of what
is sealed. Nothing is listed here: a new projection is tried as soon as its service names it.
"""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from datetime import UTC, datetime, timedelta
from itertools import compress
from typing import Annotated, Any, get_args, get_origin, get_type_hints
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import msgspec
import pytest

from services.membership.domain.member import MemberErased
from shared.database.pool import Database, Transaction
from shared.messages.codec import Codec
from shared.messages.even_length import evenly
from shared.messages.events import Event, MemberId, Sealed, type_of
from shared.messages.recorded import Metadata, Position, Recorded, Stored
from shared.projections.projection import Projection, make_schema
from shared.service import Service
from shared.testing import samples
from shared.testing.catalogue import services
from tests.servers import Databases

SERVICES = {service.name: service for service in services()}
IN_ORDER = ["membership", "meetings", "ppi", "notifications"]
ANN, BEN = UUID(int=0xA), UUID(int=0xB)
SUBSETS = 8
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
METADATA = msgspec.json.encode(Metadata(actor="anonymous", channel="web", correlation_id=uuid4())).decode()
PROJECTIONS = [(service, projection) for service in SERVICES.values() for projection in service.projections]
SEALED = "\N{LOCK}"


EVEN = {
    "AccessNeedsSaid.said: Zoë": {"needs": [{"code": "captions"}], "words": "AccessNeedsSaid.said: Zoë"},
    "AccessNeedsShared.shared: Zoë": {
        "needs": [{"code": "captions", "arrangement": "AccessNeedsShared.shared: Zoë"}],
        "words": "AccessNeedsShared.shared: Zoë",
    },
    "ArrangementsFlagged.flagged: Zoë": {
        "flags": [{"id": str(BEN), "asked": {"code": "captions", "arrangement": "ArrangementsFlagged.flagged: Zoë"}}],
        "words": "ArrangementsFlagged.flagged: Zoë",
    },
    "ArrangementMade.said: Zoë": {"arrangement": "Captions", "note": "ArrangementMade.said: Zoë"},
    "ArrangementNotMet.said: Zoë": {"arrangement": "Captions", "note": "ArrangementNotMet.said: Zoë"},
}
"""What is said in a sealed text of even length (`shared/messages/even_length.py`), by its sample."""


def seal(subject: UUID, text: str, _associated: str) -> str:
    return f"{SEALED}{subject}:{text}"


def readable(text: str, _associated: str) -> str | None:
    return text.partition(":")[2]


def erased(text: str, _associated: str) -> str | None:
    return None if text.startswith(f"{SEALED}{ANN}:") else text.partition(":")[2]


def about(one: UUID, cls: type, plain: dict[str, Any]) -> dict[str, Any]:
    """A sample's fields, with `one` wherever a single person is, and Ann in lists of people."""
    hints = get_type_hints(cls, include_extras=True)
    sealed_of = {note.of for hint in hints.values() for note in notes(hint) if note.of}
    for name, hint in hints.items():
        value = plain.get(name)
        if value is not None and (name in sealed_of or MemberId in inside(hint)):
            plain[name] = [str(ANN)] if isinstance(value, list | tuple) else str(one)
        for inner in (each for each in inside(hint) if isinstance(each, type) and is_dataclass(each)):
            for part in value if isinstance(value, list | tuple) else [value]:
                if isinstance(part, dict):
                    about(one, inner, part)
    return plain


def notes(hint: Any) -> list[Sealed]:
    return [note for note in get_args(hint)[1:] if isinstance(note, Sealed)] if get_origin(hint) is Annotated else []


def inside(hint: Any) -> Iterator[Any]:
    yield hint
    for inner in get_args(hint):
        yield from inside(inner)


def texts_sealed_in(cls: type, plain: dict[str, Any]) -> Iterator[str]:
    """What a sample holds in its sealed fields."""
    for name, hint in get_type_hints(cls, include_extras=True).items():
        value = plain.get(name)
        if value is not None and notes(hint):
            yield str(value)
        for inner in (each for each in inside(hint) if isinstance(each, type) and is_dataclass(each)):
            for part in value if isinstance(value, list | tuple) else [value]:
                if isinstance(part, dict):
                    yield from texts_sealed_in(inner, part)


def stream_of(service: Service, event: type) -> str:
    """One stream for each kind of aggregate; where the stream is a person's, it is Ann's."""
    module = next(each for each in service.aggregates if each.__module__ == event.__module__)
    of_a_person = any(
        note.of is None
        for each in service.events
        if each.__module__ == event.__module__
        for hint in get_type_hints(each, include_extras=True).values()
        for note in notes(hint)
    )
    id = ANN if of_a_person or module.category == "erasure-here" else uuid5(NAMESPACE_URL, module.category)
    return module.stream(id)


def story(reader: Service, sample: Callable[[type], Event], one: UUID, unseal: Any) -> Iterator[Recorded]:
    """Everything that a service can be told of, in the order in which it is defined; at last Ann is erased."""
    last: Recorded | None = None
    versions: dict[str, int] = {}
    for owner in (SERVICES[name] for name in IN_ORDER):
        known = (
            reader.events
            if owner is reader
            else reader.events_read_of(owner.name)
            if owner.name in reader.contracts
            else []
        )
        names = {type_of(each).name for each in known}  # type: ignore[union-attr]
        writes = Codec(owner.events, seal=seal, unseal=readable)
        reads = Codec(known, seal=seal, unseal=unseal, lenient=owner is not reader)
        for nth, cls in enumerate(owner.events):
            if type_of(cls).name not in names:  # type: ignore[union-attr]
                continue
            plain = about(one, cls, msgspec.to_builtins(sample(cls)))
            plain |= {field: evenly(EVEN[str(text)]) for field, text in plain.items() if str(text) in EVEN}
            event: Event = msgspec.convert(plain, cls)
            stream = stream_of(owner, cls)
            versions[stream] = versions.get(stream, 0) + 1
            id = uuid5(NAMESPACE_URL, f"{owner.name}/{cls.__name__}")
            name, version, data = writes.encode(event, id, stream)
            recorded = reads.decode(
                Stored(
                    position=Position(1, nth + 1),
                    event_id=id,
                    stream=stream,
                    version=versions[stream],
                    type=name,
                    schema_version=version,
                    data=data,
                    metadata=METADATA,
                    recorded_at=NOON + timedelta(seconds=nth),
                )
            )
            if name == type_of(MemberErased).name:  # type: ignore[union-attr]
                last = recorded
            else:
                yield recorded
    assert last is not None, f"{reader.name} does not hear of erasures"
    yield last


BEFORE_THE_ANSWER = {"application-received", "conversation-needed", "application-refused", "member-erased"}


def possible(told: list[Recorded], subset: list[bool]) -> list[bool]:
    """Nobody is approved and declined, and nothing follows when she was declined."""
    names = [known.name if (known := type_of(type(each.event))) else "" for each in told]
    chosen = {name for name, taken in zip(names, subset, strict=True) if taken}
    if "member-approved" in chosen:
        return [taken and name != "application-refused" for name, taken in zip(names, subset, strict=True)]
    hers = [each.stream == f"member-{ANN}" for each in told]
    return [
        taken and ("application-refused" not in chosen or not own or name in BEFORE_THE_ANSWER)
        for name, taken, own in zip(names, subset, hers, strict=True)
    ]


def tables(db: Transaction, projection: Projection, told: list[Recorded]) -> tuple[dict[str, list[str]], int]:
    """The rows of each table after these events, and how many events were taken. One that these tables refuse, such as
    a second beginning, is passed over."""
    schema = f"{projection.name}__{uuid4().hex[:6]}"
    make_schema(db, projection, schema)
    db.execute(f'set local search_path to "{schema}", public')
    taken = 0
    for each in told:
        if type(each.event) in projection.events:
            db.execute("savepoint before")
            try:
                projection.tell(each, db)
                db.send_writes()
                taken += 1
            except Exception:
                db.execute("rollback to savepoint before")
    names = db.all(str, "select tablename::text from pg_tables where schemaname = %s order by 1", schema)
    rows = {name: db.all(str, f'select row_to_json(t)::text from "{name}" t order by 1') for name in names}
    db.execute("set local search_path to public")
    return rows, taken


@pytest.fixture(scope="module")
def database(databases: Databases) -> Iterator[Database]:
    """Nothing is committed to it."""
    database = Database(databases.for_events(), application="copse-test", size=1)
    yield database
    database.close()


def named(value: object) -> str | None:
    return getattr(value, "name", None) or getattr(value, "__name__", None)


@pytest.mark.parametrize("one", [ANN, BEN], ids=["everywhere", "quoted"])
@pytest.mark.parametrize("sample", [samples.full, samples.bare], ids=["full", "bare"])
@pytest.mark.parametrize(("service", "projection"), PROJECTIONS, ids=named)
def test_a_read_model_after_an_erasure_is_what_a_rebuild_makes(
    service: Service, projection: Projection, sample: Callable[[type], Event], one: UUID, database: Database
) -> None:
    """All events, and some of them by lot: what happens after an approval differs from what happens without one."""
    live, rebuilt = list(story(service, sample, one, readable)), list(story(service, sample, one, erased))
    words = {
        text
        for each in service.events + [e for other in service.contracts for e in service.events_read_of(other)]
        for text in texts_sealed_in(each, msgspec.to_builtins(samples.full(each)))
    }
    lot = random.Random(f"{service.name} {projection.name}")  # noqa: S311  # the same each time
    subsets = [[True] * len(live), *([lot.random() < 0.6 for _ in live[:-1]] + [True] for _ in range(SUBSETS))]
    with database.transaction() as db:
        for subset in [possible(live, each) for each in subsets]:
            after, taken = tables(db, projection, list(compress(live, subset)))
            anew, taken_anew = tables(db, projection, list(compress(rebuilt, subset)))
            shown = json.dumps(after, ensure_ascii=False)
            hers = {word for word in words if word in shown} if one is ANN else set()
            assert (after, taken) == (anew, taken_anew)
            assert hers == set(), "what was sealed can still be read"
        db.roll_back()


def test_the_words_would_be_seen_if_they_stayed(database: Database) -> None:
    """Of somebody who is not erased they are there: so the test above can fail."""
    notifications = SERVICES["notifications"]
    deliveries = next(each for each in notifications.projections if each.name == "deliveries")
    told = list(story(notifications, samples.full, ANN, readable))
    with database.transaction() as db:
        rows, _ = tables(db, deliveries, told[:-1])
        db.roll_back()
    assert "DeliverySent.body" in json.dumps(rows)
