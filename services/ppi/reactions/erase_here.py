"""What ppi drops and keeps when somebody is erased."""

from dataclasses import dataclass

from services.ppi.contracts.membership import ErasureAsked, MemberErased
from shared.database.pool import Transaction
from shared.erasure.erasing import Counted, Erasing
from shared.erasure.here import Tally
from shared.messages.events import MemberId


@dataclass(frozen=True)
class _Claims:
    number: int
    unpaid: int
    pence: int


def _count(db: Transaction, member: MemberId) -> Counted:
    def many(sql: str) -> int:
        return db.value(int, f"select count(*) from {sql}", member) or 0  # noqa: S608  # our own words

    claims = db.one(
        _Claims,
        "select count(*) as number, count(*) filter (where status <> 'paid') as unpaid,"
        " coalesce(sum(amount_pence) filter (where status <> 'paid'), 0)::bigint as pence"
        " from claims where payee_id = %s",
        member,
    ) or _Claims(0, 0, 0)
    return Counted(
        erased=[
            Tally("name and sign-in", many("people where member_id = %s")),
            Tally(
                "support requests: title, summary, reasons and answer", many("support_requests where requester_id = %s")
            ),
            Tally("reviews: the text", many("reviews where reviewer_id = %s")),
        ],
        kept=[
            Tally(
                "claims: amount, day, activity and rate, under an id without a name",
                claims.number,
                "Records of payments are kept for the legal period (six years and the current one for HMRC).",
            ),
            Tally(
                "offers to review, with the fee", many("offers where member_id = %s"), "For counting, without a name."
            ),
        ],
        by_hand=[
            Tally(
                f"claims that are not paid, £{claims.pence / 100:,.2f} in all",
                claims.unpaid,
                "Nobody knows here any more whom to pay. If she is owed it, pay her from what finance knows of her.",
            ),
            Tally(
                "support requests of hers that are open",
                many("support_requests where requester_id = %s and status not in ('closed', 'not-relevant')"),
                "Tell the reviewers that no answer will come.",
            ),
        ],
    )


erasing_here = Erasing(asked=ErasureAsked, erased=MemberErased, count=_count)
