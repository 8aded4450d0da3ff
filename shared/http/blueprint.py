"""Where the routes of one resource are declared: flask-smorest's blueprint, stricter about what comes in."""

import json
from typing import Any

import flask_smorest
from flask import Request
from marshmallow import RAISE, Schema
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import UnsupportedMediaType


class _Strict(FlaskParser):
    """Refuses unknown query parameters, and every body that is not JSON as Python reads it."""

    DEFAULT_UNKNOWN_BY_LOCATION = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "query": RAISE}

    def load_json(self, req: Request, schema: Schema) -> Any:
        if req.content_length and not req.is_json:
            raise UnsupportedMediaType
        try:
            return super().load_json(req, schema)
        except (ValueError, RecursionError) as error:
            # Numbers of thousands of digits and brackets of thousands of levels are valid JSON, and nobody's wish.
            return self._handle_invalid_json_error(json.JSONDecodeError(str(error), "", 0), req)


class Blueprint(flask_smorest.Blueprint):
    """One a file of `api/`."""

    ARGUMENTS_PARSER = _Strict()

    def arguments(self, schema: type[Schema] | Schema, **options: Any) -> Any:
        """flask-smorest's, with the schema made once: it would be made anew for each request, which costs much."""
        return super().arguments(schema() if isinstance(schema, type) else schema, **options)
