"""On what a run was made: figures of another machine or a busy one are other figures."""

import os
import platform
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import psutil
import psycopg2

from deploy.embedded.jars import ROOTS


def facts(postgres_url: str) -> dict[str, object]:
    """What to print above the table and to write beside it."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count() or 0,
        "processor": _processor(),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "python": sys.version.split()[0],
        "postgresql": _postgres_version(postgres_url),
        "kafka": ROOTS[0].rpartition(":")[2],
        "load": "{:.2f} {:.2f} {:.2f}".format(*os.getloadavg()),
    }


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _postgres_version(url: str) -> str:
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "select current_setting('server_version') || ', synchronous_commit '"
                " || current_setting('synchronous_commit') || ', fsync ' || current_setting('fsync')"
            )
            row = cursor.fetchone()
    finally:
        connection.close()
    return str(row[0]) if row else "unknown"
