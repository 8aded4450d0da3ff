"""A service's problem becomes sentences beside the right fields."""

from typing import Any

from services.portal.api_client import FieldError, problem_from
from services.portal.forms import Form


def problem(*errors: tuple[str, str], detail: str = "Some of what was sent is not right.") -> Any:
    return {
        "type": "urn:copse:problem:invalid",
        "title": "Unprocessable",
        "detail": detail,
        "errors": [{"pointer": pointer, "detail": sentence} for pointer, sentence in errors],
    }


def test_pointers_become_field_names() -> None:
    read = problem_from("meetings", 422, problem(("#/speaker/name", "a"), ("#/communities/0", "b"), ("#/", "c")))
    assert read.code == "invalid"
    assert read.errors == (FieldError("speaker-name", "a"), FieldError("communities", "b"), FieldError("", "c"))


def test_a_document_of_another_shape_is_no_error_of_its_own() -> None:
    odd: Any
    for odd in (None, [], "x", {"errors": "x"}, {"errors": ["x"]}):
        assert problem_from("ppi", 500, odd).errors == ()


def test_the_summary_links_to_the_fields_in_the_pages_order() -> None:
    form = Form(("title", "starts"))
    form.take(
        problem_from(
            "meetings", 422, problem(("#/starts_at", "Later."), ("#/title", "Shorter."), ("#/oddity", "What?"))
        ),
        {"starts_at": "starts"},
    )
    assert form.error_list == [
        {"text": "Shorter.", "href": "#title"},
        {"text": "Later.", "href": "#starts"},
        {"text": "What?"},
    ]


def test_a_refusal_without_fields_is_told_in_its_own_sentence() -> None:
    form = Form(("answer",))
    form.take(problem_from("meetings", 409, problem(detail="This meeting no longer takes replies.")))
    assert form.error_list == [{"text": "This meeting no longer takes replies."}]
    assert not form.ok


def test_a_mended_form_is_a_new_request_but_a_repeated_one_is_the_same() -> None:
    form = Form(("answer",))
    first = form.key
    form.take_absence()
    assert form.key == first, "nobody knows whether it was stored: sending it again must not store it twice"
    form.take(problem_from("meetings", 409, problem()))
    assert form.key != first, "the same key with another body would be refused"


def test_a_rule_about_one_field_is_told_beside_that_field() -> None:
    form = Form(("needed_by",))
    refusal = {"type": "urn:copse:problem:too-soon", "status": 409, "detail": "Reviewers need at least 14 days."}
    form.take(problem_from("ppi", 409, refusal), {"too-soon": "needed_by"})
    assert form.error_list == [{"text": "Reviewers need at least 14 days.", "href": "#needed_by"}]
