"""What happened to a record, opened from its stream: for records whose texts are in no read model."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from marshmallow import Schema, fields

from shared.http.authorization import running
from shared.messages.events import type_of


class HistoryEntrySchema(Schema):
    """One thing that happened; the texts that it has are there."""

    what_happened = fields.String()
    at = fields.AwareDateTime()
    by = fields.String()
    texts = fields.Dict(keys=fields.String(), values=fields.String())


@dataclass(frozen=True)
class Entry:
    what_happened: str
    at: datetime
    by: str
    texts: dict[str, str]


def history(stream: str, texts: Collection[str]) -> list[Entry]:
    """A stream's events, oldest first, each with those of its fields that are named in `texts`."""
    here = running()
    entries = []
    for each in map(here.codec.decode, here.store.read(stream)):
        known = type_of(type(each.event))
        found = {name: str(text) for name in texts if (text := getattr(each.event, name, None))}
        entries.append(Entry(known.name if known else "", each.recorded_at, each.metadata.actor, found))
    return entries
