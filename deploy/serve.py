"""Serve one WSGI application of the demo's companions with gunicorn, in this process's own settings."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from gunicorn.app.base import BaseApplication

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """One worker, because the companions keep all in memory; threads, because browsers ask in parallel."""

    def __init__(
        self, application: "WSGIApplication", bind: str, when_forked: Callable[[], object] = lambda: None
    ) -> None:
        """`when_forked` runs once in the worker: threads that the application needs must start there."""
        self.application = application
        self.choices = {
            "bind": bind,
            "workers": 1,
            "threads": 8,
            "worker_class": "gthread",
            "loglevel": "warning",
            "control_socket_disable": True,
            # Idle connections of browsers would hold up every stop by two seconds.
            "keepalive": 0,
            "graceful_timeout": 3,
            "post_fork": lambda server, worker: when_forked(),  # noqa: ARG005
        }
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.choices.items():
            self.cfg.set(name, value)

    def load(self) -> "WSGIApplication":
        return self.application
