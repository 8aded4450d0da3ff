"""Which subscribers are told of what is read now, and which stand still until their tables are made anew."""

from collections.abc import Sequence
from typing import Any

import msgspec

from shared.database.pool import Transaction
from shared.messages.codec import Codec
from shared.projections.projection import OutOfDate, Projection
from shared.projections.subscriber import Subscriber


class Standing(msgspec.Struct, frozen=True):
    """What is in use of a projection: which version, and whether it was left behind in some partition."""

    name: str
    version: int
    left_behind: bool


def check_version(subscriber: Subscriber[Any], there: int | None) -> None:
    """Raises OutOfDate for a projection whose tables are of another version (`there`) than this release's code."""
    if isinstance(subscriber, Projection) and there is not None and there != subscriber.version:
        raise OutOfDate(subscriber, there)


def standing_in(db: Transaction, topic: str, partition: int) -> list[Standing]:
    """How every projection stands in a partition. Called after the partition's position was moved."""
    rows = db.rows(
        "select name, version, exists (select from projection_places where tables = name"
        " and topic = %s and partition = %s) from projections",
        topic,
        partition,
    )
    return [Standing(*row) for row in rows]


def followers(
    db: Transaction,
    standing: Sequence[Standing],
    subscribers: Sequence[Subscriber[Any]],
    codec: Codec,
    topic: str,
    partition: int,
    offset: int,
) -> list[Subscriber[Any]]:
    """Those to tell of a partition's records from `offset` on, as `standing` says.

    A projection whose tables are of another version is left behind here, which is written down: its events are not
    lost, a build reads them again. Whoever was left behind in a partition stays so until a switch.
    """
    known = {each.name: each for each in standing}
    told = []
    for subscriber in subscribers:
        there = known.get(subscriber.name) if isinstance(subscriber, Projection) else None
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


def _follows(subscriber: Subscriber[Any], there: Standing) -> bool:
    return not there.left_behind and isinstance(subscriber, Projection) and there.version == subscriber.version
