"""Makes a projection's tables anew beside those in use, and lets the two change places.

While a service is told of more than a rebuild can tell meanwhile, the new tables never catch up. So at last it asks
those who tell this projection to stand still: they do so at their next look, and the rest is told while no transaction
is open. The rows in use are as old as that takes, and everything else goes on.

The race that this must not lose: an event that the old tables are told of while the new ones take their place. So a
switch then takes the locks that the reader and the consumer take first in each of their transactions. Whoever was
writing has then committed, whoever comes waits; the new tables are brought to exactly the place where the service
stands, and take over in the transaction that holds the locks. The next transaction of the reader or the consumer goes
on from the same place, and finds the new tables under the old name.

Only tables are made anew. Reactions are never told of the past, and so nothing is sent or done twice.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from time import monotonic

import structlog

from shared.database.leadership import alone, ask_to_stand_still
from shared.database.pool import Busy, Database, Transaction
from shared.dead_letters.letters import held_in
from shared.eventstore.postgres import StoreInTransaction
from shared.failures import plain
from shared.messages.codec import Codec
from shared.messages.recorded import BEGINNING
from shared.projections.comparing import Difference, first_difference
from shared.projections.copies import (
    COMPARED,
    NEXT,
    PREVIOUS,
    Places,
    copy_of,
    drop_copy,
    left_behind,
    live_places,
    make_copy,
    places_of,
    swap,
)
from shared.projections.projection import OutOfDate, Projection
from shared.projections.reader import begin_reading
from shared.streaming.broker import Broker
from shared.streaming.cloudevents import topic_of
from shared.streaming.past import CannotRebuild
from shared.streaming.replay import NotYet, replaying

log = structlog.get_logger()

_FEW = 500
_STILL_SECONDS = 30.0
_HELD_SECONDS = 2.0
_TRIES = 5
_CHASES = 8  # whoever is no quicker than what comes never catches up with it, but while that stands still

Then = Callable[[Transaction, str, Places], None]
"""What is done with the new tables while both stand still: (the transaction that holds them, schema, where)."""


@dataclass(frozen=True)
class Built:
    """What a build did: how many events were told, and how long it took."""

    events: int
    seconds: float

    @property
    def rate(self) -> int:
        """Events a second."""
        return round(self.events / self.seconds) if self.seconds else 0


class Rebuilding:
    """Everything that can be done with one projection's tables while its service takes traffic."""

    def __init__(
        self,
        projection: Projection,
        database: Database,
        broker: Broker,
        codec: Codec,
        contracts: Mapping[str, Codec],
    ) -> None:
        """`codec` and `contracts` are those of the service; `database` needs three connections."""
        self._projection, self._database, self._broker, self._codec = projection, database, broker, codec
        self._reads_own = any(codec.name_of(event) for event in projection.events)
        self._contracts = {
            topic_of(other): each
            for other, each in contracts.items()
            if any(each.name_of(event) for event in projection.events)
        }

    def rebuild(self) -> Built:
        """Makes new tables from the first event on and switches to them. Raises CannotGoOn or what a handler raised;
        the tables in use are then as they were."""
        with self._alone():
            return self._build(self._projection.name + NEXT, self._put_in_use)

    def build(self) -> Built:
        """Makes new tables and leaves them beside those in use, for `switch`."""
        with self._alone():
            return self._build(self._projection.name + NEXT, lambda *_: None)

    def switch(self) -> Built:
        """Brings the tables that `build` left to where the service stands and puts them in use."""
        with self._alone():
            return self._go_on(
                self._projection.name + NEXT, "There is nothing to switch to: run `copse projections rebuild`."
            )

    def roll_back(self) -> Built:
        """Brings the previous tables to where the service stands and puts them in use again."""
        with self._alone():
            return self._go_on(self._projection.name + PREVIOUS, "There are no previous tables: rebuild instead.")

    def compare(self) -> Difference | None:
        """Makes the tables anew, and says the first row in which they differ from those in use, at the same place."""
        name, compared = self._projection.name, self._projection.name + COMPARED
        with self._alone(), ExitStack() as looking:
            version = self._version_in_use()
            if version != self._projection.version:
                raise OutOfDate(self._projection, version)
            snapshots: list[Transaction] = []

            def take_snapshot(*_: object) -> None:
                """While both stand still. The looking itself then takes the time that it takes and stops nobody."""
                with self._database.transaction() as now:
                    if left_behind(now, name):
                        raise CannotRebuild(f"{name} waits to be built: there is nothing to compare with yet.")
                snapshot = looking.enter_context(self._database.transaction())
                snapshot.execute("set transaction isolation level repeatable read, read only")
                snapshot.execute("select 1")
                snapshots.append(snapshot)

            try:
                self._build(compared, take_snapshot, exactly=True)
                return first_difference(snapshots[0], name, compared)
            finally:
                looking.close()
                with self._database.transaction() as db:
                    drop_copy(db, compared)

    def _build(self, tables: str, then: Then, *, exactly: bool = False) -> Built:
        self._version_in_use()
        with self._database.transaction() as db:
            make_copy(db, self._projection, tables)
        return self._follow(tables, Places(), then, ahead=not exactly and self._stands_still())

    def _go_on(self, tables: str, nothing: str) -> Built:
        self._version_in_use()
        with self._database.transaction() as db:
            copy = copy_of(db, tables)
            if copy is None:
                raise CannotRebuild(f"{self._projection.name}: {nothing}")
            begun = places_of(db, copy)
        if copy.version != self._projection.version:
            raise CannotRebuild(
                f"{tables} are tables of version {copy.version}, which this release (version"
                f" {self._projection.version}) cannot bring up to date. Run the command with the release that made"
                " them, or `copse projections rebuild` with this one."
            )
        return self._follow(tables, begun, self._put_in_use, ahead=self._stands_still())

    def _follow(self, tables: str, begun: Places, then: Then, *, ahead: bool) -> Built:
        """Tells `tables` everything that the service was told, then does `then` at a moment when nobody is ahead.

        `ahead` lets the new tables pass those in use in the service's own events: right when those stand still. The
        cursor then moves with the switch. Otherwise it stays, and the reader never notices.
        """
        started = monotonic()
        with self._database.transaction() as db:
            self._refuse_while_parked(db)
        with replaying(
            self._projection, tables, self._database, self._broker, self._codec, self._contracts, begun
        ) as replay:
            for _ in range(_CHASES):
                if replay.reach(self._goal(ahead)) <= _FEW:
                    break  # what came meanwhile is told too, until little is left to do while everybody waits
            with ask_to_stand_still(self._database, self._projection.name):
                for _ in range(_TRIES):
                    try:
                        replay.reach(self._goal(ahead), within_seconds=_STILL_SECONDS)
                        with self._held() as (db, live):
                            replay.reach(replace(live, own=max(live.own, replay.own)), within_seconds=_HELD_SECONDS)
                            replay.must_know_what_was_seen(db)
                            then(db, tables, live)
                            return Built(replay.told, monotonic() - started)
                    except (NotYet, Busy) as error:  # somebody went on who had looked before, or a lock was not given
                        log.info("a switch is tried again", projection=self._projection.name, reason=repr(error))
        raise CannotRebuild(f"{self._projection.name} could not be held still in {_TRIES} tries: try again.")

    @contextmanager
    def _held(self) -> Iterator[tuple[Transaction, Places]]:
        """The service tells this projection of nothing while this lasts. Raises Busy when it could not be held.

        The table lock also holds partitions that have no row yet. It lets readers of the table through.
        """
        name = self._projection.name
        with self._database.transaction() as db:
            db.execute("set local lock_timeout to '2s'")
            if self._contracts:
                db.execute("lock table consumer_positions in share row exclusive mode")
            db.execute("select from readers where name = %s for update", name)
            self._refuse_while_parked(db)
            yield db, live_places(db, name, self._contracts)

    def _refuse_while_parked(self, db: Transaction) -> None:
        """What is parked was not told to the tables in use, and would fail in the new ones too. None comes or goes
        until the transaction ends."""
        if self._contracts and (parked := held_in(db, list(self._contracts))):
            raise CannotRebuild(
                f"{self._projection.name} reads streams that are held: {parked} dead letters were not told to it."
                " Retry or skip them first (copse dead-letters list), then rebuild."
            )

    def _put_in_use(self, db: Transaction, tables: str, live: Places) -> None:
        copy = copy_of(db, tables)
        if copy is None:
            raise CannotRebuild(f"{tables} was dropped meanwhile.")
        swap(db, self._projection.name, copy, live)

    def _goal(self, ahead: bool) -> Places:
        with self._database.transaction() as db:
            live = live_places(db, self._projection.name, self._contracts)
            newest = StoreInTransaction(db).newest() if ahead else BEGINNING
        return replace(live, own=max(live.own, newest))

    def _stands_still(self) -> bool:
        """Whether the tables in use are told of nothing new: another version's, or left behind."""
        with self._database.transaction() as db:
            behind = bool(left_behind(db, self._projection.name))
        return behind or self._version_in_use() != self._projection.version

    def _version_in_use(self) -> int:
        with self._database.transaction() as db:
            version = db.value(int, "select version from projections where name = %s", self._projection.name)
        if version is None:
            raise CannotRebuild(f"{self._projection.name} has no tables yet: run `copse migrate`.")
        if self._reads_own:
            begin_reading(self._database, [self._projection])  # so that there is a row to lock
        return version

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with alone(self._database, f"rebuild {self._projection.name}") as it_is:
            if not it_is:
                raise CannotRebuild(f"{self._projection.name} is being rebuilt by another process.")
            yield


def note_failure(database: Database, name: str, error: Exception) -> None:
    """Keeps the reason why a projection could not be built, for `copse projections status`."""
    with database.transaction() as db:
        db.execute("update projections set failure = %s where name = %s", plain(error), name)
