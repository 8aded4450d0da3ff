"""The web process of a service: its resources, behind the same manners everywhere."""

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, jsonify
from werkzeug.middleware.proxy_fix import ProxyFix

from shared.http import authorization, changes, docs, health, metrics, problems, tracing
from shared.http.clients import TrustedProxies
from shared.http.resources import resources_of
from shared.service import Running

_LARGEST_BODY = 64 * 1024


class _App(Flask):
    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """No view is a coroutine: Flask would look at each of them nine times a request."""
        return func


def create_app(running: Running) -> Flask:
    """A Flask app for one service. `/openapi.json` says what it can do and which permission each route needs."""
    service = running.service
    app = _App(service.name, static_folder=None)
    app.config.update(
        API_TITLE=service.title,
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/",
        OPENAPI_JSON_PATH="openapi.json",
        MAX_CONTENT_LENGTH=_LARGEST_BODY,
        PROPAGATE_EXCEPTIONS=False,
    )
    app.extensions["copse"] = running
    # Behind the gateway an address has a prefix (/api/membership), which Location and Link must carry.
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1, x_prefix=1)  # type: ignore[method-assign]
    app.wsgi_app = TrustedProxies(app.wsgi_app, running.settings.trusted_proxies)  # type: ignore[method-assign]
    metrics.time_requests(app)
    tracing.follow(app)
    api = problems.ProblemApi(app)
    api.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
    for resource in resources_of(service):
        api.register_blueprint(resource)
    _errors_are_problems(api)
    _lists_are_pages(api)
    problems.register(app)
    authorization.guard(app, running)
    changes.repeat_answers(app)
    health.register(app, running)
    metrics.register(app, running)
    docs.register(app, running, api)

    @app.after_request
    def manners(response: Response) -> Response:
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        return response

    @app.get("/")
    def index() -> Response:
        return jsonify({"service": service.name, "title": service.title, "openapi": "/openapi.json", "docs": "/docs"})

    return app


def _lists_are_pages(api: problems.ProblemApi) -> None:
    """Makes the OpenAPI document say what is sent: every list is the `items` of an object (shared/http/reads.py)."""
    for methods in api.spec._paths.values():  # apispec shows its paths in no other way before they are sent
        for content in methods.get("get", {}).get("responses", {}).get("200", {}).get("content", {}).values():
            schema = content.get("schema", {})
            if schema.get("type") == "array":
                content["schema"] = {"type": "object", "required": ["items"], "properties": {"items": schema}}


def _errors_are_problems(api: problems.ProblemApi) -> None:
    """Makes the OpenAPI document say what is sent: problem+json for every error."""
    schema: dict[str, Any] = {
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "instance": {"type": "string"},
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
                },
            },
        },
    }
    api.spec.components.schema("Problem", schema)
    content = {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for response in api.spec.components.responses.values():
        response["content"] = content
