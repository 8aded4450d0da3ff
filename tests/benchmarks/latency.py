"""How soon others know, at 100 events a second: a Kafka consumer, and a row of another service's read model.

A process appends on a timetable; the clock starts when it begins to append, so the append itself and its commit count.
It stops when the consumer's poll gives the record, or when the transaction that wrote the other service's row has
committed: a trigger on its table notifies, which PostgreSQL does at commit.

In turns with the first the same consumer is sent as much by kafka-python alone, without a database: what is beyond that
is the way through the event table.
"""

import multiprocessing
import select
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from multiprocessing.connection import Connection
from time import monotonic, sleep
from traceback import format_exc
from uuid import UUID

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from services.membership.domain.community import FoundCommunity, Kind
from services.membership.service import service as membership
from shared.configuration import Settings
from shared.messages.ids import uuid7
from shared.service import Running
from shared.streaming.broker import PARTITIONS, Broker
from shared.streaming.cloudevents import topic_of
from tests.benchmarks.bench import Bench, wait_until
from tests.benchmarks.harness import CannotMeasure, Peer, Row, below, percentile
from tests.benchmarks.payload import CONTEXT, DATA
from tests.benchmarks.rooms import Rooms, rooms

RATE = 100
SECONDS = 12
_WARM_UP_SECONDS = 3
_LIMIT_SECONDS = 180
_ALONE = "alone"

Seen = dict[UUID, float]
"""When each stream was met or begun, by the clock that all processes of a machine share."""

Look = Callable[[Rooms], Iterator[tuple[UUID, float]]]
Begins = Callable[[Mapping[str, str]], AbstractContextManager[Callable[[UUID], object]]]
"""Gives what sends one, in the process that sends."""

_NOTHING = (UUID(int=0), 0.0)
"""What a looker gives when it is ready, and whenever it has looked: whoever waits for it may then think again."""


def run(bench: Bench) -> Iterator[Row]:
    with rooms(bench, "membership", "meetings") as house, house.worker("membership"):
        Broker(house.kafka.address).make_topics([_ALONE], replicas=1)
        measured, alone = list[list[float]](), list[list[float]]()
        for _ in range(bench.rounds):
            alone.append(_measure(house, partial(_in_kafka, topic=_ALONE), _sends_alone))
            measured.append(_measure(house, partial(_in_kafka, topic=topic_of("membership")), _founds))
        yield from _rows("append to a Kafka consumer, 100/s", measured, 4, 10, alone)
        with house.worker("meetings"), _row_notices(house):
            measured = [_measure(house, _in_meetings, _founds) for _ in range(bench.rounds)]
        yield from _rows("append to a row in another service, 100/s", measured, 10, 30)


def _rows(
    what: str, measured: list[list[float]], p50: float, p99: float, alone: list[list[float]] | None = None
) -> Iterator[Row]:
    for percent, limit in ((50, p50), (99, p99)):
        peer = Peer("kafka-python alone", [percentile(each, percent) for each in alone]) if alone else None
        yield Row(f"{what}, p{percent}", "ms", below(limit), [percentile(each, percent) for each in measured], peer)


def _measure(house: Rooms, look: Look, begins: Begins) -> list[float]:
    """Milliseconds from the beginning of each sending to when `look` met it."""
    number = RATE * (_WARM_UP_SECONDS + SECONDS)
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    sender = spawn.Process(target=_send, args=(theirs, dict(house.environment), number, begins), daemon=True)
    sender.start()
    met: Seen = {}
    try:
        _answer(ours)  # it is connected and waits
        looking = look(house)
        next(looking)  # so is the looker
        ours.send("begin")
        begun: Seen = {}
        for id, when in looking:
            met.setdefault(id, when)
            if not begun and ours.poll():
                begun = _answer(ours)
            if begun and begun.keys() <= met.keys():
                break
    finally:
        ours.close()
        sender.join(5)
        sender.terminate()
    if not begun or begun.keys() - met.keys():
        missing = len(begun.keys() - met.keys()) if begun else "all"
        raise CannotMeasure(f"{missing} of {number} events were not seen within {_LIMIT_SECONDS} s")
    in_order = sorted(begun, key=lambda id: begun[id])[RATE * _WARM_UP_SECONDS :]
    return [(met[id] - begun[id]) * 1000 for id in in_order]


def _answer(pipe: Connection) -> Seen:
    if not pipe.poll(_LIMIT_SECONDS):
        raise CannotMeasure("the sender does not answer")
    answer = pipe.recv()
    if isinstance(answer, str):
        raise CannotMeasure(f"the sender failed:\n{answer}")
    found: Seen = answer
    return found


def _send(pipe: Connection, environment: Mapping[str, str], number: int, begins: Begins) -> None:
    """Sends something every hundredth of a second, once it was told to begin."""
    try:
        with begins(environment) as send:
            send(uuid7())
            pipe.send({})
            pipe.recv()
            begun, start = {}, monotonic() + 0.1
            for nth in range(number):
                sleep(max(0.0, start + nth / RATE - monotonic()))
                id = uuid7()
                begun[id] = monotonic()
                send(id)
            pipe.send(begun)
    except EOFError:
        return
    except BaseException:
        pipe.send(format_exc())


@contextmanager
def _founds(environment: Mapping[str, str]) -> Iterator[Callable[[UUID], object]]:
    """A community is founded through membership's own commands, as its web process does."""
    running = Running(membership, Settings.read("membership", environment))
    command = FoundCommunity(name="Falls at home", kind=Kind.COMMUNITY, about="What helps after a fall. " * 16)
    try:
        yield lambda id: running.commands.handle(id, command, CONTEXT)
    finally:
        running.close()


@contextmanager
def _sends_alone(environment: Mapping[str, str]) -> Iterator[Callable[[UUID], object]]:
    """Straight to Kafka, as safely as the relay does."""
    servers = environment["KAFKA_BOOTSTRAP_SERVERS"]
    producer = KafkaProducer(bootstrap_servers=servers, acks="all", linger_ms=0, metrics_enabled=False)
    try:
        yield lambda id: producer.send(_ALONE, key=f"community-{id}".encode(), value=DATA.encode())
    finally:
        producer.close()


def _in_kafka(house: Rooms, topic: str) -> Iterator[tuple[UUID, float]]:
    """What a consumer of a topic meets."""
    consumer = KafkaConsumer(bootstrap_servers=house.kafka.address, fetch_max_wait_ms=100, metrics_enabled=False)
    try:
        partitions = [TopicPartition(topic, nth) for nth in range(PARTITIONS)]
        consumer.assign(partitions)
        consumer.seek_to_end(*partitions)
        for each in partitions:
            consumer.position(each)
        yield _NOTHING
        until = monotonic() + _LIMIT_SECONDS
        while monotonic() < until:
            polled, now = consumer.poll(timeout_ms=100), monotonic()
            yield _NOTHING
            for records in polled.values():
                yield from ((UUID(record.key.decode()[-36:]), now) for record in records)
    finally:
        consumer.close()


@contextmanager
def _row_notices(house: Rooms) -> Iterator[None]:
    """Lets PostgreSQL say, at commit, which communities meetings came to know."""
    database = house.database("meetings")
    with database.transaction() as db:
        db.execute(
            "create function public.tell() returns trigger language plpgsql as"
            " $$ begin perform pg_notify('known', new.community_id::text); return null; end $$"
        )
        db.execute(
            "create trigger tell after insert on people.people_communities for each row execute function public.tell()"
        )
    try:
        yield
    finally:
        database.close()


def _in_meetings(house: Rooms) -> Iterator[tuple[UUID, float]]:
    """The communities whose rows are there for others to see."""
    database = house.database("meetings")
    with database.own_connection() as connection, connection.cursor() as cursor:
        cursor.execute("listen known")
        _wait_until_caught_up(house)
        yield _NOTHING
        until = monotonic() + _LIMIT_SECONDS
        while monotonic() < until:
            select.select([connection], [], [], 0.1)
            connection.poll()
            now = monotonic()
            yield _NOTHING
            while connection.notifies:
                yield UUID(connection.notifies.pop(0).payload), now
    database.close()


def _wait_until_caught_up(house: Rooms) -> None:
    """Until meetings knows every community that was founded before: what it had to make up for is not measured."""
    there, here = house.database("membership"), house.database("meetings")

    def caught_up() -> bool:
        with there.transaction() as founded, here.transaction() as known:
            wanted = founded.value(int, "select count(*) from events where type = 'community-founded'")
            return wanted == known.value(int, "select count(*) from people.people_communities")

    wait_until(caught_up, "meetings knows what was founded before")
    there.close()
    here.close()
