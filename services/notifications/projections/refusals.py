"""Why an application was declined: what the letter to the applicant says."""

from pathlib import Path
from uuid import UUID

from services.notifications.contracts.membership import ApplicationRefused, MemberErased
from shared.database.pool import Transaction
from shared.messages.recorded import Recorded
from shared.projections.projection import Projection

refusals = Projection("refusals", version=1, tables=Path(__file__).with_suffix(".sql"))


@refusals.on(ApplicationRefused)
def _(event: ApplicationRefused, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "insert into refusals (member_id, reason) values (%s, %s) on conflict do nothing", recorded.id, event.reason
    )


@refusals.on(MemberErased)
def _(event: MemberErased, recorded: Recorded, db: Transaction) -> None:
    db.write("delete from refusals where member_id = %s", recorded.id)


def refusal(db: Transaction, member: UUID) -> str | None:
    return db.value(str, "select reason from refusals where member_id = %s", member)
