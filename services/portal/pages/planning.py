"""Planning a meeting, for coordinators and facilitators."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from services.portal import conversation, directory, forms
from services.portal.api_client import Problem, ServiceAway
from services.portal.person import for_roles
from services.portal.typed_dates import in_kent, read_clock, read_day

blueprint = Blueprint("meetings_planning", __name__)

FIELDS = [
    "community_id",
    "title",
    "about",
    "speaker-name",
    "speaker-topic",
    "day",
    "starts",
    "ends",
    "places",
    "venue",
    "online_link",
    "phone_number",
]
SERVICE_NAMES = {
    "starts_at": "starts",
    "ends_at": "ends",
    "speaker": "speaker-name",
    "meeting-in-the-past": "day",
    "ends-before-it-starts": "ends",
}


@blueprint.get("/meetings/plan")
@for_roles("coordinator", "facilitator")
def ask() -> str:
    return _page(forms.blank(FIELDS, community_id=request.args.get("community", ""), places="20"))


@blueprint.post("/meetings/plan")
@for_roles("coordinator", "facilitator")
def plan() -> str | Response | tuple[str, int]:
    form = forms.sent(FIELDS)
    wanted = meeting_from(form)
    if form.ok:
        try:
            stored = conversation.post("meetings", "/v1/meetings", wanted, key=form.key)
            flash("The meeting is planned. Members of the community get an invitation.")
            return redirect(url_for("meetings.show", meeting_id=stored.body["id"]))
        except Problem as problem:
            form.take(problem, SERVICE_NAMES)
        except ServiceAway:
            form.take_absence()
    return _page(form), 422


def meeting_from(form: forms.Form) -> dict[str, Any]:
    """The request to the meetings service. Marks in the form what is missing or cannot be read."""
    wanted: dict[str, Any] = {
        "community_id": form.require("community_id", "Choose a community"),
        "title": form.require("title", "Enter a title"),
        "about": form.require("about", "Say in a few sentences what the meeting is about"),
    }
    on, starts, ends = _day(form), _clock(form, "starts"), _clock(form, "ends")
    if on and starts and ends:
        wanted["starts_at"], wanted["ends_at"] = in_kent(on, starts), in_kent(on, ends)
        if ends <= starts:
            form.refuse("ends", "The end must be later than the start")
    places = form.require("places", "Enter how many people can take part")
    if places.isdigit():
        wanted["places"] = int(places)
    elif places:
        form.refuse("places", "Enter the number of places in figures, for example 20")
    wanted |= {name: form.get(name) for name in ("venue", "online_link", "phone_number") if form.get(name)}
    if not wanted.keys() & {"venue", "online_link", "phone_number"}:
        form.refuse("venue", "Enter a venue, an online link or a phone number, so that people can take part")
    if form.get("speaker-name") or form.get("speaker-topic"):
        wanted["speaker"] = {
            "name": form.require("speaker-name", "Enter the speaker's name, or take the topic out"),
            "topic": form.require("speaker-topic", "Enter what the speaker will talk about"),
        }
    return wanted


def _day(form: forms.Form) -> date | None:
    typed = [form.get(f"day-{name}") for name in ("day", "month", "year")]
    if not any(typed):
        form.refuse("day", "Enter the day of the meeting")
        return None
    try:
        return read_day(*typed)
    except ValueError as mistake:
        form.refuse("day", str(mistake))
        return None


def _clock(form: forms.Form, name: str) -> time | None:
    try:
        return read_clock(form.get(name))
    except ValueError as mistake:
        form.refuse(name, str(mistake))
        return None


def _page(form: forms.Form) -> str:
    return render_template("meetings/plan.html.jinja", form=form, communities=conversation.part(directory.communities))
