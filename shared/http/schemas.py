"""What may come in: unknown fields are refused, text is text, times carry their offset."""

import unicodedata
from datetime import UTC, datetime
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, pre_load, validate

_EARLIEST, _LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class RequestSchema(Schema):
    """The schema of every request body. Text is trimmed; control characters are refused before anything is stored."""

    class Meta:
        unknown = RAISE

    @pre_load
    def tidy(self, data: Any, **_: Any) -> Any:
        wrong: dict[str, list[str]] = {}
        tidied = {key: _tidy(value, str(key), wrong) for key, value in data.items()} if isinstance(data, dict) else data
        if wrong:
            raise ValidationError(wrong)
        return tidied


def _tidy(data: Any, field: str, wrong: dict[str, list[str]]) -> Any:
    match data:
        case str() if _has_control_characters(data):
            wrong[field] = ["Text may not hold control characters. Remove them, or type the text again."]
        case str():
            return unicodedata.normalize("NFC", data).strip()
        case list():
            return [_tidy(each, field, wrong) for each in data]
        case dict():
            return {key: _tidy(value, field, wrong) for key, value in data.items()}
    return data


def _has_control_characters(text: str) -> bool:
    """Control characters break printed letters; lone surrogates cannot be stored at all."""
    return any(unicodedata.category(each) in ("Cc", "Cs") and each not in "\n\r\t" for each in text)


def line(longest: int = 200, **options: Any) -> fields.String:
    """One line of text, not empty."""
    return fields.String(
        validate=[
            validate.Length(1, longest, error=f"Write 1 to {longest} characters."),
            validate.Regexp(r"^[^\n\r]*$", error="Write this on one line."),
        ],
        **options,
    )


def paragraphs(longest: int = 5_000, **options: Any) -> fields.String:
    """Text of any number of lines, not empty."""
    return fields.String(validate=validate.Length(1, longest, error=f"Write 1 to {longest} characters."), **options)


def instant(**options: Any) -> fields.AwareDateTime:
    """RFC 3339 with offset. A time without one is refused, because nobody can say when it is.

    So is one near the end of the calendar: moved to another offset it may have no year, and could be stored but
    never read again.
    """
    return fields.AwareDateTime(
        format="iso",
        error_messages={"invalid_awareness": "Add the offset, such as Z or +01:00."},
        validate=validate.Range(_EARLIEST, _LATEST, max_inclusive=False, error="Give a year from 1900 to 2199."),
        **options,
    )
