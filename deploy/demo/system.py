"""The whole of Copse on this machine: what `make demo` starts, and what tests start for themselves.

with System() as system:
    play(system.configuration)
"""

import fcntl
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from deploy.demo.configuration import PORTS, SERVICES, Configuration, on_this_machine, password
from deploy.demo.progress import Progress
from deploy.demo.secret_files import kept
from deploy.embedded import assets, jars, leftovers, ports
from deploy.embedded.java import java
from deploy.embedded.kafka import READY_LIMIT, Kafka
from deploy.embedded.places import STATE
from deploy.embedded.postgres import Postgres
from deploy.embedded.processes import Failed, Process, Supervisor

DATABASES = {name: f"copse_{name}" for name in (*SERVICES, "keyring")}
# Fourteen Python programs start at once on what may be two slow cores.
START_LIMIT = 120.0
SLOW_LIMIT = 300.0


class System:
    """Everything that runs, its addresses (`configuration`) and its `processes` by name."""

    def __init__(
        self,
        folder: Path = STATE,
        moved_by: int = 0,
        progress: Progress | None = None,
        clock: Path | None = None,
    ) -> None:
        """`folder` keeps all state; `moved_by` is added to every port; `clock` is COPSE_CLOCK_FILE."""
        self.folder = folder.resolve()
        self.ports = {name: port + moved_by for name, port in PORTS.items()}
        self.progress = progress or Progress()
        self.clock = clock
        self.addresses = on_this_machine(moved_by)
        self.supervisor = Supervisor()
        self.processes: dict[str, Process] = {}
        self.postgres = Postgres(
            self.folder / "postgres", self.ports["PostgreSQL"], DATABASES.values(), self.log("postgres")
        )
        self.kafka = Kafka(
            self.folder / "kafka", self.ports["Kafka"], self.ports["Kafka's controller"], self.log("kafka")
        )
        self._lock: TextIOWrapper | None = None

    @property
    def configuration(self) -> Configuration:
        """Known once the identity provider has started (it makes the password)."""
        kept_in = {"COPSE_DEMO_PASSWORD_FILE": str(self.folder / "identity" / "password")}
        return Configuration.at(self.addresses, password({**kept_in, **os.environ}), self.folder)

    def start(self) -> None:
        """Returns when everything is usable. Raises Failed or CannotInstall, with nothing left running."""
        self._lock_folder()
        stopped = leftovers.stop_leftovers(self.folder)
        if stopped:
            self.progress.console.print(f"  Stopped what an earlier run had left behind: {', '.join(stopped)}")
        ports.check_free(self.ports)
        try:
            self._start_all()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop every process, the last started first."""
        self.supervisor.stop()
        if self._lock:
            self._lock.close()
            self._lock = None

    def log(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"

    def __enter__(self) -> Self:
        with self.progress:
            self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start_all(self) -> None:
        """What needs nothing starts first and together; each step then waits for just what it needs."""
        lanes = ThreadPoolExecutor(thread_name_prefix="start", max_workers=8)
        try:
            postgres = lanes.submit(self._step, "PostgreSQL", self._start_postgres)
            kafka = lanes.submit(self._start_kafka)
            built = lanes.submit(self._step, "the portal's style sheet and fonts", assets.build)
            companions = lanes.submit(self._step, "identity provider and mail catcher", self._start_companions)
            wait_for([postgres, kafka])
            self._step("databases and topics", self._migrate)
            services = lanes.submit(self._step, ", ".join(SERVICES), self._start_services)
            wait_for([built, companions])
            portal = lanes.submit(self._step, "portal", self._start_portal)
            wait_for([services, portal])
        finally:
            lanes.shutdown(wait=False, cancel_futures=True)

    def _step(self, name: str, do: Callable[[], object]) -> None:
        with self.progress.step(name):
            do()

    def _start_postgres(self) -> None:
        process = self._started("PostgreSQL", self.postgres.prepare())
        process.wait_until(self.postgres.ready, START_LIMIT)
        self.postgres.make_databases()

    def _start_kafka(self) -> None:
        with self.progress.step("Kafka's jars and Java"), ThreadPoolExecutor(2) as both:
            wait_for([both.submit(jars.fetch), both.submit(java)])
        with self.progress.step("Kafka"):
            self._started("Kafka", self.kafka.prepare()).wait_until(self.kafka.ready, READY_LIMIT)

    def _start_companions(self) -> None:
        identity = self._python("identity", "deploy.identity", "--bind", self._bind("identity"))
        places = [
            "--smtp",
            self._bind("SMTP"),
            "--http",
            self._bind("mail"),
            "--folder",
            str(self.folder / "mail"),
        ]
        mail = self._python("mail", "deploy.mail_catcher", *places)
        self.supervisor.start(identity, mail)
        identity.wait_until(partial(ports.answers, f"{self.addresses['issuer']}/readyz"), START_LIMIT)
        mail.wait_until(partial(ports.answers, f"{self.addresses['mail']}/readyz"), START_LIMIT)

    def _migrate(self) -> None:
        self._python("migrations", "shared.cli", "migrate", "keyring", *SERVICES).run(SLOW_LIMIT)

    def _start_services(self) -> None:
        ready: dict[str, Process] = {}
        for name in SERVICES:
            port = self.ports[f"{name} worker"]
            web = self._python(f"{name}-web", "shared.cli", "web", name, "--bind", self._bind(name))
            worker = self._python(f"{name}-worker", "shared.cli", "worker", name, "--health-port", str(port))
            ready[f"{self.addresses[name]}/readyz"] = web
            ready[f"http://127.0.0.1:{port}/readyz"] = worker
        self.supervisor.start(*ready.values())
        for url, process in ready.items():
            process.wait_until(partial(ports.answers, url), START_LIMIT)

    def _start_portal(self) -> None:
        portal = self._python("portal", "shared.cli", "web", "portal", "--bind", self._bind("portal"))
        self.supervisor.start(portal)
        portal.wait_until(partial(ports.answers, f"{self.addresses['portal']}/readyz"), START_LIMIT)

    def _started(self, name: str, process: Process) -> Process:
        self.processes[name] = process
        self.supervisor.start(process)
        return process

    def _python(self, name: str, module: str, *words: str) -> Process:
        """A process of ours by its name, with the environment that every part of Copse gets."""
        self.processes[name] = Process(
            name, [sys.executable, "-m", module, *words], self.log(name), environment=self.environment()
        )
        return self.processes[name]

    def _bind(self, name: str) -> str:
        return f"127.0.0.1:{self.ports[name]}"

    def environment(self) -> Mapping[str, str]:
        """Complete, so that nothing of the person's own shell leads a part of the demo elsewhere."""
        secrets = self.folder / "secrets"
        databases = {f"{name.upper()}_DATABASE_URL": self.postgres.url(its) for name, its in DATABASES.items()}
        services = {f"{name.upper()}_URL": self.addresses[name] for name in SERVICES}
        return {
            **databases,
            **services,
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka.address,
            "KEYRING_MASTER_KEY": kept(secrets, "keyring_master_key"),
            "OIDC_ISSUER": self.addresses["issuer"],
            "OIDC_INTERNAL_URL": self.addresses["issuer"],
            "OIDC_AUDIENCE": "copse",
            "OIDC_ROLES_CLAIM": "groups",
            "OIDC_ALGORITHMS": "RS256",
            "SMTP_URL": f"smtp://{self._bind('SMTP')}",
            "MAIL_FROM": "Copse <copse@example.org>",
            "PORTAL_URL": self.addresses["portal"],
            "PORTAL_CLIENT_ID": "copse-portal",
            "PORTAL_CLIENT_SECRET": kept(secrets, "portal_client_secret"),
            "PORTAL_SECRET_KEY": kept(secrets, "portal_secret_key"),
            "PORTAL_SESSION_DIRECTORY": str(self.folder / "sessions"),
            "COPSE_IDENTITY_FOLDER": str(self.folder / "identity"),
            "CONTACT_EMAIL": "copse@example.org",
            "COPSE_DEMO": "1",
            "COPSE_CLOCK_FILE": str(self.clock or ""),
            "PYTHONUNBUFFERED": "1",
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
        }

    def _lock_folder(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = (self.folder / "system.lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            self._lock = None
            raise Failed(
                f"Copse runs already on the data in {self.folder}. Stop it with Ctrl-C where it was started."
            ) from None


def wait_for(futures: Iterable[Future[Any]]) -> None:
    """Return when all are done; raises the first error as soon as there is one."""
    done, _ = wait(futures, return_when=FIRST_EXCEPTION)
    for future in done:
        future.result()
