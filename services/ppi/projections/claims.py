"""What has each reviewer earned, for what, and at which rate?"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

from services.ppi.domain.claim import ClaimAccrued, Standing
from shared.database.pool import Transaction
from shared.messages.recorded import Recorded
from shared.projections.projection import Projection

claims = Projection("claims", version=1, tables=Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True)
class ClaimRow:
    id: UUID
    payee_id: UUID
    payee_name: str | None
    request_id: UUID
    activity: str
    amount_pence: int
    activity_on: date
    rate_from: date
    rate_source: str
    status: str
    version: int


@claims.on(ClaimAccrued)
def _(event: ClaimAccrued, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "insert into claims values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        recorded.id,
        event.payee,
        event.request,
        event.activity,
        event.amount_pence,
        event.activity_on,
        event.rate_from,
        event.rate_source,
        Standing.ACCRUED,
        recorded.recorded_at,
        recorded.version,
    )


def claims_of(db: Transaction, payee: UUID | None, after: UUID | None, limit: int) -> list[ClaimRow]:
    """A payee's claims, or everybody's (None), oldest first, up to `limit` + 1.

    Their ids say nothing of time (see `claim_id`), so the page begins behind the claim that has the id `after`.
    """
    return db.all(
        ClaimRow,
        "select c.id, payee_id, name as payee_name, request_id, activity, amount_pence, activity_on, rate_from,"
        " rate_source, status, version"
        " from claims c left join (select member_id, name from people) p on p.member_id = payee_id"
        " where (%s::uuid is null or payee_id = %s)"
        " and (%s::uuid is null or (accrued_at, c.id) > (select accrued_at, id from claims where id = %s))"
        " order by accrued_at, c.id limit %s",
        payee,
        payee,
        after,
        after,
        limit + 1,
    )
