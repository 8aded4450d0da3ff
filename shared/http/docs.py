"""`/docs`: what a service can do, as a page to read, made from its OpenAPI document. It loads nothing."""

from base64 import b64encode
from hashlib import sha256
from pathlib import Path

from flask import Flask, Response, request
from flask_smorest import Api

from shared.http.described import topics
from shared.release import RELEASE
from shared.service import Running

_TEMPLATES = Path(__file__).parent / "templates"


def register(app: Flask, running: Running, api: Api) -> None:
    """Adds the page. It needs no token: it tells of routes, never of people."""

    @app.get("/docs")
    def docs() -> Response:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined  # few ask; the others need not hold it

        style = (_TEMPLATES / "docs.css").read_text()
        templates = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=StrictUndefined,
        )
        page = templates.get_template("docs.html.jinja").render(
            service=running.service,
            address=request.url_root.rstrip("/"),
            release=RELEASE,
            topics=topics(api.spec.to_dict(), running.permissions),
            style=style,
        )
        response = Response(page, content_type="text/html; charset=utf-8")
        response.headers["Content-Security-Policy"] = (
            f"default-src 'none'; style-src 'sha256-{b64encode(sha256(style.encode()).digest()).decode()}';"
            " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        response.headers["Cache-Control"] = "no-cache"
        return response
