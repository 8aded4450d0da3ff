"""The real servers, from nothing to records and rows that outlive a SIGKILL."""

from pathlib import Path

import psycopg2
import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import NewTopic
from kafka.errors import KafkaError

from deploy.embedded.kafka import Kafka, cluster_id
from deploy.embedded.postgres import Postgres


def test_what_kafka_acknowledged_is_there_after_sigkill(tmp_path: Path) -> None:
    with Kafka(tmp_path / "kafka") as kafka:
        admin = KafkaAdminClient(bootstrap_servers=kafka.address)
        admin.create_topics([NewTopic("facts", num_partitions=3, replication_factor=1)])
        admin.close()
        producer = KafkaProducer(bootstrap_servers=kafka.address, acks="all")
        for number in range(50):
            producer.send("facts", str(number).encode()).get(20)
        producer.close()
        kafka.kill()
        assert not kafka.running
        kafka.start()
        consumer = KafkaConsumer(
            "facts", bootstrap_servers=kafka.address, auto_offset_reset="earliest", consumer_timeout_ms=60_000
        )
        read = [next(consumer).value for _ in range(50)]
        consumer.close()
        assert sorted(read) == sorted(str(number).encode() for number in range(50))


def test_kafka_makes_no_topic_for_a_misspelt_name(tmp_path: Path) -> None:
    with Kafka(tmp_path / "kafka") as kafka:
        producer = KafkaProducer(bootstrap_servers=kafka.address, max_block_ms=3000)
        with pytest.raises(KafkaError):
            producer.send("copse.membreship.v1", b"").get(10)
        producer.close()


def test_what_postgres_committed_is_there_after_sigkill(tmp_path: Path) -> None:
    with Postgres(tmp_path / "postgres", databases=["copse_one", "copse_two"]) as postgres:
        connection = psycopg2.connect(postgres.url("copse_one"))
        with connection, connection.cursor() as cursor:
            cursor.execute("create table facts (name text); insert into facts values ('Dover')")
        connection.close()
        postgres.kill()
        assert not postgres.running
        postgres.start()
        connection = psycopg2.connect(postgres.url("copse_one"))
        with connection, connection.cursor() as cursor:
            cursor.execute("select name from facts")
            assert cursor.fetchall() == [("Dover",)]
        connection.close()
        psycopg2.connect(postgres.url("copse_two")).close()


def test_postgres_lets_nobody_in_without_the_password(tmp_path: Path) -> None:
    with Postgres(tmp_path / "postgres") as postgres:
        with pytest.raises(psycopg2.OperationalError, match="password"):
            psycopg2.connect(host="127.0.0.1", port=postgres.port, user="copse", dbname="postgres", passfile="/none")
        connection = psycopg2.connect(postgres.url())
        with connection.cursor() as cursor:
            cursor.execute("select lower('ÉMILE'), current_setting('fsync')")
            assert cursor.fetchone() == ("émile", "on")
        connection.close()


def test_a_cluster_id_is_never_taken_for_an_option() -> None:
    made = [cluster_id() for _ in range(2_000)]
    assert {len(each) for each in made} == {22}
    assert not [each for each in made if each.startswith("-")]
