"""What notifications drops and keeps when somebody is erased."""

from services.notifications.contracts.membership import ErasureAsked, MemberErased
from shared.database.pool import Transaction
from shared.erasure.erasing import Counted, Erasing
from shared.erasure.here import Tally
from shared.messages.events import ERASED, MemberId


def _count(db: Transaction, member: MemberId) -> Counted:
    def many(sql: str, *more: object) -> int:
        return db.value(int, f"select count(*) from {sql}", member, *more) or 0  # noqa: S608  # our own words

    return Counted(
        erased=[
            Tally("name and addresses", many("people where member_id = %s")),
            Tally("letters to her: the words", many("deliveries where member_id = %s and body = %s", ERASED)),
            Tally("letters to others that quote her: the words", many("deliveries where %s = any(quoted)")),
            Tally("requests that letters tell of", many("support_requests where requester_id = %s")),
        ],
        kept=[
            Tally(
                "that letters were sent: kind, day and channel",
                many("deliveries where member_id = %s"),
                "So that it can be shown that people were told. No words, no address.",
            )
        ],
        by_hand=[
            Tally(
                "letters that were posted or read out",
                many("deliveries where member_id = %s and status = 'done-by-hand'"),
                "Destroy your copies on paper, and notes of calls.",
            ),
            Tally(
                "mails that were sent to her",
                many("deliveries where member_id = %s and status = 'sent'"),
                "Your mail server may keep copies and logs; delete them there.",
            ),
            Tally(
                "letters to others that may quote her, from before such letters were sealed for both",
                many(
                    "deliveries where member_id <> %s and body is not null and quoted = '{}' and request_id in"
                    " (select request_id from support_requests where requester_id = %s)",
                    member,
                ),
                "They lie sealed under the others' keys. Read the messages about her requests.",
            ),
        ],
    )


erasing_here = Erasing(asked=ErasureAsked, erased=MemberErased, count=_count)
