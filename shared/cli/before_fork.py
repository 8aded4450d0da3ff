"""gunicorn's settings: its first process loads the modules, and the workers that it forks share them.

Only modules: the app with its connections is made in each worker, because connections and threads do not survive a
fork. Two workers so cost little more memory than one.
"""

import gc
from typing import Any

from shared.cli.web import load


def on_starting(server: Any) -> None:
    """`server` is gunicorn's arbiter, named after the service."""
    load(server.cfg.proc_name)
    gc.collect()
    gc.freeze()  # the collector would write into each object, and so give each worker its own copy
