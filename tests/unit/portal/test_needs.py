"""What somebody needs, between the form and the service."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from services.portal import forms, needs

OFFERED: list[dict[str, Any]] = [
    {"code": "captions", "text": "Captions", "detail": None, "detail_needed": False},
    {"code": "breaks", "text": "Breaks", "detail": "How often?", "detail_needed": False},
    {"code": "other", "text": "Something else", "detail": "What?", "detail_needed": True},
]
TOLD = {"needs": [{"code": "breaks", "detail": "Each hour"}], "words": "Thanks.", "sharing": []}
PAGE = needs.Page(OFFERED, {}, TOLD, '"3"')


@pytest.fixture(autouse=True)
def in_a_request() -> Iterator[None]:
    app = Flask(__name__)
    app.secret_key = "a long random text"
    with app.test_request_context("/me/needs"):
        yield


def sent(**values: Any) -> forms.Form:
    form = forms.blank(PAGE.fields)
    for name, value in values.items():
        form.values.setlist(name.replace("_", "-"), value if isinstance(value, list) else [value])
    return form


def test_what_was_said_before_stands_in_the_form() -> None:
    form = PAGE.form()
    assert (form.chosen("needs"), form.get("detail-breaks"), form.get("words")) == (["breaks"], "Each hour", "Thanks.")
    assert form.seen == '"3"'


def test_the_request_holds_what_is_ticked_and_no_detail_of_what_is_not() -> None:
    form = sent(needs=["captions", "breaks"], detail_breaks="", detail_other="Typed, then unticked")
    assert needs.check(form, PAGE) == {"needs": [{"code": "captions"}, {"code": "breaks"}]}
    assert form.ok


def test_where_the_name_does_not_tell_what_to_arrange_it_is_asked_for() -> None:
    form = sent(needs=["other"])
    needs.check(form, PAGE)
    assert form.errors == {"detail-other": "Something else: What?"}


def test_another_form_that_failed_does_not_empty_the_questions() -> None:
    form = needs.with_what_was_said(sent(action="share"), PAGE)
    assert (form.chosen("needs"), form.get("detail-breaks"), form.seen) == (["breaks"], "Each hour", '"3"')
    kept = needs.with_what_was_said(sent(action="say", needs=["other"]), PAGE)
    assert kept.chosen("needs") == ["other"]
