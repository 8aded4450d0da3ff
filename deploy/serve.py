"""Serve one WSGI application of the demo's companions with gunicorn, in this process's own settings."""

from typing import TYPE_CHECKING

from gunicorn.app.base import BaseApplication

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class Server(BaseApplication):
    """One worker, because the companions keep what they know in memory; threads, because browsers ask in parallel."""

    def __init__(self, application: "WSGIApplication", bind: str, threads: int = 8) -> None:
        self.application = application
        self.choices = {
            "bind": bind,
            "workers": 1,
            "threads": threads,
            "worker_class": "gthread",
            "loglevel": "warning",
            "control_socket_disable": True,
            "graceful_timeout": 3,
        }
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.choices.items():
            self.cfg.set(name, value)

    def load(self) -> "WSGIApplication":
        return self.application
