"""What a topic is and what is in it, for those who look after it: nothing here takes part in a group or writes."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, OffsetSpec

from shared.messages.recorded import Stored
from shared.streaming.broker import Broker, BrokerUnavailable
from shared.streaming.cloudevents import Malformed, stored_from

LARGEST_BATCH = 1024 * 1024  # bytes that a topic must take at once: Kafka's own default

_LARGEST_BATCH = "max.message.bytes"
_SETTINGS = ("retention.ms", "retention.bytes", "cleanup.policy", _LARGEST_BATCH)
_AUTO_CREATE = "auto.create.topics.enable"
_POLL_MILLISECONDS = 1000
_SILENT_POLLS = 15  # a topic that has more and gives nothing for so long is given up


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as the broker describes it. `beginnings` and `ends` are offsets, one for each partition."""

    name: str
    beginnings: Mapping[int, int]
    ends: Mapping[int, int]
    settings: Mapping[str, str]

    @property
    def partitions(self) -> int:
        return len(self.ends)

    @property
    def largest_batch(self) -> int:
        """Bytes; 0 when the broker does not say."""
        return int(self.settings.get(_LARGEST_BATCH) or 0)

    @property
    def records(self) -> int:
        """How many records there are, repeated ones included."""
        return sum(self.ends.values()) - sum(self.beginnings.values())


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a topic. `stored` is None when it is not one of our events; `fault` then says why."""

    partition: int
    offset: int
    stored: Stored | None
    fault: str = ""


def largest_batch_of(name: str, size: int) -> str:
    """The command that lets a topic take so many bytes at once."""
    return f"kafka-configs.sh --alter --entity-type topics --entity-name {name} --add-config {_LARGEST_BATCH}={size}"


def topics_there(broker: Broker, names: Iterable[str]) -> dict[str, Topic]:
    """Those of the named topics that exist. Raises BrokerUnavailable."""
    wanted = sorted(set(names))
    if not wanted:
        return {}
    with broker.administering() as admin:
        there = {
            each["name"]: [part["partition_index"] for part in each["partitions"]]
            for each in admin.describe_topics(wanted)
            if not each["error_code"]
        }
        settings = _settings(admin, ConfigResourceType.TOPIC, there)
        places = [TopicPartition(name, part) for name, parts in there.items() for part in parts]
        first = _offsets(admin, places, OffsetSpec.EARLIEST)
        last = _offsets(admin, places, OffsetSpec.LATEST)
        return {
            name: Topic(
                name,
                {part: first[name, part] for part in parts},
                {part: last[name, part] for part in parts},
                {key: settings[name].get(key, "") for key in _SETTINGS},
            )
            for name, parts in there.items()
        }


def makes_topics_by_itself(broker: Broker) -> bool:
    """Whether any server of the cluster makes a topic when a name is misspelt. Raises BrokerUnavailable."""
    with broker.administering() as admin:
        servers = [str(each["broker_id"]) for each in admin.describe_cluster()["brokers"]]
        found = _settings(admin, ConfigResourceType.BROKER, servers)
        return any(settings.get(_AUTO_CREATE) == "true" for settings in found.values())


def records_of(broker: Broker, topic: Topic, beginnings: Mapping[int, int] | None = None) -> Iterator[Record]:
    """Every record up to the ends that `topic` names, each partition in order; from its beginnings or from others.

    Raises BrokerUnavailable, also when the broker falls silent before the end.
    """
    starts = dict(topic.beginnings if beginnings is None else beginnings)
    open_ends = {part: end for part, end in topic.ends.items() if starts.get(part, end) < end}
    if not open_ends:
        return
    with _onlooker(broker) as onlooker:
        places = {part: TopicPartition(topic.name, part) for part in open_ends}
        onlooker.assign(list(places.values()))
        for part, place in places.items():
            onlooker.seek(place, starts[part])
        silent = 0
        while open_ends:
            polled = onlooker.poll(timeout_ms=_POLL_MILLISECONDS, max_records=2000)
            silent = 0 if polled else silent + 1
            if silent >= _SILENT_POLLS:
                raise BrokerUnavailable(broker.servers, f"{topic.name} gives no more records before its end")
            for place, records in polled.items():
                end = topic.ends[place.partition]
                yield from (_read(each) for each in records if each.offset < end)
                if onlooker.position(place) >= end:
                    open_ends.pop(place.partition, None)
                    onlooker.pause(place)


def first_times(broker: Broker, topic: Topic, places: Mapping[int, int]) -> dict[int, datetime]:
    """When the record at each place (partition: offset) was sent; partitions with nothing there are left out."""
    single = {part: min(offset + 1, topic.ends[part]) for part, offset in places.items() if part in topic.ends}
    upto = Topic(topic.name, topic.beginnings, single, topic.settings)
    starts = {part: max(places[part], topic.beginnings[part]) for part in single}
    found: dict[int, datetime] = {}
    for record in records_of(broker, upto, starts):
        found[record.partition] = record.stored.recorded_at if record.stored else datetime.now(UTC)
    return found


def _read(record: Any) -> Record:
    try:
        return Record(record.partition, record.offset, stored_from(record.headers, record.value))
    except Malformed as fault:
        return Record(record.partition, record.offset, None, str(fault))


def _settings(admin: KafkaAdminClient, kind: ConfigResourceType, names: Iterable[str]) -> dict[str, dict[str, str]]:
    wanted = [ConfigResource(kind, name) for name in names]
    if not wanted:
        return {}
    found = admin.describe_configs(wanted, config_filter="all")
    return {
        name: {key: str(each["value"]) for key, each in settings.items()}
        for resources in found.values()
        for name, settings in resources.items()
    }


def _offsets(admin: KafkaAdminClient, places: Iterable[TopicPartition], spec: OffsetSpec) -> dict[tuple[str, int], int]:
    wanted = dict.fromkeys(places, spec)
    found = admin.list_partition_offsets(wanted) if wanted else {}
    return {(place.topic, place.partition): each.offset for place, each in found.items()}


@contextmanager
def _onlooker(broker: Broker) -> Iterator[KafkaConsumer]:
    with broker.speaking():
        onlooker = KafkaConsumer(
            bootstrap_servers=broker.servers.split(","),
            bootstrap_timeout_ms=broker.patience_seconds * 1000,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            allow_auto_create_topics=False,
            metrics_enabled=False,
        )
        try:
            yield onlooker
        finally:
            onlooker.close()
