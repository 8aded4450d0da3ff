"""Analysts read the event streams: whole topics, with nobody's name, address or words in them."""

import tomllib
from pathlib import Path

from kafka import KafkaConsumer, TopicPartition

import deploy.demo
from deploy.demo.configuration import SERVICES, Configuration
from deploy.demo.story import play
from tests.system import RunningSystem

PEOPLE = tomllib.loads((Path(deploy.demo.__path__[0]) / "people.toml").read_text())["person"]
FREE_TEXT = ("I would say rota", "We now say rota", "Do predictable rotas", "speaks to keeping people")


def test_no_topic_shows_a_person_or_what_she_wrote(system: RunningSystem, configuration: Configuration) -> None:
    assert play(configuration, lambda _: None) == 0
    personal = [
        person[field] for person in PEOPLE for field in ("name", "email", "phone", "postal_address") if field in person
    ]
    personal += ["Sam Newcomer", "sam.newcomer", "A synthetic speaker", *FREE_TEXT]
    records = everything_in_the_topics(system)

    assert len(records) > 100
    assert {service for service in SERVICES if not any(f"copse.{service}." in record for record in records)} == set()
    shown = {text for text in personal for record in records if text.casefold() in record.casefold()}
    assert shown == set()
    assert any("sealed:" in record for record in records)


def everything_in_the_topics(system: RunningSystem) -> list[str]:
    """Topic, key, headers and value of every record, as one text each."""
    address = system.processes["meetings-worker"].environment["KAFKA_BOOTSTRAP_SERVERS"]
    consumer = KafkaConsumer(bootstrap_servers=address, enable_auto_commit=False, auto_offset_reset="earliest")
    try:
        partitions = [
            TopicPartition(topic, number)
            for topic in (f"copse.{service}.v1" for service in SERVICES)
            for number in sorted(consumer.partitions_for_topic(topic) or ())
        ]
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        records: list[str] = []
        while any(consumer.position(each) < ends[each] for each in partitions):
            for polled in consumer.poll(timeout_ms=1_000).values():
                records += [f"{each.topic} {each.key!r} {each.headers!r} {each.value!r}" for each in polled]
        return records
    finally:
        consumer.close()
