"""The least that Flask and gunicorn can do for an append: what `http_append` is measured beside.

No token, permission, schema, problem, metrics, trace or doorbell: JSON in, the house's own SQL, JSON out.
"""

import os
import threading
from datetime import UTC, datetime
from uuid import uuid4

import msgspec
import psycopg2
from flask import Flask, Response, jsonify, request

from shared.cli.gunicorn_hooks import post_fork, pre_fork  # noqa: F401  # gunicorn calls them: on one core, as ours is
from tests.benchmarks.payload import METADATA_JSON

_APPEND = "select append_one(%s, %s, %s::uuid, %s, %s::smallint, %s, %s, %s)"


def app() -> Flask:
    """What gunicorn calls; the database is in `BARE_DATABASE_URL`."""
    made, own = Flask(__name__), threading.local()

    @made.get("/readyz")
    def ready() -> Response:
        return jsonify({"status": "ready"})

    @made.post("/v1/meetings")
    def post() -> Response:
        if not hasattr(own, "connection"):
            own.connection = psycopg2.connect(os.environ["BARE_DATABASE_URL"])
            own.connection.autocommit = True
        id, data = uuid4(), msgspec.json.encode(request.get_json()).decode()
        now = datetime.now(UTC)
        with own.connection.cursor() as cursor:
            cursor.execute(_APPEND, (f"meeting-{id}", 0, str(uuid4()), "meeting-planned", 1, data, METADATA_JSON, now))
            [(place,)] = cursor.fetchall()
        answer = jsonify({"id": str(id)})
        answer.status_code = 201 if len(place) == 2 else 412
        return answer

    return made
