"""The services' codes in the words that people see. A code without words is shown with its hyphens opened."""

from __future__ import annotations

STAKEHOLDER_GROUPS = {
    "person-drawing-on-care": "I draw on care and support",
    "unpaid-carer": "I care for somebody, unpaid",
    "practitioner": "I work in social care",
    "provider": "I run or manage a care service",
    "commissioner": "I plan or pay for care services",
    "researcher": "I do research",
    "other": "Something else, or I would rather not say",
}

STAKEHOLDER_GROUPS_TOO = {
    "person-drawing-on-care": "I also draw on care and support",
    "unpaid-carer": "I also care for somebody, unpaid",
    "practitioner": "I also work in social care",
    "provider": "I also run or manage a care service",
    "commissioner": "I also plan or pay for care services",
    "researcher": "I also do research",
}

STAKEHOLDER_GROUPS_OF_OTHERS = {
    "person-drawing-on-care": "Person drawing on care",
    "unpaid-carer": "Unpaid carer",
    "practitioner": "Practitioner",
    "provider": "Care provider",
    "commissioner": "Commissioner",
    "researcher": "Researcher",
    "other": "Other, or not said",
}

COMMUNITY_KINDS = {
    "partnership": "Partnership",
    "community": "Community of practice",
    "working-group": "Working group",
}

REPLIES = {
    "in-person": "I will come in person",
    "online": "I will join online",
    "by-phone": "I will join by phone",
    "no": "I cannot come",
}

REPLIES_OF_OTHERS = {
    "in-person": "In person",
    "online": "Online",
    "by-phone": "By phone",
    "waiting-list": "On the waiting list",
    "no": "Cannot come",
}

SUPPORT_KINDS = {
    "application-review": "Review a funding application",
    "plain-english-summary": "Help write a plain English summary",
    "small-discussion": "A small group discussion",
}

SUPPORT_STATUSES = {
    "submitted": "Asked",
    "relevant": "Relevant",
    "not-relevant": "Not taken on",
    "offered": "Reviewers asked",
    "in-review": "In review",
    "review-in": "Review is in",
    "released": "Feedback sent",
    "closed": "Closed",
}

OFFER_STATUSES = {
    "offered": "Waiting for an answer",
    "accepted": "Accepted",
    "declined": "Declined",
    "expired": "No answer in time",
    "withdrawn": "Withdrawn",
}

STANDINGS = {
    "applied": "Waiting for an answer",
    "needs-conversation": "We would like to talk first",
    "approved": "New member",
    "active": "Member",
    "paused": "Taking a break",
    "declined": "Not accepted",
    "withdrawn": "Taken back",
    "left": "Has left",
}

CHANNELS = {
    "web": "On this website",
    "phone": "By phone",
    "post": "By letter",
    "in-person": "In person",
    "email": "By email",
}

CHANNELS_OF_HELP = {"phone": "By phone", "post": "By letter", "in-person": "In person", "email": "By email"}

IDENTITY_CHECKS = {
    "knew-last-meeting": "They knew something that only they would know, such as the date of their last meeting",
    "called-back": "I called back on the number that we have",
    "known-voice": "I know the voice",
    "letter": "The letter came from their address, in their hand",
    "face-to-face": "We met face to face",
}

ENDS_OF_HELP = {
    "done": "It was done",
    "ran-out": "The time was up",
    "another-opened": "Another session was opened",
    "member-gone": "The member took a break, left, or wanted no help",
}

SHARED = {"email": "same email", "phone": "same phone", "name": "same name"}

PRIVACY = {
    "open": "Open: every member may join",
    "restricted": "Restricted: everybody sees it, and members ask to join",
    "private": "Private: what it does is for its members, and members ask to join",
    "confidential": "Confidential: only its members know of it",
}

PROJECT_GROUPS = {"gathering": "Looking for people", "running": "At work", "closed": "Finished"}

GROUP_ROLES = {"lay-lead": "Lay lead", "chair": "Chair", "co-chair": "Co-chair", "mentor": "Mentor"}

CLAIM_STATUSES = {"accrued": "Earned, not paid yet"}

DELIVERY_CHANNELS = {"email": "Email", "phone": "Phone", "post": "Post"}

DELIVERY_STATUSES = {
    "queued": "Waiting to go",
    "sent": "Sent",
    "failed": "Could not be sent",
    "by-hand": "To do by hand",
    "done-by-hand": "Done by hand",
}

# Tag colours of the GOV.UK tag component. Colour never stands alone: the tag's words say the same.
TAG_COLOURS = {
    "submitted": "yellow",
    "relevant": "blue",
    "not-relevant": "grey",
    "offered": "blue",
    "in-review": "blue",
    "review-in": "purple",
    "released": "purple",
    "closed": "green",
    "applied": "yellow",
    "needs-conversation": "orange",
    "approved": "turquoise",
    "active": "green",
    "paused": "blue",
    "gathering": "yellow",
    "running": "blue",
    "left": "grey",
    "accepted": "green",
    "declined": "grey",
    "expired": "grey",
    "withdrawn": "grey",
    "accrued": "blue",
    "queued": "yellow",
    "sent": "green",
    "failed": "red",
    "by-hand": "orange",
    "done-by-hand": "green",
    "waiting-list": "yellow",
}


def said(words: dict[str, str], code: str | None) -> str:
    """The words for a code, or the code itself with its hyphens opened."""
    return words.get(code or "", (code or "").replace("-", " ").capitalize())
