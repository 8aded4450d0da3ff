"""A real PostgreSQL on this machine, for the demo and for tests: the one of the wheel, else the system's.

with Postgres(folder, databases=["copse_membership"]) as postgres:
    psycopg2.connect(postgres.url("copse_membership"))
"""

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil
import psycopg2
from psycopg2 import sql

from deploy.embedded.ports import free_port
from deploy.embedded.postgres_programs import Programs, account_for_root, let_account_reach
from deploy.embedded.processes import Failed, Process

OWNER = "copse"
READY_LIMIT = 90.0
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    # Every process uses a URL with host and port; a socket's path would be too long in a deep folder.
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    # As shipped, written down because the promises of the event store stand on them.
    "fsync": "on",
    "synchronous_commit": "on",
    # A transaction that somebody forgot holds back every reader of events (they read below the oldest one).
    "idle_in_transaction_session_timeout": "60s",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %d ",
    "jit": "off",
}


class Postgres:
    """One server with its files in `folder`; they stay there between starts."""

    def __init__(
        self,
        folder: Path,
        port: int = 0,
        databases: Iterable[str] = (),
        log: Path | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """A port of 0 is chosen freely, once. `databases` are made at the start when they are not there.

        `settings` come on top of those above.
        """
        self.folder = folder.resolve()
        self.port = port or free_port()
        self.databases = tuple(databases)
        self.log = log or self.folder / "postgres.log"
        self.settings = {**SETTINGS, **(settings or {})}
        self.process: Process | None = None

    def url(self, database: str = "postgres") -> str:
        """postgresql://… of one database, good for psycopg2 from any process of this machine."""
        return f"postgresql://{OWNER}:{self._password()}@127.0.0.1:{self.port}/{database}"

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.running

    def prepare(self) -> Process:
        """Make the server's files when there are none; the process is ready to be started."""
        programs = Programs.find()
        data = self.folder / "data"
        self.folder.mkdir(parents=True, exist_ok=True)
        account = None
        if os.geteuid() == 0:
            # PostgreSQL refuses to run as root.
            account = account_for_root()
            let_account_reach(programs.folder, self.folder)
            data.mkdir(exist_ok=True)
            data.chmod(0o700)
            os.chown(data, account.pw_uid, account.pw_gid)
        name = account.pw_name if account else None
        if not (data / "PG_VERSION").exists():
            self._initialise(programs, data, name)
        made_by = int((data / "PG_VERSION").read_text())
        if made_by != programs.version:
            raise Failed(
                f"The data in {data} was made by PostgreSQL {made_by}, and this machine now has "
                f"{programs.version}. `make demo-reset` forgets the demo's data."
            )
        settings = [word for key, value in self.settings.items() for word in ("-c", f"{key}={value}")]
        self.process = Process(
            "PostgreSQL",
            [programs.folder / "postgres", "-D", data, "-p", str(self.port), *settings],
            self.log,
            environment={"LC_ALL": "C"},
            user=name,
            stop_signal=signal.SIGINT,  # its "fast shutdown": orderly, without waiting for clients to leave
            stop_limit=20,
        )
        return self.process

    def start(self) -> None:
        """Returns when every database takes connections. Raises Failed when the server does not come up."""
        process = self.process or self.prepare()
        process.start()
        process.wait_until(self.ready, READY_LIMIT)
        self.make_databases()

    def ready(self) -> bool:
        try:
            psycopg2.connect(self.url(), connect_timeout=3).close()
        except psycopg2.OperationalError:
            return False
        return True

    def stop(self) -> None:
        """An orderly stop that does not wait for clients to leave."""
        if self.process:
            self.process.stop()

    def kill(self) -> None:
        """What a power cut does to it (SIGKILL); `start()` brings back every committed transaction."""
        if self.process:
            children = self._server_processes()
            self.process.kill()
            for pid in children:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

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

    def _password(self) -> str:
        """Of the one owner of all databases; made at the first start, and good for this folder only."""
        file = self.folder / "password"
        if not file.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600)
            file.write_text(secrets.token_urlsafe(24))
        return file.read_text()

    def _initialise(self, programs: Programs, data: Path, account: str | None) -> None:
        """initdb: UTF-8, and a password even on 127.0.0.1, where every account of the machine can connect."""
        self._password()
        password = self.folder / "password"
        if account:
            # initdb reads it as that account; root can always.
            shutil.chown(password, account, account)
        # Letters beyond ASCII have upper and lower case in this locale, and it is the same on every machine.
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if programs.version >= 17 else []
        choices = [f"--pwfile={password}", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", *locale]
        done = subprocess.run(
            [str(programs.folder / "initdb"), "-D", str(data), "-U", OWNER, *choices],
            capture_output=True,
            text=True,
            user=account,
            group=account,
            extra_groups=[] if account else None,
            cwd="/",
        )
        if done.returncode != 0:
            raise Failed(f"PostgreSQL could not make its files in {data}:\n{done.stdout}{done.stderr}")

    def make_databases(self) -> None:
        """Make those of `databases` that are not there yet."""
        connection = psycopg2.connect(self.url())
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute("select datname from pg_database")
                there = {name for (name,) in cursor.fetchall()}
                for name in self.databases:
                    if name not in there:
                        cursor.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        finally:
            connection.close()

    def _server_processes(self) -> list[int]:
        """Each process of the server makes a group of its own: killing the first one's is not enough."""
        assert self.process is not None
        try:
            return [child.pid for child in psutil.Process(self.process.pid).children(recursive=True)]
        except psutil.Error:
            return []
