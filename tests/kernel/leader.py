"""One worker process of a service that writes notebooks: a relay that leads or stands by, to be ended.

python -m tests.kernel.leader <service>     with DATABASE, KEYRING_DATABASE_URL, ... in the environment
"""

import os
import sys
from pathlib import Path

from shared.configuration import Settings
from shared.service import Running, Service
from shared.worker import Worker


def service(name: str) -> Service:
    return Service(
        name=name,
        title="Notebooks",
        folder=Path(__file__).parent,
        aggregates=[],
        projections=[],
        reactions=[],
        resources=lambda: [],
        permissions={},
        find_member=lambda *_: None,
    )


if __name__ == "__main__":
    [name] = sys.argv[1:]
    variables = {**os.environ, f"{name.upper()}_DATABASE_URL": os.environ["DATABASE"]}
    sys.exit(Worker(Running(service(name), Settings.read(name, variables)), ["relay"]).run())
