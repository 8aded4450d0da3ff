"""Logs: one JSON object a line, never a person's data.

Tracebacks carry no local variables: those of a handler hold names.
"""

import logging
import os
import sys

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict

from shared.telemetry import tracing


def configure(service: str) -> None:
    """Sets up structlog for one process. LOG_LEVEL as in the standard library; INFO by default."""
    level = logging.getLevelNamesMapping().get(os.environ.get("LOG_LEVEL", "INFO").upper(), logging.INFO)

    def of_service(_logger: object, _name: str, line: EventDict) -> EventDict:
        """Not a context variable: each thread begins with none."""
        line.setdefault("service", service)
        return line

    tracing.called(service)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            of_service,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
