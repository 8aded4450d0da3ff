"""A real Apache Kafka on this machine: one broker from its own jars, for the demo and for tests.

with Kafka(folder) as kafka:
    producer = KafkaProducer(bootstrap_servers=kafka.address)
"""

import base64
import os
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

from deploy.embedded import jars
from deploy.embedded.java import java
from deploy.embedded.ports import free_port, listens
from deploy.embedded.processes import Failed, Process

HERE = Path(__file__).parent
# Small and quick to start: what it does is light, and a demo is started often. 300 MB resident.
SERVER_JVM = ("-Xms96m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
FORMAT_JVM = ("-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
LOGGING = f"-Dlog4j2.configurationFile={HERE / 'kafka_logging.properties'}"
READY_LIMIT = 180.0  # a quiet machine needs two seconds, a very busy one a minute


class Kafka:
    """One broker with its files in `folder`; they stay there, and the next start brings back every record."""

    def __init__(self, folder: Path, port: int = 0, controller_port: int = 0, log: Path | None = None) -> None:
        """Ports of 0 are chosen freely, once. `log` is the file that its messages go to."""
        self.folder = folder.resolve()
        self.port = port or free_port()
        self.controller_port = controller_port or free_port()
        self.log = log or self.folder / "kafka.log"
        self.process: Process | None = None

    @property
    def address(self) -> str:
        """For KAFKA_BOOTSTRAP_SERVERS."""
        return f"127.0.0.1:{self.port}"

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.running

    def prepare(self) -> Process:
        """Fetch what is missing, write the configuration, format the storage; the result can be started."""
        program = java()
        classes = os.pathsep.join(str(jar) for jar in jars.fetch())
        self.folder.mkdir(parents=True, exist_ok=True)
        properties = self.folder / "kafka.properties"
        places = {"port": self.port, "controller_port": self.controller_port, "data": self.folder / "data"}
        properties.write_text((HERE / "kafka.properties").read_text().format(**places))
        if not (self.folder / "data" / "meta.properties").exists():
            self._format(program, classes, properties)
        self.process = Process(
            "Kafka",
            [
                program,
                *SERVER_JVM,
                LOGGING,
                *("-cp", classes, "kafka.Kafka", properties),
            ],
            self.log,
            stop_limit=20,
        )
        return self.process

    def start(self) -> None:
        """Returns when the broker takes records. Raises Failed when it does not come up."""
        process = self.process or self.prepare()
        process.start()
        process.wait_until(self.ready, READY_LIMIT)

    def ready(self) -> bool:
        """Whether the broker has itself in its list of brokers.

        An open port is not enough: until the controller gives leave to serve, topics cannot be made.
        """
        if not listens(self.port):
            return False
        from kafka import KafkaAdminClient
        from kafka.errors import KafkaError

        try:
            admin = KafkaAdminClient(bootstrap_servers=self.address, request_timeout_ms=3000)
        except (KafkaError, OSError):
            return False
        try:
            return bool(admin.describe_cluster()["brokers"])
        except (KafkaError, OSError):
            return False
        finally:
            admin.close()

    def stop(self) -> None:
        """An orderly stop: the next start need not read the logs again."""
        if self.process:
            self.process.stop()

    def kill(self) -> None:
        """What a power cut does to it (SIGKILL); `start()` brings it back with every acknowledged record."""
        if self.process:
            self.process.kill()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _format(self, program: Path, classes: str, properties: Path) -> None:
        cluster = cluster_id()
        tool = [*FORMAT_JVM, "-cp", classes, "kafka.tools.StorageTool", "format", "--ignore-formatted"]
        done = subprocess.run(
            [str(program), LOGGING, *tool, "-t", cluster, "-c", str(properties)],
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise Failed(f"Kafka could not prepare its folder {self.folder}:\n{done.stdout}{done.stderr}")


def cluster_id() -> str:
    """22 characters. Never with a dash at the front, as one in 64 would be: the tool takes that for an option."""
    while (made := base64.urlsafe_b64encode(uuid4().bytes).decode().rstrip("=")).startswith("-"):
        continue
    return made
