"""How fast a consumer takes another service's events from a real Kafka into a projection, in batches."""

import gc
from collections.abc import Iterator
from time import monotonic

from shared.database.pool import Database
from shared.messages.codec import Codec
from shared.projections.projection import make_tables
from shared.streaming.broker import Broker
from shared.streaming.cloudevents import topic_of
from shared.streaming.consumer import Consumer
from shared.streaming.relay import Relay
from tests.benchmarks.backlog import load, wait_for_relay
from tests.benchmarks.bench import Bench, wait_until
from tests.benchmarks.harness import Row, at_least
from tests.benchmarks.store_append import nobody
from tests.kernel.conftest import at_work
from tests.kernel.notebook import EVENTS, lines_projection

EVENTS_IN_TOPIC = 50_000
_SERVICE = "notebooks"


def run(bench: Bench) -> Iterator[Row]:
    with bench.kafka() as kafka, bench.events() as producing:
        broker = Broker(kafka.address)
        broker.make_topics([topic_of(_SERVICE)], replicas=1)
        load(producing, EVENTS_IN_TOPIC)
        with at_work(Relay(_SERVICE, producing, broker)):
            wait_for_relay(producing, EVENTS_IN_TOPIC)
        rates = []
        for _ in range(bench.rounds):
            with bench.events() as consuming:
                bench.settle()
                rates.append(_consume(consuming, broker))
            bench.say(f"{rates[-1]:,.0f} events/s")
        yield Row("consumer: Kafka to a projection's rows", "events/s", at_least(20_000), rates)


def _consume(consuming: Database, broker: Broker) -> float:
    """Events a second from the first transaction to the last, one row for each event."""
    lines = lines_projection()
    make_tables(lines, consuming)
    contract = Codec(EVENTS, seal=nobody, unseal=nobody, lenient=True)
    gc.collect()
    gc.freeze()  # as a worker does

    def told() -> int:
        """By the positions, which move with the rows: counting those would cost more than the consumer."""
        with consuming.transaction() as db:
            return db.value(int, "select sum(next_offset)::bigint from consumer_positions") or 0

    with at_work(Consumer("readers", consuming, broker, {_SERVICE: contract}, [lines])):
        wait_until(told, "the consumer begins")
        began, first = monotonic(), told()
        wait_until(lambda: told() >= EVENTS_IN_TOPIC, "the consumer reads the topic", 300)
        return (EVENTS_IN_TOPIC - first) / (monotonic() - began)
