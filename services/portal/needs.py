"""What somebody needs to take part, as a form: the same for herself and for a coordinator who types it for her."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.portal import conversation, forms

SERVICE_NAMES = {"needs-code": "needs", "needs-detail": "needs", "need-twice": "needs", "detail-missing": "needs"}

SAID = {
    "say": "Thank you. This is stored.",
    "right": "Thank you. We ask again in a year.",
    "share": "Thank you. Whoever runs a meeting that you come to is told what to arrange.",
    "stop": "Stopped. Nothing of this is told any more, and what was to be arranged is taken off the lists.",
}
PURPOSE = "meetings"


@dataclass(frozen=True)
class Page:
    """`offered` is the list to choose from, `wording` what sharing means, `told` what this person said before."""

    offered: list[dict[str, Any]]
    wording: dict[str, Any]
    told: dict[str, Any]
    etag: str

    @property
    def fields(self) -> list[str]:
        details = [f"detail-{need['code']}" for need in self.offered]
        return ["needs", *details, "words", "words_too", "told"]

    @property
    def shared(self) -> dict[str, Any] | None:
        """How it is shared for meetings now, None when it is not."""
        return next((each for each in self.told["sharing"] if each["purpose"] == PURPOSE), None)

    def chosen(self) -> list[dict[str, Any]]:
        """What was said, in the words of the list."""
        texts = {need["code"]: need["text"] for need in self.offered}
        return [{**need, "text": texts.get(need["code"], need["code"])} for need in self.told["needs"]]

    def form(self) -> forms.Form:
        """The form with what was said before."""
        form = forms.blank(self.fields, seen=self.etag, words=self.told["words"] or "")
        if not form.restored:
            form.values.setlist("needs", [need["code"] for need in self.told["needs"]])
            for need in self.told["needs"]:
                form.values[f"detail-{need['code']}"] = need["detail"] or ""
        return form


def page_of(member_id: str) -> Page:
    """Asks the service. Raises Problem and ServiceAway."""
    listed = conversation.get("membership", "/v1/access-needs").body
    told = conversation.get("membership", f"/v1/members/{member_id}/access-needs")
    (wording,) = (each for each in listed["sharing"] if each["purpose"] == PURPOSE)
    return Page(listed["needs"], wording, told.body, told.etag)


def with_what_was_said(form: forms.Form, page: Page) -> forms.Form:
    """Where another form of the page failed, the questions show what is stored: nobody shall store empty ones."""
    if form.get("action") != "say":
        stored = page.form()
        for name in ("needs", "words", *(field for field in page.fields if field.startswith("detail-"))):
            form.values.setlist(name, stored.chosen(name))
        form.seen = page.etag
    return form


def check(form: forms.Form, page: Page) -> dict[str, Any]:
    """The request. Marks in the form where it is not said what to arrange."""
    needs: list[dict[str, Any]] = []
    for need in page.offered:
        if need["code"] not in form.chosen("needs"):
            continue
        name = f"detail-{need['code']}"
        detail = form.require(name, f"{need['text']}: {need['detail']}") if need["detail_needed"] else form.get(name)
        needs.append({"code": need["code"], **({"detail": detail} if detail else {})})
    return {"needs": needs, **({"words": form.get("words")} if form.get("words") else {})}


def carry_out(member_id: str, form: forms.Form, page: Page, *, channel: str = "") -> str:
    """Does what the hidden `action` says, one of SAID; the sentence says what was done. Raises Problem, ServiceAway."""
    action, path = form.get("action"), f"/v1/members/{member_id}/access-needs"
    how = {"key": form.key, "channel": channel}
    if action == "say":
        conversation.change("PUT", "membership", path, check(form, page), seen=form.seen, **how)
    elif action == "right":
        conversation.change("POST", "membership", f"{path}/review", {}, seen=form.seen, **how)
    elif action == "share":
        agreed = {"wording": page.wording["version"], "words_too": bool(form.get("words_too"))}
        conversation.change("PUT", "membership", f"{path}/sharing/{PURPOSE}", agreed, **how)
    else:
        conversation.change("DELETE", "membership", f"{path}/sharing/{PURPOSE}", {}, **how)
    return SAID[action]
