"""Is the process up (`/healthz`), and can it be used (`/readyz`)?"""

from flask import Flask, Response, jsonify

from shared.database.pool import Unavailable
from shared.service import Running


def register(app: Flask, running: Running) -> None:
    """Adds both pages. They need no token and show nothing of anybody."""

    @app.get("/healthz")
    def healthz() -> Response:
        return jsonify({"status": "up"})

    @app.get("/readyz")
    def readyz() -> Response:
        missing = what_is_missing(running)
        response = jsonify({"status": "ready" if not missing else "not ready", "missing": missing})
        response.status_code = 503 if missing else 200
        return response


def what_is_missing(running: Running) -> list[str]:
    """What keeps this process from being used, a sentence each; empty when it is ready. Kafka is not needed here."""
    missing = []
    for database in (running.database, running.keyring_database):
        try:
            with database.transaction() as db:
                db.value(int, "select 1")
        except Unavailable as error:
            missing.append(str(error))
    if not missing:
        with running.database.transaction() as db:
            if db.value(str, "select to_regclass('public.projections')::text") is None:
                missing.append(f"The database is empty. Run: copse migrate {running.service.name}")
            else:
                there = set(db.all(str, "select name from projections"))
                missing += [
                    f"The projection {projection.name} has no tables. Run: copse migrate {running.service.name}"
                    for projection in running.service.projections
                    if projection.name not in there
                ]
    return missing
