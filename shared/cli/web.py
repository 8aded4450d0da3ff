"""What gunicorn imports: the app of one service, made in the worker process, after the fork."""

import importlib

from flask import Flask

from shared.configuration import Settings
from shared.http.app import create_app
from shared.service import Running
from shared.telemetry import logs


def app(name: str) -> Flask:
    """The Flask app of a service, or the portal's."""
    logs.configure(name)
    if name == "portal":
        portal: Flask = importlib.import_module("services.portal.app").create_app()
        return portal
    service = importlib.import_module(f"services.{name}.service").service
    return create_app(Running(service, Settings.read(name)))
