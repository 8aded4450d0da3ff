"""Logs: one JSON object a line, never a person's data.

Tracebacks carry no local variables: those of a handler hold names. They carry an error's text only where that quotes
nobody: PostgreSQL's holds the row that it refused. Which error it was, and where, is told of each.
"""

import logging
import os
import sys
from collections.abc import Iterator
from typing import Any

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, ExcInfo, Processor

from shared.failures import quotes_nobody
from shared.telemetry import tracing


def configure(service: str) -> None:
    """Sets up structlog for one process. LOG_LEVEL as in the standard library; INFO by default."""
    level = logging.getLevelNamesMapping().get(os.environ.get("LOG_LEVEL", "INFO").upper(), logging.INFO)
    tracing.called(service)
    structlog.configure(
        processors=processors(service),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def processors(service: str) -> list[Processor]:
    """What makes a line of what is logged."""

    def of_service(_logger: object, _name: str, line: EventDict) -> EventDict:
        """Not a context variable: each thread begins with none."""
        line.setdefault("service", service)
        return line

    return [
        structlog.contextvars.merge_contextvars,
        of_service,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(_traced),
        structlog.processors.JSONRenderer(),
    ]


_with_texts = ExceptionDictTransformer(show_locals=False)


def _traced(exc_info: ExcInfo) -> list[dict[str, Any]]:
    stacks = _with_texts(exc_info)
    withheld = {str(each) for each in _those_behind(exc_info[1], set()) if not quotes_nobody(each)}
    _withhold(withheld, stacks)
    return stacks


def _those_behind(error: BaseException | None, seen: set[int]) -> Iterator[BaseException]:
    """An error and each one that it came from."""
    if error is None or id(error) in seen:
        return
    seen.add(id(error))
    yield error
    for each in (error.__cause__, error.__context__, *getattr(error, "exceptions", ())):
        yield from _those_behind(each, seen)


def _withhold(texts: set[str], stacks: list[dict[str, Any]]) -> None:
    for stack in stacks:
        if stack["exc_value"] in texts:
            stack["exc_value"] = ""
        for group in stack.get("exceptions", ()):
            _withhold(texts, group)
