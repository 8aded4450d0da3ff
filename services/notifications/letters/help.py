"""What a coordinator did for a member, said in plain words: for the letter after an assisted session."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from services.notifications.letters.wording import way_said, when
from services.notifications.projections.assisted_sessions import DoneRow, assisted_session, done_in
from services.notifications.projections.meetings import meeting
from services.notifications.projections.support_requests import support_request
from shared.database.pool import Transaction
from shared.identity.people import community

NEEDS: Final = "We changed what you need to take part, or who may know of it."
"""Who else opens the letter learns no more than that."""

SAID: Final[Mapping[str, str]] = {
    "place-taken": "You have a place at {about}. We said that you will {way}.",
    "waiting-list-joined": "You are on the waiting list for {about}. We said that you want to {way}.",
    "way-changed": "We changed how you take part in {about}. You will {way}.",
    "place-given-up": "We gave back your place at {about}.",
    "waiting-list-left": "We took you off the waiting list for {about}.",
    "reply-declined": "We said that you cannot come to {about}.",
    "offer-accepted": "We said yes for you: you will help with {about}.",
    "offer-declined": "We said no for you: you will not help with {about}.",
    "review-sent": "We wrote down and sent on what you think of {about}.",
    "response-given": "We told the people who helped with {about} what you changed.",
    "member-paused": "You take a break. We invite you to nothing until you tell us that you are back.",
    "member-left": "You left. You are no member any more.",
    "name-corrected": "We changed your name to the one that you told us.",
    "consent-given": "We noted that you agree to {purpose}.",
    "consent-withdrawn": "We noted that you no longer agree to {purpose}.",
    "directory-entry-described": "We changed what the members' directory shows of you, or who sees it.",
    "contact-added": "We added a way to reach you.",
    "contact-changed": "We changed a phone number or an address of yours.",
    "contact-labelled": "We changed what a phone number or an address of yours is called.",
    "contact-removed": "We took out a way to reach you.",
    "channel-preferred": "We changed the way in which our letters come to you.",
    "formats-chosen": "We changed in which form or language you get our letters.",
    "email-check-asked": "We sent a code to an email address of yours.",
    "email-check-failed": "We entered a code for an email address of yours. It was not the right one.",
    "email-confirmed": "We entered the code for an email address of yours. Letters can go there now.",
    "access-needs-said": NEEDS,
    "access-needs-shared": NEEDS,
    "access-needs-sharing-stopped": NEEDS,
    "access-needs-reviewed": "We went through what you need to take part. It stays as it was.",
    "arrangement-made": "We said that something is arranged for you at {about}.",
    "arrangement-met": "We said how it went with what you asked for at {about}.",
    "arrangement-not-met": "We said how it went with what you asked for at {about}.",
    "rights-request-received": "We took down what you ask of us about your data.",
    "complaint-received": "We took down a complaint of yours.",
    "onboarding-step-done": "We ticked off a step of your list for new members.",
    "help-refused": "We noted that nobody may do things in your name from now on.",
    "joining-asked": "We asked if you can join {about}.",
    "community-joined": "You joined {about}.",
    "community-left": "You left {about}, or no longer ask to join it.",
    "facilitator-stood-down": "You no longer lead {about}.",
    "community-described": "We changed what is said about {about}.",
    "project-group-proposed": "We proposed a project group for you.",
    "project-group-joined": "You joined a project group.",
    "project-group-left": "You left a project group.",
    "project-group-started": "We said that your project group begins.",
    "project-group-closed": "We closed your project group, and noted what came of it.",
    "term-set": "We noted from when to when you serve in {about}.",
    "training-done": "We noted a course that you took.",
}
SAID_OF_OTHERS: Final[Mapping[str, str]] = {
    "community-joined": "You let somebody into {about}.",
    "community-left": "You took somebody out of {about}.",
    "joining-declined": "You said no to somebody who asked to join {about}.",
    "facilitator-stood-down": "You said that somebody no longer leads {about}.",
    "project-group-left": "You took somebody out of a project group.",
    "arrangement-made": "You said that something is arranged for somebody at {about}.",
    "arrangement-met": "You said how it went with what somebody asked for at {about}.",
    "arrangement-not-met": "You said how it went with what somebody asked for at {about}.",
    "term-set": "You noted from when to when somebody serves in {about}.",
    "training-done": "You noted a course that somebody took.",
}
PURPOSES: Final[Mapping[str, str]] = {
    "membership": "be a member",
    "directory": "be in the members' directory",
    "other-research": "be asked about other research",
    "photos-and-recordings": "photos and recordings",
    "newsletter": "get the newsletter",
}
"""After "you agree to". Sharing access needs is not here: for that there is NEEDS."""
_OF_NEEDS = "access-needs"
_ASKED = {"phone": "by phone", "post": "by post", "email": "by email", "in-person": "face to face"}


@dataclass(frozen=True, slots=True)
class Help:
    """`asked` is how she asked for it, `by phone`; `done` one sentence each."""

    on: datetime
    asked: str
    done: tuple[str, ...]


def help_given(db: Transaction, session: UUID) -> Help | None:
    """What was done in a session, None when the session is not known here (yet, or any more)."""
    found = assisted_session(db, session)
    if found is None:
        return None
    done: list[str] = []
    for sentence in (_sentence(db, each) for each in done_in(db, session)):
        if sentence != NEEDS or NEEDS not in done:  # saying and sharing them are many events, and one thing
            done.append(sentence)
    return Help(found.opened_at, _ASKED.get(found.channel, "to us"), tuple(done))


def _sentence(db: Transaction, done: DoneRow) -> str:
    if done.purpose == _OF_NEEDS:
        return NEEDS
    words = (SAID_OF_OTHERS if done.to_other else SAID).get(done.what)
    if words is None:
        return "We did one more thing, which has no words yet. Ask us what it was."
    return words.format(about=_about(db, done.about), way=way_said(done.way), purpose=_purpose(done.purpose))


def _purpose(name: str | None) -> str:
    return PURPOSES.get(name or "", "something that we asked you: your page shows what")


def _about(db: Transaction, id: UUID) -> str:
    if found := meeting(db, id):
        return f"the meeting “{found.title}” ({when(found)})"
    if group := community(db, id):
        return group.name
    if asked := support_request(db, id):
        return f"“{asked.title}”"
    return "something whose name we do not have here"
