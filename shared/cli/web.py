"""What gunicorn imports: the app of one service, made in the worker process, after the fork."""

import importlib
from types import ModuleType

from flask import Flask

from shared.configuration import Settings
from shared.http.app import create_app
from shared.service import Running
from shared.telemetry import logs


def app(name: str) -> Flask:
    """The Flask app of a service, or the portal's."""
    logs.configure(name)
    module = load(name)
    if name == "portal":
        portal: Flask = module.create_app()
        return portal
    return create_app(Running(module.service, Settings.read(name)))


def load(name: str) -> ModuleType:
    """The module that a service (or the portal) is made from, with all that it needs."""
    if name == "portal":
        return importlib.import_module("services.portal.app")
    module = importlib.import_module(f"services.{name}.service")
    module.service.resources()
    return module
