"""What may come in: unknown fields are refused, text is text, times carry their offset."""

import re
import unicodedata
from datetime import UTC, datetime
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, pre_load, validate

_PLAINLY = {"required": "Fill this in.", "null": "Fill this in, or leave the field out."}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")  # Unicode's Cc and Cs, but for \t \n \r
_EARLIEST, _LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class RequestSchema(Schema):
    """The schema of every request body. Text is trimmed; control characters are refused before anything is stored."""

    class Meta:
        unknown = RAISE

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:  # noqa: ARG002  # marshmallow asks
        field_obj.error_messages = {**field_obj.error_messages, **_PLAINLY}

    @pre_load
    def tidy(self, data: Any, **_: Any) -> Any:
        wrong: dict[str | int, Any] = {}
        tidied = _tidy(data, wrong)
        if wrong:
            raise ValidationError(wrong)
        return tidied


def _tidy(data: Any, wrong: dict[str | int, Any]) -> Any:
    """`data` with all its text trimmed. `wrong` gets what cannot be stored, nested as marshmallow nests messages."""
    match data:
        case dict():
            return {key: _tidy_part(value, key, wrong) for key, value in data.items()}
        case list():
            return [_tidy_part(value, nth, wrong) for nth, value in enumerate(data)]
        case str():
            return unicodedata.normalize("NFC", data).strip()
    return data


def _tidy_part(data: Any, key: str | int, wrong: dict[str | int, Any]) -> Any:
    if isinstance(data, str) and _has_control_characters(data):
        wrong[key] = ["Text may not hold control characters. Remove them, or type the text again."]
    inside: dict[str | int, Any] = {}
    tidied = _tidy(data, inside)
    if inside:
        wrong[key] = inside
    return tidied


def _has_control_characters(text: str) -> bool:
    """Control characters break printed letters; lone surrogates cannot be stored at all."""
    return _CONTROL.search(text) is not None


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


def link(**options: Any) -> fields.URL:
    """An address of a web page."""
    return fields.URL(
        schemes={"https", "http"},
        error_messages={"invalid": "Write a web address, such as https://example.org/page."},
        validate=validate.Length(max=2_000, error="Write at most 2000 characters."),
        **options,
    )


def whole(least: int, most: int, **options: Any) -> fields.Integer:
    """A whole number in a range. 2.5 is refused, not cut to 2."""
    return fields.Integer(
        strict=True,
        error_messages={"invalid": "Write a whole number."},
        validate=validate.Range(least, most, error=f"Write a number from {least} to {most}."),
        **options,
    )


def period(**options: Any) -> fields.String:
    """A year, a month or a day, as exact as is known: 2021, 2021-07 or 2021-07-05."""
    return fields.String(
        validate=validate.Regexp(
            r"^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$",
            error="Write a year, a month or a day: 2021, 2021-07 or 2021-07-05.",
        ),
        **options,
    )


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
