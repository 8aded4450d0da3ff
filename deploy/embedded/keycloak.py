"""A real Keycloak on this machine with the realm of `deploy/keycloak`: for the tests of what adopters run.

with Keycloak(folder, portal_url, client_secret, admin_password) as keycloak:
    Settings(issuer=keycloak.issuer, roles_claim="realm_access.roles", ...)
"""

import fcntl
import shutil
import zipfile
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.embedded import jars
from deploy.embedded.java import java
from deploy.embedded.places import CHECKOUT, STATE
from deploy.embedded.ports import answers, free_port
from deploy.embedded.processes import Process

OURS = CHECKOUT / "deploy" / "keycloak"
LOCK = OURS / "keycloak.lock"
REALM = OURS / "copse-realm.json"
ADMIN = "admin"
# Small and quick to start, as Kafka's (deploy/embedded/kafka.py): 450 MB resident.
JVM = "-XX:-UseG1GC -XX:+UseSerialGC -XX:TieredStopAtLevel=1"
READY_LIMIT = 600.0  # its first start puts its own parts together: over a minute of processor time


class Keycloak:
    """In development mode: everything in memory, plain HTTP on 127.0.0.1, forgotten when it stops."""

    def __init__(self, folder: Path, portal_url: str, client_secret: str, admin_password: str) -> None:
        self.folder, self.port, self.management_port = folder.resolve(), free_port(), free_port()
        self.environment = {
            "PORTAL_URL": portal_url,
            "PORTAL_CLIENT_SECRET": client_secret,
            "KC_BOOTSTRAP_ADMIN_USERNAME": ADMIN,
            "KC_BOOTSTRAP_ADMIN_PASSWORD": admin_password,
            "JAVA_OPTS_KC_HEAP": "-Xms64m -Xmx384m",
            "JAVA_OPTS_APPEND": JVM,
        }
        self.process: Process | None = None
        self._lock: TextIOWrapper | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def issuer(self) -> str:
        """For OIDC_ISSUER."""
        return f"{self.address}/realms/copse"

    def start(self) -> None:
        """Returns when people can sign in. Raises Failed, or CannotInstall when the distribution cannot be had."""
        program, home = java(), installed()
        self._lock = (home / "in-use.lock").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)  # it writes into its own folder: one at a time
        (home / "data" / "import").mkdir(parents=True, exist_ok=True)
        shutil.copy(REALM, home / "data" / "import")
        self.process = Process(
            "Keycloak",
            [
                home / "bin" / "kc.sh", "start-dev", "--import-realm", "--db=dev-mem", "--cache=local",
                "--http-host=127.0.0.1", f"--http-port={self.port}", f"--http-management-port={self.management_port}",
            ],
            self.folder / "keycloak.log",
            environment={**self.environment, "JAVA": str(program)},
            stop_limit=20,
        )  # fmt: skip
        self.process.start()
        self.process.wait_until(lambda: answers(f"{self.issuer}/.well-known/openid-configuration"), READY_LIMIT)

    def stop(self) -> None:
        if self.process:
            self.process.stop()
        if self._lock:
            self._lock.close()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def locked() -> jars.Jar:
    [line] = [line.split() for line in LOCK.read_text().splitlines() if not line.startswith("#")]
    return jars.Jar(coordinate=line[0], sha256=line[1])


def installed() -> Path:
    """Its own folder in `.copse`, with what its first start made of it. Raises CannotInstall."""
    version = locked().coordinate.split(":")[2]
    home = STATE / f"keycloak-{version}"
    if not home.exists():
        archive = locked().fetch(jars.repository(STATE / "maven"))
        half = STATE / f"keycloak-{version}.half"
        shutil.rmtree(half, ignore_errors=True)
        with zipfile.ZipFile(archive) as files:
            files.extractall(half)
        (half / home.name / "bin" / "kc.sh").chmod(0o755)
        (half / home.name).rename(home)
        half.rmdir()
    return home
