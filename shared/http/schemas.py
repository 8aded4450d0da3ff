"""What may come in: unknown fields are refused, text is text, times carry their offset."""

import unicodedata
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, pre_load, validate


class RequestSchema(Schema):
    """The schema of every request body. Text is trimmed; control characters are refused before anything is stored."""

    class Meta:
        unknown = RAISE

    @pre_load
    def tidy(self, data: Any, **_: Any) -> Any:
        return _tidy(data)


def _tidy(data: Any) -> Any:
    match data:
        case str():
            return _text(data)
        case list():
            return [_tidy(each) for each in data]
        case dict():
            return {key: _tidy(value) for key, value in data.items()}
    return data


def _text(text: str) -> str:
    for character in text:
        if unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\r\t":
            raise ValidationError("Text may not hold control characters. Remove them, or type the text again.")
    return unicodedata.normalize("NFC", text).strip()


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
    """RFC 3339 with offset. A time without one is refused, because nobody can say when it is."""
    return fields.AwareDateTime(format="iso", error_messages={"invalid_awareness": "Add the offset, such as Z or +01:00."},
                                **options)  # fmt: skip
