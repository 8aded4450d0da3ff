"""Meetings: the list, one meeting, and the reply to it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from services.portal import conversation, forms
from services.portal.api_client import Problem, ServiceAway
from services.portal.directory import community_names
from services.portal.person import current_person, signed_in
from services.portal.vocabulary import REPLIES

blueprint = Blueprint("meetings", __name__)

COMING = {"in-person", "online", "by-phone"}


def upcoming(community_id: str = "") -> list[dict[str, Any]]:
    """Coming meetings, the next one first."""
    wanted = {"when": "upcoming", **({"community": community_id} if community_id else {})}
    rows = conversation.every("meetings", "/v1/meetings", **wanted)
    return sorted(rows, key=lambda row: str(row["starts_at"]))


@blueprint.get("/meetings")
def show_all() -> str:
    past = request.args.get("when") == "past"
    rows = conversation.every("meetings", "/v1/meetings", when="past") if past else upcoming()
    if past:
        rows.sort(key=lambda row: str(row["starts_at"]), reverse=True)
    return render_template("meetings/show_all.html.jinja", meetings=rows, past=past, names=community_names())


@blueprint.get("/meetings/<uuid:meeting_id>")
def show(meeting_id: UUID) -> str:
    meeting = conversation.get("meetings", f"/v1/meetings/{meeting_id}").body
    return _page(meeting, forms.blank(["answer"], answer=_answer_of(meeting)))


@blueprint.post("/meetings/<uuid:meeting_id>")
@signed_in
def reply(meeting_id: UUID) -> str | Response | tuple[str, int]:
    """Store the reply; the next page waits for it, so that the person sees it at once."""
    form = forms.sent(["answer"])
    answer = form.require("answer", "Choose how you will take part, or that you cannot come")
    if form.ok:
        try:
            stored = conversation.post(
                "meetings", f"/v1/meetings/{meeting_id}/replies", {"answer": answer}, key=form.key
            )
            flash(_thanks(str(stored.body.get("reply", answer))))
            return redirect(url_for(".show", meeting_id=meeting_id))
        except Problem as problem:
            form.take(problem)
        except ServiceAway:
            form.take_absence()
    meeting = conversation.get("meetings", f"/v1/meetings/{meeting_id}").body
    return _page(meeting, form), 422


def _page(meeting: dict[str, Any], form: forms.Form) -> str:
    person = current_person()
    replies: conversation.Part = conversation.Part()
    if person and person.runs_meetings:
        replies = conversation.part(lambda: conversation.every("meetings", f"/v1/meetings/{meeting['id']}/replies"))
    return render_template(
        "meetings/show.html.jinja",
        meeting=meeting,
        form=form,
        replies=replies,
        coming=sum(row["reply"] in COMING for row in replies.value),
        answers=REPLIES,
        names=community_names(),
    )


def _answer_of(meeting: dict[str, Any]) -> str:
    mine = meeting.get("my_reply") or ""
    return mine if mine in REPLIES else ""


def _thanks(reply: str) -> str:
    if reply == "waiting-list":
        return "The meeting is full. You are on the waiting list."
    if reply == "no":
        return "Thank you for telling us. Your place goes to somebody else."
    return "Thank you. Your place is kept."
