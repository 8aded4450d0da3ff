"""What membership drops and keeps when somebody is erased."""

from services.membership.domain.erasure import ErasureAsked
from services.membership.domain.member import MemberErased
from shared.database.pool import Transaction
from shared.erasure.erasing import Counted, Erasing
from shared.erasure.here import Tally
from shared.messages.events import MemberId

_HERS = ("member", "erasure", "contact-details", "directory-entry", "access-needs")
_EVENTS = "select count(*) from events where stream = any(%s)"


def _count(db: Transaction, member: MemberId) -> Counted:
    def many(sql: str) -> int:
        return db.value(int, f"select count(*) from {sql}", member) or 0  # noqa: S608  # our own words

    own = db.value(int, _EVENTS, [f"{kind}-{member}" for kind in _HERS]) or 0
    complaints, requests = many("complaints where person = %s"), many("rights_requests where member_id = %s")
    sessions = many("assisted_sessions where member_id = %s")
    return Counted(
        erased=[
            Tally(
                "record of a person, with name, contacts, notes, consents, access needs and directory entry",
                1,
            ),
            Tally("key and marks by which the same person is noticed", 1),
            Tally("complaints: the words", complaints),
            Tally("requests about her data: the words", requests),
            Tally("assisted sessions: the reason", sessions),
        ],
        kept=[
            Tally(
                "events without a name",
                own,
                "That somebody joined, from which part of social care, and when: for counting. Nothing in them leads"
                " back to her.",
            ),
            Tally(
                "complaints and requests about her data: kind, days and outcome",
                complaints + requests,
                "So that it can be shown that they were answered in time.",
            ),
            Tally(
                "assisted sessions: who acted, when, and how it was asked for",
                sessions,
                "They account for what coordinators did.",
            ),
            Tally(
                "safeguarding concerns, of whomever they tell",
                db.value(int, "select count(*) from safeguarding_concerns") or 0,
                "All of them are kept, sealed under keys of their own: they may be about somebody else, and leads may"
                " have to show what they did. Only a safeguarding lead can see whether she is named in one.",
            ),
        ],
        by_hand=[
            Tally(
                "sign-in at the identity provider, if she had one",
                1,
                "Copse knows only a pseudonym of it. Delete the account where it is kept.",
            ),
            Tally(
                "lists and letters outside Copse",
                1,
                "Exported lists (members.csv), spreadsheets, printed registers: look where you keep them.",
            ),
        ],
    )


erasing_here = Erasing(asked=ErasureAsked, erased=MemberErased, count=_count)
