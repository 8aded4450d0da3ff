"""Which subscribers are told of what is read now, and which stand still until their tables are made anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.database.pool import Transaction
from shared.messages.codec import Codec
from shared.projections.projection import OutOfDate, Projection
from shared.projections.subscriber import Subscriber


@dataclass(frozen=True)
class _Standing:
    name: str
    version: int
    left_behind: bool


def check_version(subscriber: Subscriber[Any], db: Transaction) -> None:
    """Raises OutOfDate for a projection whose tables are of another version than this release's code.

    Called after the row is locked that a switch locks too: the answer holds until the transaction ends.
    """
    if isinstance(subscriber, Projection):
        there = db.value(int, "select version from projections where name = %s", subscriber.name)
        if there is not None and there != subscriber.version:
            raise OutOfDate(subscriber, there)


def followers(
    db: Transaction, subscribers: Sequence[Subscriber[Any]], codec: Codec, topic: str, partition: int, offset: int
) -> list[Subscriber[Any]]:
    """Those to tell of a partition's records from `offset` on. Called after the partition's position was moved.

    A projection whose tables are of another version is left behind here, which is written down: its events are not
    lost, a build reads them again. Whoever was left behind in a partition stays so until a switch.
    """
    standing = {
        row.name: row
        for row in db.all(
            _Standing,
            "select name, version, exists (select from projection_places where tables = name"
            " and topic = %s and partition = %s) as left_behind from projections",
            topic,
            partition,
        )
    }
    told = []
    for subscriber in subscribers:
        there = standing.get(subscriber.name) if isinstance(subscriber, Projection) else None
        if there is None or _follows(subscriber, there):
            told.append(subscriber)
        elif not there.left_behind and any(codec.name_of(event) for event in subscriber.events):
            db.execute(
                "insert into projection_places (tables, topic, partition, next_offset) values (%s, %s, %s, %s)",
                subscriber.name,
                topic,
                partition,
                offset,
            )
    return told


def _follows(subscriber: Subscriber[Any], there: _Standing) -> bool:
    return not there.left_behind and isinstance(subscriber, Projection) and there.version == subscriber.version
