"""What membership drops and keeps when somebody is erased."""

from services.membership.domain.erasure import ErasureAsked
from services.membership.domain.member import MemberErased
from shared.database.pool import Transaction
from shared.erasure.erasing import Counted, Erasing
from shared.erasure.here import Tally
from shared.messages.events import MemberId

_EVENTS = "select count(*) from events where stream = any(%s)"


def _count(db: Transaction, member: MemberId) -> Counted:
    own = db.value(int, _EVENTS, [f"{kind}-{member}" for kind in ("member", "erasure")]) or 0
    return Counted(
        erased=[
            Tally("record of a person, with name, addresses, notes and consents", 1),
            Tally("key and marks by which the same person is noticed", 1),
        ],
        kept=[
            Tally(
                "events without a name",
                own,
                "That somebody joined, from which part of social care, and when: for counting. Nothing in them leads"
                " back to her.",
            )
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
