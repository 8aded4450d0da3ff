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
    "erased": "Erased",
}

ERASURES = {
    "searching": "Looking for the name",
    "erasing": "Being erased",
    "confirming": "Erased, not all services have answered",
    "closed": "Erased",
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

CONSENTS = {
    "not-asked": "Not agreed",
    "granted": "Agreed",
    "superseded": "Please look again",
    "withdrawn": "Taken back",
}

AUDIENCES = {"nobody": "Nobody", "my-communities": "People of my communities", "all-members": "All members"}

DIRECTORY_FIELDS = {
    "name": "Name",
    "interests": "Interests",
    "expertise": "Knows about",
    "organisation": "Works at, or does",
    "about": "About",
    "contact": "How to get in touch",
}

PROJECT_GROUPS = {"gathering": "Looking for people", "running": "At work", "closed": "Finished"}

GROUP_ROLES = {"lay-lead": "Lay lead", "chair": "Chair", "co-chair": "Co-chair", "mentor": "Mentor"}

CLAIM_STATUSES = {"accrued": "Earned, not paid yet"}

DELIVERY_CHANNELS = {"email": "Email", "text": "Text message", "phone": "Phone", "post": "Post"}

CONTACT_KINDS = {"email": "Email", "mobile": "Mobile phone", "phone": "Other phone", "post": "Postal address"}

BY_CHANNEL = {"email": "By email to", "text": "By text message to", "phone": "Call", "post": "By letter to"}

FORMATS = {"easy-read": "Easy Read", "audio": "Audio", "bsl": "British Sign Language", "large-print": "Large print"}

DELIVERY_STATUSES = {
    "queued": "Waiting to go",
    "sent": "Sent",
    "failed": "Could not be sent",
    "by-hand": "To do by hand",
    "done-by-hand": "Done by hand",
    "cancelled": "Cancelled",
}

ARRANGEMENTS = {
    "flagged": "Still to arrange",
    "arranged": "Arranged",
    "met": "It was there",
    "not-met": "Not met",
}

# Tag colours of the GOV.UK tag component. Colour never stands alone: the tag's words say the same.
CONCERN_STATUSES = {
    "raised": "New",
    "lead-reviewing": "A lead looks into it",
    "referred": "Referred",
    "supported": "Supported here",
    "closed": "Closed",
}

CHANNELS_OF_REQUESTS = {**CHANNELS, "web": "On the website"}

RIGHTS = {
    "access": "See what is held",
    "portability": "Take the data along",
    "rectification": "Put something right",
    "restriction": "Only keep the data, do not use them",
    "erasure": "Have the data erased",
    "objection": "Stop using the data for something",
}

MY_RIGHTS = {
    "access": "See everything that you hold about me",
    "portability": "Have my data to take with me",
    "rectification": "Have something put right",
    "restriction": "Have you only keep my data, and not use them for now",
    "erasure": "Have my data erased",
    "objection": "Have you stop using my data for something",
}

RIGHTS_STATUSES = {
    "received": "Received",
    "identity-checked": "To be looked at",
    "clock-paused": "Waiting for an answer",
    "assessed": "Looked at",
    "actioned": "Done, to be told",
    "part-refused": "Partly refused, to be told",
    "reported": "Answered",
    "ended-by-erasure": "Ended: data erased",
}

IDENTITY_CHECKS = {
    "signed-in": "Signed in",
    "called-back": "I called back on the number that we know",
    "known-in-person": "I know this person",
    "document-seen": "I saw a document, and kept no copy",
}

COMPLAINT_STATUSES = {
    "received": "New",
    "acknowledged": "Acknowledged",
    "investigating": "Looked into",
    "outcome": "Answered",
}

WHAT_HAPPENED = {
    "concern-raised": "Told to us",
    "concern-taken-up": "A lead took it up",
    "concern-noted": "Written down by a lead",
    "concern-referred": "Referred",
    "concern-supported": "Supported here",
    "concern-closed": "Closed",
    "rights-request-received": "Received",
    "identity-checked": "It is known who asks",
    "clock-paused": "A question was asked",
    "clock-resumed": "The question was answered",
    "time-extended": "More time was needed",
    "request-assessed": "Looked at",
    "request-actioned": "Done",
    "request-part-refused": "Partly refused",
    "request-reported": "Answered",
    "deadline-near": "The last day is near",
    "deadline-missed": "The last day has passed",
    "complaint-received": "Complaint",
    "complaint-acknowledged": "We said that we have it",
    "complaint-investigated": "Looked into",
    "complaint-answered": "Answered",
    "acknowledgement-near": "It must be acknowledged soon",
    "acknowledgement-missed": "It was not acknowledged in time",
    "request-ended-by-erasure": "Ended, because the data were erased",
}

TEXTS = {
    "what": "In their words",
    "name": "Name",
    "email": "Email",
    "phone": "Phone",
    "postal_address": "Postal address",
    "about": "About",
    "reach": "Safe to reach",
    "told_by": "Told by",
    "to": "To",
    "note": "Note",
    "details": "Asked",
    "question": "Question",
    "reason": "Reason",
    "done": "Done",
    "answer": "Answer",
}

READ_RECORDS = {
    "member-record": "The record of a member",
    "list-of-members": "The list of members",
    "list-of-applications": "The list of applications",
    "exported-list-of-members": "The list of members, as a file",
    "safeguarding-concern": "A safety concern",
    "rights-request": "A request about data",
    "export-of-everything": "Everything that is held of a member",
    "complaint": "A complaint",
    "consents": "What somebody agrees to",
    "directory-entry": "What somebody shows in the directory",
    "access-needs": "What somebody needs to take part",
    "formats": "In which form somebody reads letters",
    "arrangements": "What is arranged for somebody at a meeting",
    "letters": "Letters that tell of needs or formats",
}

TAG_COLOURS = {
    "raised": "red",
    "lead-reviewing": "yellow",
    "referred": "blue",
    "supported": "blue",
    "received": "yellow",
    "identity-checked": "yellow",
    "clock-paused": "grey",
    "assessed": "blue",
    "actioned": "blue",
    "part-refused": "blue",
    "reported": "green",
    "ended-by-erasure": "grey",
    "acknowledged": "yellow",
    "investigating": "blue",
    "outcome": "green",
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
    "granted": "green",
    "superseded": "yellow",
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
    "flagged": "yellow",
    "arranged": "turquoise",
    "met": "green",
    "not-met": "red",
}


def said(words: dict[str, str], code: str | None) -> str:
    """The words for a code, or the code itself with its hyphens opened."""
    return words.get(code or "", (code or "").replace("-", " ").capitalize())


def made_by_hand(codes: list[str]) -> str:
    """What a person makes of a letter: "Easy Read, in Polish"."""
    named = (f"in {code.partition(':')[2]}" if code.startswith("language:") else said(FORMATS, code) for code in codes)
    return ", ".join(named)
