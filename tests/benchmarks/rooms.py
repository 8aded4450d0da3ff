"""Real services in real processes, for the benchmarks that measure the house and not only its kernel."""

import secrets
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from sys import executable
from tempfile import mkdtemp

from deploy.embedded.kafka import Kafka
from deploy.embedded.ports import answers, free_port
from deploy.embedded.processes import Process
from shared.database.pool import Database
from tests.benchmarks.bench import Bench
from tests.kernel.provider import Provider, provider

_START_LIMIT = 120.0


@dataclass
class Rooms:
    """Some services with databases of their own; their processes are started by whoever needs them."""

    environment: Mapping[str, str]
    provider: Provider
    kafka: Kafka
    folder: Path

    def database(self, name: str) -> Database:
        """Connections to a service's database."""
        return Database(self.environment[f"{name.upper()}_DATABASE_URL"], application="copse-bench")

    @contextmanager
    def web(self, name: str, *words: str) -> Iterator[str]:
        """A service's web process, as `copse web` starts it; gives its address."""
        address = f"127.0.0.1:{free_port()}"
        process = self.process(f"{name}-web", "web", name, "--bind", address, *words)
        with _running(process, f"http://{address}/readyz"):
            yield f"http://{address}"

    @contextmanager
    def bare(self, database: str, *words: str) -> Iterator[str]:
        """The least that could answer (tests/benchmarks/bare_flask.py), behind the same gunicorn; gives its address."""
        address = f"127.0.0.1:{free_port()}"
        command = [executable, "-m", "gunicorn", "--bind", address, "--worker-class", "gthread", "--no-control-socket"]
        command += ["--config", "python:tests.benchmarks.bare_flask", *words, "tests.benchmarks.bare_flask:app()"]
        environment = {**self.environment, "BARE_DATABASE_URL": database}
        with _running(Process("bare", command, self.folder / "bare.log", environment), f"http://{address}/readyz"):
            yield f"http://{address}"

    @contextmanager
    def worker(self, name: str, *words: str) -> Iterator[Process]:
        """A service's worker process, as `copse worker` starts it."""
        port = free_port()
        ready = f"http://127.0.0.1:{port}/readyz"
        with _running(self.process(f"{name}-worker", "worker", name, "--health-port", str(port), *words), ready) as it:
            yield it

    def process(self, name: str, *words: str) -> Process:
        """A `copse` command that is not started yet."""
        log = self.folder / f"{name}.log"
        return Process(name, [executable, "-m", "shared.cli", *words], log, self.environment)


@contextmanager
def _running(process: Process, ready: str) -> Iterator[Process]:
    """A process from when the address `ready` answers."""
    process.start()
    try:
        process.wait_until(partial(answers, ready), _START_LIMIT)
        yield process
    finally:
        process.stop()


@contextmanager
def rooms(bench: Bench, *names: str) -> Iterator[Rooms]:
    """The named services, migrated and with their topics, over a new Kafka and new databases."""
    folder = Path(mkdtemp(prefix="rooms-", dir=bench.folder))
    with bench.kafka() as kafka, provider() as at_provider:
        databases = {f"{name.upper()}_DATABASE_URL": bench.databases.empty() for name in (*names, "keyring")}
        environment = {
            **databases,
            "KEYRING_MASTER_KEY": b64encode(secrets.token_bytes(32)).decode(),
            "KAFKA_BOOTSTRAP_SERVERS": kafka.address,
            "OIDC_ISSUER": at_provider.issuer,
            "PUBLIC_READS_PER_MINUTE": "0",
            "PUBLIC_CHANGES_PER_HOUR": "0",
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }
        made = Rooms(environment, at_provider, kafka, folder)
        made.process("migrate", "migrate", "keyring", *names).run(_START_LIMIT)
        yield made
    for url in databases.values():
        bench.databases.drop(url)


def wrk() -> str | None:
    """The load generator, when this machine has it."""
    return shutil.which("wrk")


def run_wrk(program: str, url: str, script: Path, connections: int, seconds: int) -> str:
    """What it prints. One thread is enough: it is written in C, and the cores are for who is measured."""
    words = [program, "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), url]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout
