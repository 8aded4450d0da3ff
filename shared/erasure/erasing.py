"""The erasing of one service, made of what is its own: which events tell of it, and what it counts.

    erasing_here = Erasing(asked=ErasureAsked, erased=MemberErased, count=count)

When an erasure is asked for, the service searches its read models, while the person's name can still be read. When she
is erased, its projections have dropped her rows (they are told first); what else may hold her data is emptied, and the
service confirms.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from uuid import UUID

from shared.database.leadership import alone
from shared.database.pool import Database, Transaction
from shared.erasure.here import ConfirmErasure, ErasureHere, RecordSearch, Tally
from shared.erasure.searching import mentions, patterns
from shared.messages.events import MemberId
from shared.messages.recorded import Recorded
from shared.projections.copies import drop_copy
from shared.reactions.reaction import Do, Effect, Perform, Reaction, Step, TryAgain

_EVERY_ATTEMPT = 1_000_000
"""An erasure is never given up: its pauses grow to an hour, and `copse status` names the entry."""

_BEHIND = """
select 1 from events e, projections p left join readers r on r.name = p.name
where e.stream = %s and e.type = 'member-erased' and r.name is not null and (r.xid, r.position) < (e.xid, e.position)
limit 1
"""
_LEFT_BEHIND = "select name from projections join projection_places on tables = name limit 1"
_COPIES = "select projection, tables from projection_copies"
_TABLES = """
select format('%I.%I', schemaname, tablename) from pg_tables
where schemaname in (select name from projections) order by 1
"""
_AGENDA = """
update agenda set details = '{}', emptied = true
where done_at is not null and not emptied and (stream like %s or details::text like %s)
"""


@dataclass
class Counted:
    """What a service says when it confirms."""

    erased: list[Tally] = field(default_factory=list)
    kept: list[Tally] = field(default_factory=list)
    by_hand: list[Tally] = field(default_factory=list)


Count = Callable[[Transaction, MemberId], Counted]
"""Counts by the person's id alone: there is no more of her by then."""


class Erasing:
    """`reaction` and `effect` are to be named in `service.py`, with the aggregate `ErasureHere`."""

    def __init__(self, *, asked: type, erased: type, count: Count) -> None:
        """`asked` has `name`, and `former_names` and `ways` with a `text` each; both are on streams of her id."""
        self._count = count
        self.effect = Effect("erase-here", ErasureHere, self._erase, _never, attempts=_EVERY_ATTEMPT)
        self.reaction = Reaction("erase_here")
        self.reaction.on(asked)(self._search)
        self.reaction.on(erased)(self._erased)

    def _search(self, asked: object, recorded: Recorded, db: Transaction) -> Iterable[Step]:
        """In the transaction of the consumer: a search takes some hundred milliseconds, and is rare."""
        name, former_names, ways = (getattr(asked, each) for each in ("name", "former_names", "ways"))
        if name is None:
            return [Do(recorded.id, RecordSearch(searched=False))]
        names = [name, *(each.text for each in former_names)]
        looked_for = patterns(names, [each.text for each in ways])
        found, more = mentions(db, MemberId(recorded.id), looked_for)
        return [Do(recorded.id, RecordSearch(searched=True, mentions=tuple(found), more=more))]

    def _erased(self, erased: object, recorded: Recorded, db: Transaction) -> Iterable[Step]:
        """A service that never heard of the asking says so first; one that did is refused that."""
        return [Do(recorded.id, RecordSearch(searched=False)), Perform(recorded.id, self.effect)]

    def _erase(self, id: UUID, here: ErasureHere, database: Database) -> ConfirmErasure:
        with database.transaction() as db:
            if db.value(int, _BEHIND, f"member-{id}"):
                raise TryAgain("A projection has not been told of the erasure yet.")
            if behind := db.value(str, _LEFT_BEHIND):
                raise TryAgain(f"{behind} stands still, with rows of before: run `copse projections rebuild`.")
        _drop_copies(database)
        with database.transaction() as db:
            db.execute(_AGENDA, f"%{id}", f"%{id}%")
            for table in db.all(str, _TABLES):
                db.execute(f"analyze {table}")  # the planner's statistics keep the commonest values of a column
            counted = self._count(db, MemberId(id))
        present = [
            [each for each in tallies if each.number] for tallies in (counted.erased, counted.kept, counted.by_hand)
        ]
        erased, kept, by_hand = (tuple(each) for each in present)
        return ConfirmErasure(erased=erased, kept=kept, by_hand=by_hand)


def _present(tallies: list[Tally]) -> tuple[Tally, ...]:
    return tuple(each for each in tallies if each.number)


def _drop_copies(database: Database) -> None:
    """Tables kept to go back to know her still. One that is being built is told of her erasure in its turn."""
    with database.transaction() as db:
        copies = db.rows(_COPIES)
    for projection, tables in copies:
        with alone(database, f"rebuild {projection}") as nobody_builds:
            if nobody_builds:
                with database.transaction() as db:
                    drop_copy(db, tables)


def _never(id: UUID, reason: str) -> ConfirmErasure:
    raise TryAgain(reason)
