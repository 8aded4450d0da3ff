"""Words that people meet here, explained."""

from __future__ import annotations

import tomllib
from pathlib import Path

from flask import Blueprint, render_template

blueprint = Blueprint("glossary", __name__)

ENTRIES: list[dict[str, str]] = tomllib.loads(
    (Path(__file__).parent.parent / "glossary.toml").read_text(encoding="utf-8")
)["entry"]


@blueprint.get("/glossary")
def show() -> str:
    return render_template("glossary/show.html.jinja", entries=sorted(ENTRIES, key=lambda entry: entry["term"].lower()))
