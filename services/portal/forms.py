"""What a person typed, what was wrong with it, and the same form again with both.

The services hold the rules. The portal only says what is plainly missing, in the page's own words, and maps
a service's problem to the fields. A form keeps two hidden values: `key`, so that a double click stores once,
and `seen`, the version the person was looking at.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from flask import request, session
from werkzeug.datastructures import MultiDict

from services.portal.api_client import Problem


@dataclass
class Form:
    """`fields` are the names in the page's order; `errors` maps some of them to a sentence."""

    fields: Sequence[str]
    values: MultiDict[str, str] = field(default_factory=MultiDict)
    key: str = field(default_factory=lambda: str(uuid.uuid4()))
    seen: str = ""
    restored: bool = False  # what was typed before the sign-in ran out
    errors: dict[str, str] = field(default_factory=dict)
    general: list[str] = field(default_factory=list)

    def get(self, name: str) -> str:
        return (self.values.get(name) or "").strip()

    def chosen(self, name: str) -> list[str]:
        return self.values.getlist(name)

    def refuse(self, name: str, sentence: str) -> None:
        """Mark a field. The first sentence about a field stays."""
        self.errors.setdefault(name, sentence)

    def require(self, name: str, sentence: str) -> str:
        value = self.get(name)
        if not value:
            self.refuse(name, sentence)
        return value

    @property
    def ok(self) -> bool:
        return not (self.errors or self.general)

    def take(self, problem: Problem, names: Mapping[str, str] | None = None) -> None:
        """Show a service's refusal. `names` maps its field names, and the codes of rules about one field, to ours."""
        self.key = str(uuid.uuid4())  # nothing was stored; the mended form is a new request
        for error in problem.errors:
            name = (names or {}).get(error.name, error.name)
            if name in self.fields:
                self.refuse(name, error.detail)
            else:
                self.general.append(error.detail)
        about = (names or {}).get(problem.code, "")
        if not problem.errors and about in self.fields:
            self.refuse(about, problem.detail)
        elif not problem.errors:
            self.general.append(problem.detail or problem.title or "This could not be stored.")

    def take_absence(self) -> None:
        """Nobody knows whether it was stored: the key stays, so that sending again cannot store it twice."""
        self.general.append(
            "We could not store this just now. What you typed is still here. Send it again in a minute."
        )

    @property
    def error_list(self) -> list[dict[str, str]]:
        """Items for the error summary, in the page's order; each links to the first control of its field."""
        linked = [{"text": self.errors[name], "href": f"#{name}"} for name in self.fields if name in self.errors]
        return linked + [{"text": sentence} for sentence in self.general]


def blank(fields: Iterable[str], *, action: str | None = None, seen: str = "", **defaults: str) -> Form:
    """A form to fill in. Where the sign-in ran out while somebody typed, it holds what she had typed.

    `action` tells one form of a page from its others; None takes what was typed into any of them.
    """
    form = Form(tuple(fields), MultiDict(defaults), seen=seen)
    unsent = session.get("unsent") if session else None
    if unsent and unsent["path"] == request.path and action in (None, unsent["values"].get("action", [""])[0]):
        session.pop("unsent")
        form.values = MultiDict((name, text) for name, texts in unsent["values"].items() for text in texts)
        form.restored = True
    return form


def sent(fields: Iterable[str]) -> Form:
    """The form as the browser sent it."""
    key = request.form.get("key", "")
    return Form(
        tuple(fields),
        MultiDict(request.form),
        key=key or str(uuid.uuid4()),
        seen=request.form.get("seen", ""),
    )
