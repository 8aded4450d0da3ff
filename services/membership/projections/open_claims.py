"""Who has earned something that was not paid yet, as ppi tells?"""

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from services.membership.contracts.ppi import ClaimAccrued
from shared.database.pool import Transaction
from shared.messages.recorded import Recorded
from shared.projections.projection import Projection

open_claims = Projection("open_claims", version=1, tables=Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True)
class Open:
    number: int
    amount_pence: int


@open_claims.on(ClaimAccrued)
def _(event: ClaimAccrued, recorded: Recorded, db: Transaction) -> None:
    db.write("insert into open_claims values (%s, %s, %s)", recorded.id, event.payee, event.amount_pence)


def open_claims_of(db: Transaction, member: UUID) -> Open:
    return db.one(
        Open,
        "select count(*) as number, coalesce(sum(amount_pence), 0)::bigint as amount_pence from open_claims"
        " where member_id = %s",
        member,
    ) or Open(0, 0)
