"""The normal way of one message of another service: from its record to this service's projections and reactions.

The consumer goes it for what comes from Kafka, and the dead letters go it again for what was parked.
"""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any

from shared.database.pool import Transaction
from shared.messages.codec import Codec
from shared.messages.recorded import Recorded, Stored
from shared.projections.standing import Standing, followers
from shared.projections.subscriber import Subscriber
from shared.streaming.cloudevents import Malformed, Received, sources_of, stored_from, topic_of
from shared.telemetry import tracing

LARGEST_VALUE_BYTES = 1024 * 1024  # what a relay can send; larger ones are not ours


class Telling:
    """Knows of each topic how its events are read here, and who is told of them."""

    def __init__(self, contracts: Mapping[str, Codec], subscribers: Sequence[Subscriber[Any]]) -> None:
        """`contracts` gives for each service that is read the codec of the events that this one knows of it."""
        self._sources = {topic_of(other): f"/copse/{other}" for other in contracts}
        self._codecs = {topic_of(other): codec for other, codec in contracts.items()}
        self._subscribers = subscribers

    @property
    def topics(self) -> list[str]:
        return list(self._codecs)

    @property
    def names(self) -> list[str]:
        """Those who are told of anything at all."""
        codecs = self._codecs.values()
        return [each.name for each in self._subscribers if any(c.name_of(e) for c in codecs for e in each.events)]

    def read(self, topic: str, received: Received) -> Stored:
        """The event in a record of a topic. Raises Malformed."""
        if len(received.value or b"") > LARGEST_VALUE_BYTES:
            raise Malformed(f"a record of {len(received.value or b''):,} bytes is larger than any Copse event")
        stored = stored_from(received.headers, received.value)
        if sources_of(received.headers) != [self._sources[topic]]:
            raise Malformed(f"a record is not a Copse event of {topic}: its header ce_source names another service")
        if received.key != stored.stream.encode():
            raise Malformed("a record is not a Copse event: its key is not the stream in its header ce_subject")
        return stored

    def following(
        self, db: Transaction, standing: Sequence[Standing], topic: str, partition: int, offset: int
    ) -> Sequence[Subscriber[Any]]:
        """Those to tell of a partition's records from `offset` on, as projections stand there."""
        return followers(db, standing, self._subscribers, self._codecs[topic], topic, partition, offset)

    def tell(
        self,
        topic: str,
        news: Sequence[Stored],
        db: Transaction,
        following: Sequence[Subscriber[Any]],
        *,
        apart: bool = True,
    ) -> int:
        """Tells those who follow inside the caller's transaction; of how many events somebody was told.

        One after the other is told of all of them, projections before the reactions that may read them. Raises
        UnknownEvent for a newer version than the contract's, msgspec.DecodeError for wrong fields, and whatever a
        handler raises, with a note of whose it is. Without `apart` what they write stays with the transaction, to be
        sent with its end: one round trip for all, and nobody can say whose it is when it fails.
        """
        codec = self._codecs[topic]
        recorded = [codec.decode(each) for each in news if codec.knows(each.type)]
        heard = [one for one in recorded if any(type(one.event) in each.events for each in following)]
        if tracing.exported_by():
            for one in heard:
                after = one.metadata.traceparent
                name = f"consume {type(one.event).__name__}"
                with tracing.work(name, tracing.CONSUMER, after, topic=topic, stream=one.stream):
                    _tell_all([one], db, following, apart)
        else:
            _tell_all(heard, db, following, apart)
        return len(heard)


def _tell_all(heard: Sequence[Recorded], db: Transaction, following: Sequence[Subscriber[Any]], apart: bool) -> None:
    for each in following:
        events = each.events
        told = [one for one in heard if type(one.event) in events]
        if not told:
            continue
        try:
            with tracing.work(f"tell {each.name}") if tracing.exported_by() else nullcontext():
                each.tell_all(told, db)
                if apart:
                    db.send_writes()
        except Exception as error:
            error.add_note(each.name)
            raise
