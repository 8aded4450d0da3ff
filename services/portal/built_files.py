"""Serves the built style sheet, fonts, script and mark under an address that changes with their content."""

from __future__ import annotations

import hashlib
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, send_from_directory, url_for

FOLDER = Path(__file__).parent / "static" / "build"
NEEDED = ("copse.css", "govuk-frontend.min.js", "mark.svg")


def digest_of(folder: Path) -> str:
    """Twelve hex letters over all names and contents, so that one changed file changes every address."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def missing() -> list[str]:
    """Names of the files that `npm run build` should have made and has not."""
    return [name for name in NEEDED if not (FOLDER / name).is_file()]


def install(app: Flask) -> None:
    blueprint = Blueprint("built_files", __name__)
    current = digest_of(FOLDER) if FOLDER.is_dir() else "unbuilt"

    @blueprint.get("/build/<digest>/<path:name>")
    def serve(digest: str, name: str) -> Response:
        if not FOLDER.is_dir():
            abort(404)
        response = send_from_directory(FOLDER, name)
        # An address from before an update still answers, but nobody may keep its answer under the old name.
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if digest == current else "no-cache"
        return response

    app.register_blueprint(blueprint)
    app.jinja_env.globals["built"] = lambda name: url_for("built_files.serve", digest=current, name=name)
