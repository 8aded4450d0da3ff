"""What meetings drops and keeps when somebody is erased."""

from services.meetings.contracts.membership import ErasureAsked, MemberErased
from shared.database.pool import Transaction
from shared.erasure.erasing import Counted, Erasing
from shared.erasure.here import Tally
from shared.messages.events import MemberId


def _count(db: Transaction, member: MemberId) -> Counted:
    known = db.value(int, "select count(*) from people where member_id = %s", member) or 0
    spoken = db.value(int, "select count(*) from speakers where speaker_id = %s", member) or 0
    arranged = db.value(int, "select count(*) from events where stream = %s", f"arrangements-{member}") or 0
    replies = db.value(int, "select count(*) from replies where member_id = %s", member) or 0
    return Counted(
        erased=[
            Tally("name and sign-in, for calling her by it", known),
            Tally("name as a speaker", spoken),
            Tally("what was to be arranged for her at meetings: the words", arranged),
        ],
        kept=[
            Tally(
                "replies to meetings, as counts",
                replies,
                "How many came, and in which way, without knowing who. Places in coming meetings went to others.",
            )
        ],
    )


erasing_here = Erasing(asked=ErasureAsked, erased=MemberErased, count=_count)
