"""Looks for planted values in everything that a running Copse has written: tables, files of tables, topics, logs.

Nothing is named here that could be forgotten: every database of the server with all its tables, every record of every
topic, every log of the folder.
"""

import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import psycopg2
from kafka import KafkaConsumer, TopicPartition

from deploy.demo.system import System
from deploy.embedded.postgres_programs import Programs

Found = dict[str, set[str]]
"""Where -> which values are there."""

_TRIES = 6


def everywhere(system: System, values: Iterable[str]) -> Found:
    """What is found in any table, in the files of any table, in any topic and in any log."""
    wanted = list(values)
    return {
        **in_tables(system, wanted),
        **in_the_files_of_tables(system, wanted),
        **in_topics(system, wanted),
        **in_logs(system, wanted),
    }


def in_tables(system: System, values: Iterable[str], *, public_alone: bool = False) -> Found:
    """By `table <database> <schema>.<table>`, from a dump as text. `public_alone`: what a backup needs to hold."""
    wanted, found = list(values), Found()
    for database in databases(system):
        for table, row in _dumped(system.postgres.url(database), public_alone=public_alone):
            if here := _in(row, wanted):
                found.setdefault(f"table {database} {table}", set()).update(here)
    return found


def _dumped(url: str, *, public_alone: bool) -> Iterator[tuple[str, str]]:
    words = [str(Programs.find().folder / "pg_dump"), "--data-only", "--column-inserts", f"--dbname={url}"]
    if public_alone:
        words.append("--schema=public")
    dump = subprocess.run(words, check=True, capture_output=True).stdout.decode()
    table = "?"
    for line in dump.splitlines():
        if line.startswith("INSERT INTO "):
            table = line.split(" ", 3)[2]
        yield table, line


def in_the_files_of_tables(system: System, values: Iterable[str]) -> Found:
    """By `file <path>`: the bytes on disk, once the tables were written anew without old versions of their rows.

    The write-ahead log is left out: it holds what was until it is overwritten. A transaction that is open somewhere
    keeps old versions alive, so tables are written anew until none is there, or it was tried often.
    """
    for _ in range(_TRIES):
        if not (found := _in_files(system, list(values))):
            break
    return found


def _in_files(system: System, wanted: list[str]) -> Found:
    for database in databases(system):
        _run(system.postgres.url(database), "vacuum full")
        _run(system.postgres.url(database), "checkpoint")
    found = Found()
    data = system.folder / "postgres" / "data"
    for file in sorted(path for path in data.rglob("*") if path.is_file() and "pg_wal" not in path.parts):
        try:
            bytes_of_it = file.read_bytes()
        except FileNotFoundError:
            continue  # PostgreSQL takes files away when it has no use for them any more
        if here := _in(bytes_of_it.decode(errors="replace"), wanted):
            found[f"file {file.relative_to(data)}"] = here
    return found


def in_topics(system: System, values: Iterable[str]) -> Found:
    """By `topic <name>`: key, headers and value of every record."""
    wanted, found = list(values), Found()
    for topic, record in records(system.kafka.address):
        if here := _in(record, wanted):
            found.setdefault(f"topic {topic}", set()).update(here)
    return found


def records(address: str) -> Iterator[tuple[str, str]]:
    consumer = KafkaConsumer(bootstrap_servers=address, enable_auto_commit=False, auto_offset_reset="earliest")
    try:
        partitions = [
            TopicPartition(topic, number)
            for topic in sorted(consumer.topics())
            if not topic.startswith("__")
            for number in sorted(consumer.partitions_for_topic(topic) or ())
        ]
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        while any(consumer.position(each) < ends[each] for each in partitions):
            for polled in consumer.poll(timeout_ms=1_000).values():
                for each in polled:
                    parts = [each.key, *(value for _, value in each.headers), each.value]
                    yield each.topic, " ".join((part or b"").decode(errors="replace") for part in parts)
    finally:
        consumer.close()


def in_logs(system: System, values: Iterable[str]) -> Found:
    """By `log <file>`: what every process said."""
    wanted = list(values)
    logs: Mapping[Path, set[str]] = {
        file: _in(file.read_text(errors="replace"), wanted) for file in sorted((system.folder / "logs").iterdir())
    }
    return {f"log {file.name}": here for file, here in logs.items() if here}


def databases(system: System) -> list[str]:
    return [
        str(name)
        for (name,) in _rows(
            system.postgres.url(), "select datname from pg_database where datallowconn and not datistemplate"
        )
    ]


def _in(text: str, values: Iterable[str]) -> set[str]:
    folded = text.casefold()
    return {value for value in values if value.casefold() in folded}


def _rows(url: str, sql: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())
    finally:
        connection.close()


def _run(url: str, sql: str) -> None:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
    finally:
        connection.close()
