"""A timer of a chaos run fires once: seen with one that fires, one that never does, and one that fires twice."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from services.ppi.domain.days import day_of
from services.ppi.domain.support_request import (
    AcceptOffer,
    JudgeRelevance,
    Kind,
    OfferReview,
    ReleaseReviews,
    RequestSupport,
    SendReview,
    SupportRequest,
)
from services.ppi.service import service
from shared.configuration import Settings
from shared.messages.decisions import Command, Context
from shared.messages.events import MemberId
from shared.messages.ids import uuid7
from shared.projections.projection import make_tables
from shared.projections.reader import Reader, begin_reading
from shared.reactions import agenda, reaction
from shared.reactions.agenda import Agenda
from shared.service import Running
from tests.chaos import sabotage
from tests.chaos.checks import Found, Tables, timers
from tests.chaos.plan import TURNED_BY
from tests.chaos.turned_clock import TurnedClock
from tests.servers import Databases, all_readable

ROWAN, MARION = MemberId(UUID(int=1)), MemberId(UUID(int=2))


class Ppi:
    """The service in one process, asked by commands."""

    def __init__(self, running: Running, hour: TurnedClock) -> None:
        self.running, self.hour = running, hour
        self._reader = Reader(running.database, running.codec, [*service.projections, *service.reactions])
        self._agenda = Agenda(
            service.name,
            running.database,
            running.codec,
            service.commands,
            service.effects,
            running.clock,
            lambda: None,
        )
        for projection in service.projections:
            make_tables(projection, running.database)

    def does(self, request: UUID, *commands: Command[SupportRequest]) -> None:
        for command in commands:
            context = Context(now=self.hour.now(), actor="account:1", correlation_id=uuid7())
            self.running.commands.handle(request, command, context)

    def settle(self) -> None:
        all_readable(self.running.database)
        while self._reader.advance_all() + self._agenda.work():
            all_readable(self.running.database)

    def found(self) -> Found:
        found = Found()
        with Tables(lambda _: self.running.database.url) as tables:
            timers(tables, self.hour.now(), found)
        return found


@pytest.fixture
def ppi(databases: Databases, tmp_path: Path) -> Iterator[Ppi]:
    hour = TurnedClock(tmp_path / "clock")
    settings = Settings(
        database_url=databases.for_events(),
        keyring_url=databases.for_keys(),
        master_key=b"k" * 32,
        kafka="127.0.0.1:1",
        kafka_replicas=1,
        issuer="http://127.0.0.1:1",
        internal_issuer="http://127.0.0.1:1",
        audience="copse",
        roles_claim="groups",
        algorithms=("RS256",),
    )
    running = Running(service, settings, hour.clock)
    begin_reading(running.database, [*service.projections, *service.reactions])  # as `copse migrate` does
    yield Ppi(running, hour)
    running.close()
    databases.drop(settings.database_url)
    databases.drop(settings.keyring_url)


@pytest.fixture
def sabotaged(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Breaks the promise that the test names, until it ends."""
    for owner, name in (
        (reaction, "note"),
        (agenda, "_cross_out"),
        (Agenda, "_do"),
        (SupportRequest, "evolve"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))  # which puts it back in the end
    sabotage.install(request.param)


@pytest.mark.parametrize(
    ("sabotaged", "lost", "doubled"),
    [("", 0, 0), ("no-timer", 2, 0), ("timer-twice", 0, 2)],
    indirect=["sabotaged"],
)
@pytest.mark.usefixtures("sabotaged")
def test_what_fires_never_is_lost_and_what_fires_twice_is_doubled(ppi: Ppi, lost: int, doubled: int) -> None:
    today = day_of(ppi.hour.now())
    ask = RequestSupport(
        requester=ROWAN,
        title="Rotas",
        kind=Kind.PLAIN_ENGLISH_SUMMARY,
        summary="Do they help?",
        needed_by=today + timedelta(days=42),
        reviewers=1,
        activity="two-hours",
    )
    offer = OfferReview(member=MARION, answer_by=today + timedelta(days=7))
    relevant = JudgeRelevance(relevant=True, reason="It fits.")
    ppi.does(uuid7(), ask, relevant, offer)
    accepted = AcceptOffer(member=MARION, no_conflict_of_interest=True)
    review = SendReview(member=MARION, text="Say rota, not roster.")
    ppi.does(uuid7(), ask, relevant, offer, accepted, review, ReleaseReviews())
    ppi.settle()
    found = ppi.found()
    assert (found.lost, found.doubled, found.timers) == ([], [], 0), "nothing is due yet"
    with ppi.hour.turned_after(TURNED_BY):
        pass
    ppi.settle()
    found = ppi.found()
    assert (len(found.lost), len(found.doubled), found.timers) == (lost, doubled, 2), found
