"""A small village in which everything went as it should: what a chaos run leaves behind, in plain rows.

The checks' own SQL runs on it, so that one row less or one too many can be seen to be found.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from uuid import UUID, uuid4

import psycopg2
from psycopg2 import sql
from psycopg2.extras import Json

from deploy.demo.configuration import SERVICES
from shared.cli.services import service_named
from shared.database.pool import Database
from shared.projections.projection import make_tables
from tests.chaos.ledger import Acknowledged, Ledger
from tests.servers import Databases

ROWAN, MARION = UUID(int=1), UUID(int=2)
COMMUNITY, MEETING = UUID(int=10), UUID(int=20)
ANSWERED, EXPIRED, OVERDUE = UUID(int=31), UUID(int=32), UUID(int=33)
BEGAN = datetime(2026, 3, 2, 10, tzinfo=UTC)
NOW = BEGAN + timedelta(days=29)
_MILESTONE = {"title": "The first meeting", "kind": "fact", "summary": "It was full.", "source": "Minutes"}


class Village:
    """Rowan and Marion are members. Rowan asked for three reviews: she answered one, Marion let the offer of one
    expire, and the answer to the last is overdue."""

    def __init__(self, databases: Databases, folder: Path) -> None:
        self.urls = {name: databases.for_events() for name in SERVICES}
        self.ledger, self.mails = Ledger(folder / "acknowledged.jsonl"), folder / "mail"
        self.mails.mkdir()
        self._versions: dict[str, int] = {}
        for name, url in self.urls.items():
            database = Database(url, application="copse-test", size=1)
            for projection in service_named(name).projections:
                make_tables(projection, database)
            database.close()
        self._live()

    def _live(self) -> None:
        self._found()
        for member, name in ((ROWAN, "Rowan"), (MARION, "Marion")):
            self._join(member, name)
        self._meet()
        self._ask(ANSWERED)
        self._review(ANSWERED)
        self._command("ppi", f"support-requests/{ANSWERED}/response", _request(ANSWERED), "response-given")
        self._letter("what-we-changed", MARION, request_id=ANSWERED)
        offered = self._ask(EXPIRED)
        self._follows("ppi", _request(EXPIRED), "offer-expired", offered, member=str(MARION))
        self._ask(OVERDUE)
        released = self._review(OVERDUE)
        self._follows("ppi", _request(OVERDUE), "response-overdue", released, requester=str(ROWAN))

    def _found(self) -> None:
        stream = f"community-{COMMUNITY}"
        self._command("membership", "communities", stream, "community-founded")
        row = {"id": COMMUNITY, "name": "C", "kind": "community", "privacy": "open", "about": "", "aims": []}
        self._row("membership", "communities.communities", {**row, "version": 1})
        path = f"communities/{COMMUNITY}/milestones"
        self._command("membership", path, stream, "milestone-noted", **_MILESTONE)
        shown = {"community_id": COMMUNITY, "version": 2, "figures": Json([]), **_MILESTONE}
        self._row("membership", "communities.milestones", shown)

    def _join(self, member: UUID, name: str) -> None:
        stream = f"member-{member}"
        self._command("membership", "applications", stream, "membership-requested")
        path = f"applications/{member}/approval"
        approved = self._command("membership", path, stream, "member-approved", communities=[str(COMMUNITY)])
        community = f"community-{COMMUNITY}"
        self._follows("membership", community, "community-joined", approved, member=str(member))
        entry = {"id": uuid4(), "stream": community, "action": "JoinCommunity", "details": Json({}), "due_at": BEGAN}
        causes = {"causation_id": approved, "correlation_id": approved}
        self._row("membership", "agenda", {**entry, **causes, "done_at": BEGAN, "outcome": "done"})
        row = {"id": member, "standing": "active", "name": name, "stakeholder_group": "other", "also": [], "wanted": []}
        since = {"applied_at": BEGAN, "since": BEGAN}
        self._row("membership", "members.members", {**row, **since, "channel": "web", "version": 2})
        for service in SERVICES:
            known = {"member_id": member, "standing": "active", "name": name, "stakeholder_group": "other"}
            self._row(service, "people.people", known)
            belongs = {"member_id": member, "community_id": COMMUNITY, "joined_at": BEGAN}
            self._row(service, "people.people_groups", belongs)
        self._letter("welcome", member)

    def _meet(self) -> None:
        self._command("meetings", "meetings", f"meeting-{MEETING}", "meeting-planned")
        row = {"id": MEETING, "community_id": COMMUNITY, "title": "M", "about": "", "starts_at": NOW, "ends_at": NOW}
        rest = {"coming": 1, "version": 2, "speakers": Json([])}
        self._row("meetings", "upcoming_meetings.upcoming_meetings", {**row, **rest})
        path, stream = f"meetings/{MEETING}/replies", f"meeting-{MEETING}"
        self._command("meetings", path, stream, "place-taken", member=str(MARION))
        for member in (ROWAN, MARION):
            self._letter("meeting-invitation", member, meeting_id=MEETING)
        self._letter("reply-confirmed", MARION, meeting_id=MEETING)

    def _ask(self, request: UUID) -> UUID:
        """Gives the offer to Marion."""
        self._command("ppi", "support-requests", _request(request), "support-requested")
        row = {"id": request, "requester_id": ROWAN, "title": "R", "kind": "other", "summary": "", "activity": "a"}
        rest = {"needed_by": NOW, "reviewers": 1, "status": "offered", "version": 1}
        self._row("ppi", "support_requests.support_requests", {**row, **rest})
        self._letter("review-offer", MARION, request_id=request)
        offer = {"member": str(MARION), "answer_by": (BEGAN + timedelta(days=7)).date().isoformat()}
        return self._command("ppi", f"support-requests/{request}/offers", _request(request), "review-offered", **offer)

    def _review(self, request: UUID) -> UUID:
        """Gives the release."""
        path, stream = f"support-requests/{request}", _request(request)
        self._command("ppi", f"{path}/acceptance", stream, "offer-accepted", member=str(MARION))
        due = (BEGAN + timedelta(days=28)).isoformat()
        work = {"requester": str(ROWAN), "work": [{"member": str(MARION)}], "response_due_at": due}
        released = self._command("ppi", f"{path}/release", stream, "reviews-released", **work)
        self._letter("reviews-released", ROWAN, request_id=request)
        claim = uuid4()
        row = {"id": claim, "payee_id": MARION, "request_id": request, "activity": "a", "amount_pence": 1, "version": 1}
        rate = {"activity_on": BEGAN, "rate_from": BEGAN, "rate_source": "", "status": "accrued", "accrued_at": BEGAN}
        self._row("ppi", "claims.claims", {**row, **rate})
        self._letter("claim-accrued", MARION, claim_id=claim)
        return released

    # Rows.

    def _command(self, service: str, path: str, stream: str, event: str, **data: object) -> UUID:
        """What a service was asked to do, did, and said that it had done; gives the event's id."""
        key = str(uuid4())
        event_id, version, position = self._event(service, stream, event, {"correlation_id": key}, data)
        answer = {"actor": "account:1", "key": key, "fingerprint": "", "response": Json({}), "answered_at": BEGAN}
        self._row(service, "requests", answer)
        self.ledger.add(Acknowledged(service, path, key, stream, version, position, 1))
        return event_id

    def _follows(self, service: str, stream: str, event: str, cause: UUID, **data: object) -> None:
        self._event(service, stream, event, {"correlation_id": str(cause), "causation_id": str(cause)}, data)

    def _event(
        self, service: str, stream: str, event: str, metadata: Mapping[str, str], data: Mapping[str, object]
    ) -> tuple[UUID, int, str]:
        version, event_id = self._versions.get(stream, 0) + 1, uuid4()
        self._versions[stream] = version
        stored = {"stream": stream, "version": version, "event_id": event_id, "type": event, "schema_version": 1}
        content = {"data": Json(data), "metadata": Json(metadata), "recorded_at": BEGAN}
        position = self._row(service, "events", {**stored, **content}, "xid::text || '.' || position")
        return event_id, version, str(position)

    def _letter(self, kind: str, member: UUID, **about: UUID) -> None:
        """A letter that was sent, and arrived."""
        id = uuid4()
        row = {"id": id, "member_id": member, "kind": kind, "channel": "email", "status": "sent", "version": 2}
        self._row("notifications", "deliveries.deliveries", {**row, **about, "queued_at": BEGAN})
        (self.mails / f"{id}.eml").write_text(f"From\nTo\nMessage-ID: <{id}@example.org>\n\nA letter.\n")

    def _row(self, service: str, table: str, row: Mapping[str, object], gives: str = "1") -> object:
        """In a transaction of its own."""
        connection = psycopg2.connect(self.urls[service])
        try:
            with connection, connection.cursor() as cursor:
                bound = [str(each) if isinstance(each, UUID) else each for each in row.values()]
                cursor.execute(_insert(table, tuple(row), gives), bound)
                return cursor.fetchall()[0][0]
        finally:
            connection.close()


@cache
def _insert(table: str, columns: tuple[str, ...], gives: str) -> sql.Composable:
    return sql.SQL("insert into {} ({}) values ({}) returning {}").format(
        sql.Identifier(*table.split(".")),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join(sql.Placeholder() * len(columns)),
        sql.SQL(gives),
    )


def _request(id: UUID) -> str:
    return f"support-request-{id}"
