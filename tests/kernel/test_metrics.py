"""What the real processes tell Prometheus: counted together, whichever is asked, and nothing of anybody."""

import json
import os
import re
import secrets
import signal
from base64 import b64encode
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from sys import executable

import pytest
import requests

from deploy.embedded.ports import answers, free_port
from deploy.embedded.processes import Process
from tests.kernel.collector import Collector, collector
from tests.kernel.conftest import NewDatabase, forget_topics_of_services
from tests.kernel.scraped import Scraped
from tests.servers import Databases, KafkaServer, eventually

START_LIMIT = 60.0
NOWHERE = "http://127.0.0.1:1"
Start = Callable[..., Process]


@pytest.fixture
def environment(new_database: NewDatabase) -> dict[str, str]:
    return {
        "MEETINGS_DATABASE_URL": new_database(Databases.empty),
        "KEYRING_DATABASE_URL": new_database(Databases.empty),
        "KEYRING_MASTER_KEY": b64encode(secrets.token_bytes(32)).decode(),
        "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}",
        "OIDC_ISSUER": NOWHERE,
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }


@pytest.fixture
def start(environment: dict[str, str], kafka: KafkaServer, tmp_path: Path) -> Iterator[Start]:
    """`start("web", "meetings", ...)` runs a process of a migrated service; Kafka is away unless it is named."""
    started: list[Process] = []

    def process(*words: str, **more: str) -> Process:
        name = f"{words[0]}-{len(started)}"
        command = [executable, "-m", "shared.cli", *words]
        variables = {**environment, **more}
        started.append(Process(name, command, tmp_path / f"{name}.log", variables, stop_limit=30))
        return started[-1]

    def started_process(*words: str, **more: str) -> Process:
        made = process(*words, **more)
        made.start()
        return made

    forget_topics_of_services(kafka)
    process("migrate", "keyring", "meetings", KAFKA_BOOTSTRAP_SERVERS=kafka.address).run(START_LIMIT)
    yield started_process
    for each in started:
        each.stop()


@pytest.fixture
def otlp() -> Iterator[Collector]:
    with collector() as running:
        yield running


def children(process: Process) -> list[int]:
    task = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(pid) for pid in task.read_text().split()]


def cores_of(process: Process) -> list[set[int]]:
    """The cores that each child may run on."""
    return sorted((os.sched_getaffinity(pid) for pid in children(process)), key=sorted)


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="only Linux lets a process choose its cores")
@pytest.mark.parametrize("any_core", [[], ["--any-core"]], ids=["one core each", "any core"])
def test_each_process_of_a_web_stays_on_a_core_of_its_own_unless_told_otherwise(
    start: Start, any_core: list[str]
) -> None:
    there = sorted(os.sched_getaffinity(0))
    port = free_port()
    web = start("web", "meetings", "--bind", f"127.0.0.1:{port}", "--workers", str(len(there)), *any_core)
    web.wait_until(partial(answers, f"http://127.0.0.1:{port}/readyz"), START_LIMIT)
    wanted = [set(there)] * len(there) if any_core else [{core} for core in there]
    eventually(lambda: cores_of(web) == wanted, "each has its core")
    first = children(web)[0]
    os.kill(first, signal.SIGKILL)
    eventually(lambda: first not in children(web) and cores_of(web) == wanted, "another took its core")


def test_the_processes_of_one_web_count_together_and_lose_nothing_when_one_is_killed(
    start: Start, otlp: Collector, tmp_path: Path
) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    web = start(
        "web", "meetings", "--bind", f"127.0.0.1:{port}", "--workers", "2",
        TMPDIR=str(tmp_path), OTEL_EXPORTER_OTLP_ENDPOINT=otlp.address,
    )  # fmt: skip
    web.wait_until(partial(answers, f"{address}/readyz"), START_LIMIT)
    eventually(lambda: len(children(web)) == 2, "both processes are there")
    of_listing = {"method": "GET", "route": "/v1/meetings", "status": "200"}

    def asked() -> float:
        requests.get(f"{address}/v1/meetings?limit=1", timeout=10)
        return Scraped.at(address)("copse_http_request_seconds_count", **of_listing) or 0

    for nth in range(1, 31):
        assert asked() == nth
    assert Scraped.at(address)("copse_pool_connections_in_use") == 0
    os.kill(children(web)[0], signal.SIGKILL)
    eventually(lambda: len(children(web)) == 2, "another one took its place")
    eventually(lambda: asked() == 31, "what the killed one counted is still there")

    # Addresses hold ids, and people make them up: only templates are told.
    requests.get(f"{address}/v1/meetings/01999999-0000-7000-8000-00000000abcd", timeout=10)
    requests.request("BREW", f"{address}/secret-word", timeout=10)
    text = requests.get(f"{address}/metrics", timeout=10).text
    assert 'route="/v1/meetings/<uuid:meeting_id>"' in text
    assert 'method="other",route="none",status="404"' in text.replace(", ", ",")
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-|secret-word", text)
    assert Scraped(text)("copse_relay_lag_events") == 0

    # From outside, through any gateway, there is no such page.
    outside = requests.get(f"{address}/metrics", headers={"X-Forwarded-For": "192.0.2.1"}, timeout=10)
    assert outside.status_code == 404

    folder = next(tmp_path.glob("copse-metrics-*"))
    web.stop()
    assert not folder.exists()

    # Spans of both processes reached the collector, by the same templates.
    eventually(lambda: otlp.named("GET /v1/meetings"), "a span of a request arrives")
    span = otlp.named("GET /v1/meetings")[0]
    assert span["service"] == "meetings"
    assert span["attributes"]["http.response.status_code"] == 200


def test_request_trace_and_service_are_in_the_answer_and_in_every_line_of_the_log(start: Start, tmp_path: Path) -> None:
    port = free_port()
    web = start("web", "meetings", "--bind", f"127.0.0.1:{port}")
    web.wait_until(partial(answers, f"http://127.0.0.1:{port}/readyz"), START_LIMIT)
    trace = "a" * 32
    # Its provider is nowhere: what needs one is unavailable, and that is logged.
    answer = requests.post(
        f"http://127.0.0.1:{port}/v1/meetings",
        json={},
        headers={
            "Authorization": "Bearer x.y.z",
            "X-Request-Id": "by-the-client-1",
            "traceparent": f"00-{trace}-{'b' * 16}-01",
        },
        timeout=20,
    )
    assert answer.headers["X-Request-Id"] == "by-the-client-1"
    assert answer.headers["traceresponse"].split("-")[1] == trace
    lines = [json.loads(line) for line in web.log.read_text().splitlines() if line.startswith("{")]
    said = [line for line in lines if line.get("request_id") == "by-the-client-1"]
    assert said, f"{answer.status_code}: {web.log.read_text()}"
    assert {(line["trace_id"], line["service"]) for line in said} == {(trace, "meetings")}
    scraped = Scraped.at(f"http://127.0.0.1:{port}")
    assert (scraped("process_resident_memory_bytes") or 0) > 0


def test_a_worker_without_kafka_never_looks_ready_and_says_so_in_its_metrics(start: Start) -> None:
    health = free_port()
    address = f"http://127.0.0.1:{health}"
    worker = start("worker", "meetings", "--health-port", str(health))
    worker.wait_until(partial(answers, f"{address}/healthz"), START_LIMIT)
    seen: set[int] = set()

    def began_again() -> bool:
        seen.add(requests.get(f"{address}/readyz", timeout=10).status_code)
        return (Scraped.at(address)("copse_job_restarts_total", job="relay") or 0) >= 2

    eventually(began_again, "the relay begins again for the second time", seconds=90)
    assert seen == {503}
    reasons = requests.get(f"{address}/readyz", timeout=10).text
    assert "Kafka at 127.0.0.1" in reasons
    scraped = Scraped.at(address)
    assert (scraped("copse_job_ready", job="relay"), scraped("copse_job_ready", job="agenda")) == (0, 1)
    assert scraped("copse_state_known", of="kafka") == 0
    assert scraped("copse_build_info", part="worker", service="meetings") == 1


def test_a_second_worker_that_only_stands_by_is_ready(start: Start, kafka: KafkaServer) -> None:
    for _ in ("leads", "stands by"):
        health = free_port()
        worker = start("worker", "meetings", "--health-port", str(health), KAFKA_BOOTSTRAP_SERVERS=kafka.address)
        worker.wait_until(partial(answers, f"http://127.0.0.1:{health}/readyz"), START_LIMIT)
        scraped = Scraped.at(f"http://127.0.0.1:{health}")
        assert scraped("copse_job_ready") == 5
        assert scraped("copse_state_known", of="kafka") == 1
        assert scraped("copse_consumer_lag_records", topic="copse.membership.v1") is not None
