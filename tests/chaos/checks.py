"""After the harm: is everything that was acknowledged there, once, with all that must follow from it?

What must follow is counted from the events themselves: every approval has one welcome, every place one confirmation,
every released review one claim, whichever process died on the way.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from pathlib import Path
from typing import Any, Self

import psycopg2

from deploy.demo.configuration import SERVICES
from tests.chaos.ledger import Ledger

_FINAL = ("sent", "by-hand", "done-by-hand")


@dataclass
class Found:
    """Sentences about what is not as it should be."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    diverged: list[str] = field(default_factory=list)
    mails: int = 0
    mails_again: int = 0
    timers: int = 0

    def expect(self, what: str, wanted: Mapping[Any, int] | Iterable[Any], there: Iterable[Any]) -> None:
        """Each of `wanted` as often as wanted in `there`: fewer are lost, more are doubled."""
        expected, counted = Counter(wanted), Counter(there)
        self.lost += [f"{what}: {_told(each)} is missing" for each in expected - counted]
        self.doubled += [f"{what}: {_told(each)} is there {counted[each]} times" for each in counted - expected]


class Tables:
    """The services' databases, asked with plain SQL, each in one transaction: nothing that is done in it stays."""

    def __init__(self, url: Callable[[str], str]) -> None:
        self._url = url
        self._connections = dict[str, Any]()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._connections.values():
            connection.close()

    def rows(self, service: str, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        if service not in self._connections:
            self._connections[service] = psycopg2.connect(self._url(f"copse_{service}"))
        with self._connections[service].cursor() as cursor:
            cursor.execute(sql, parameters or None)
            return list(cursor.fetchall())

    def values(self, service: str, sql: str, *parameters: object) -> list[Any]:
        return [row[0] if len(row) == 1 else row for row in self.rows(service, sql, *parameters)]


def check(ledger: Ledger, tables: Tables, mails: Path, now: datetime) -> Found:
    """Everything but the audit and the comparison with rebuilt projections. All is quiet when it is called, at `now`
    by the turned clock."""
    found = Found()
    found.doubled += ledger.contradictions
    for service in SERVICES:
        _acknowledged(service, ledger, tables, found)
        _once_for_each_cause(service, tables, found)
    _streams(ledger, tables, found)
    _members(tables, found)
    _letters(tables, found)
    _mails(tables, mails, found)
    timers(tables, now, found)
    return found


def _acknowledged(service: str, ledger: Ledger, tables: Tables, found: Found) -> None:
    """Each acknowledged command's last event is where it was said to be, and no other transaction did it too."""
    entries = [each for each in ledger.entries if each.service == service]
    done: dict[str, dict[str, tuple[str, int]]] = {}
    for key, xid, number, stream, version in tables.rows(
        service,
        "select metadata->>'correlation_id', xid::text, position, stream, version from events"
        " where metadata->>'causation_id' is null order by position",
    ):
        done.setdefault(key, {})[xid] = (f"{xid}.{number} {stream}", version)
    noted = set(tables.values(service, "select key from requests"))
    for each in entries:
        transactions = done.pop(each.key, {})
        wanted = {(f"{each.position} {each.stream}", each.version)} if each.position else set()
        there = set(transactions.values())
        what = f"{service}, {each.path}, {each.stream} version {each.version} at {each.position}, key {each.key}"
        if each.key not in noted:
            found.lost.append(f"{what}: its Idempotency-Key is not known")
        if wanted - there:
            found.lost.append(f"{what} is not in the event table, which has {sorted(there)}")
        if there - wanted:
            found.doubled.append(f"{what} was done again: {sorted(there - wanted)}")
    found.doubled += [f"{service}: nobody was told of {sorted(each.values())}" for each in done.values()]
    told = {each.key for each in entries}
    found.doubled += [f"{service}: a request that nobody was told of has the key {key}" for key in noted - told]


def _once_for_each_cause(service: str, tables: Tables, found: Found) -> None:
    """A cause leads to one entry of the agenda for each thing to do, and to one transaction that did it."""
    entries = tables.rows(
        service,
        "select causation_id::text, stream, action, count(*) from agenda group by 1, 2, 3 having count(*) > 1",
    )
    found.doubled += [f"{service}, agenda: {row}" for row in entries]
    events = tables.rows(
        service,
        "select metadata->>'causation_id', stream, type, count(distinct xid) from events"
        " where metadata->>'causation_id' is not null group by 1, 2, 3 having count(distinct xid) > 1",
    )
    found.doubled += [f"{service}, events of one cause: {row}" for row in events]
    failed = tables.rows(service, "select action, stream, outcome from agenda where done_at is null and attempts > 0")
    found.lost += [f"{service}, agenda: {row} is not done" for row in failed]


def _streams(ledger: Ledger, tables: Tables, found: Found) -> None:
    """One stream, and one row, for each thing that somebody was told had begun."""
    begun = {
        ("membership", "applications"): ("member", "members.members"),
        ("membership", "communities"): ("community", "communities.communities"),
        ("meetings", "meetings"): ("meeting", "upcoming_meetings.meetings"),
        ("ppi", "support-requests"): ("support-request", "support_requests.support_requests"),
    }
    for (service, path), (category, table) in begun.items():
        told = [each.stream for each in ledger.entries if (each.service, each.path) == (service, path)]
        there = tables.values(service, "select distinct stream from events where stream like %s", f"{category}-%")
        found.expect(f"{service}, streams", told, there)
        rows = tables.values(service, f"select %s || '-' || id from {table}", category)
        found.expect(f"{service}, {table}", told, rows)
    titles = tables.values("membership", "select data->>'title' from events where type like '%milestone-noted'")
    shown = tables.values("membership", "select title from communities.milestones")
    found.expect("membership, milestones", titles, shown)
    found.doubled += [f"milestone {title!r} was noted {n} times" for title, n in Counter(titles).items() if n > 1]


def _members(tables: Tables, found: Found) -> None:
    """Whoever was approved is known everywhere, and belongs to what she wished for."""
    approved = tables.values("membership", "select substr(stream, 8) from events where type like '%member-approved'")
    standing = tables.values(
        "membership", "select id::text from members.members where standing in ('approved', 'active')"
    )
    found.expect("membership, members", approved, standing)
    joined = tables.values(
        "membership", "select substr(stream, 11), data->>'member' from events where type like '%community-joined'"
    )
    wished = tables.values(
        "membership",
        "select w.value, substr(e.stream, 8) from events e, json_array_elements_text(e.data->'communities') w"
        " where e.type like '%member-approved'",
    )
    wished += tables.values(  # taken into a group by the coordinator
        "membership",
        "select substr(stream, 11), data->>'member' from events"
        " where type like '%community-joined' and metadata->>'causation_id' is null",
    )
    found.expect("membership, joining", wished, joined)
    for service in SERVICES:
        known = tables.values(service, "select member_id::text from people.people where standing <> 'declined'")
        found.expect(f"{service}, people", approved, known)
        belonging = tables.values(service, "select community_id::text, member_id::text from people.people_groups")
        found.expect(f"{service}, people's communities", joined, belonging)


def _letters(tables: Tables, found: Found) -> None:
    """Every letter that must follow was queued once, and went out or waits for somebody's hand."""
    letters = tables.rows(
        "notifications",
        "select kind, coalesce(meeting_id, request_id, claim_id)::text, member_id::text, status, id::text"
        " from deliveries.deliveries",
    )

    def of(*kinds: str) -> list[tuple[str | None, str]]:
        return [(about, member) for kind, about, member, *_ in letters if kind in kinds]

    def events(service: str, kind: str, about: str = "substr(stream, strpos(stream, '-') + 1)") -> list[Any]:
        return tables.values(service, f"select {about} from events where type like %s", f"%{kind}")

    welcomed = [(None, member) for member in events("membership", "member-approved")]
    found.expect("welcomes", welcomed, of("welcome"))
    belonging = tables.rows("membership", "select community_id::text, member_id::text from people.people_groups")
    planned = tables.rows("meetings", "select id::text, community_id::text from upcoming_meetings.meetings")
    invited = [(meeting, member) for meeting, at in planned for community, member in belonging if community == at]
    found.expect("invitations", invited, of("meeting-invitation"))
    about = "substr(stream, 9), data->>'member'"
    kinds = ("place-taken", "waiting-list-joined", "way-changed")
    replied = [each for kind in kinds for each in events("meetings", kind, about)]
    found.expect("confirmations", replied, of("reply-confirmed", "place-freed"))
    about = "substr(stream, 17), data->>'member'"
    found.expect("offers", events("ppi", "review-offered", about), of("review-offer"))
    about = "substr(stream, 17), data->>'requester'"
    found.expect("releases", events("ppi", "reviews-released", about), of("reviews-released"))
    released = tables.values(
        "ppi",
        "select substr(stream, 17), w.value->>'member' from events, json_array_elements(data->'work') w"
        " where type like '%reviews-released'",
    )
    claimed = tables.rows("ppi", "select request_id::text, payee_id::text, id::text from claims.claims")
    found.expect("claims", released, [(request, payee) for request, payee, _ in claimed])
    found.expect("letters of fees", [(claim, payee) for _, payee, claim in claimed], of("claim-accrued"))
    answered = set(events("ppi", "response-given", "substr(stream, 17)"))
    told = [(request, member) for request, member in released if request in answered]
    found.expect("answers", told, of("what-we-changed"))
    found.lost += [f"letter {row} did not go out" for row in letters if row[3] not in _FINAL]


def _mails(tables: Tables, mails: Path, found: Found) -> None:
    """Every letter that was sent by mail arrived. One that a crash sent again has the same Message-ID: it is counted,
    and is no fault, because SMTP has no way to ask whether a mail was taken."""
    sent = tables.values("notifications", "select id::text from deliveries.deliveries where status = 'sent'")
    caught = Counter(_delivery_of(file) for file in mails.glob("*.eml"))
    found.mails, found.mails_again = sum(caught.values()), sum(caught.values()) - len(caught)
    found.lost += [f"mail of delivery {each} never arrived" for each in sorted(set(sent) - caught.keys())]
    found.doubled += [f"mail of {each}, which is no sent delivery" for each in sorted(caught.keys() - set(sent))]


def timers(tables: Tables, now: datetime, found: Found) -> None:
    """Each offer that nobody answered ended once with its day, and each answer that nobody gave was missed once."""
    open_offers = tables.values(
        "ppi",
        "select o.stream, o.data->>'member' from events o where o.type like '%%review-offered'"
        " and ((o.data->>'answer_by')::date + 1)::timestamp at time zone 'Europe/London' <= %s and not exists"
        " (select from events a where a.stream = o.stream and a.data->>'member' = o.data->>'member'"
        " and a.type like any (array['%%offer-accepted', '%%offer-declined', '%%offer-withdrawn']))",
        now,
    )
    ended = tables.values("ppi", "select stream, data->>'member' from events where type like '%offer-expired'")
    found.expect("offers that ended", open_offers, ended)
    owed = tables.values(
        "ppi",
        "select r.stream from events r where r.type like '%%reviews-released'"
        " and (r.data->>'response_due_at')::timestamptz <= %s and not exists"
        " (select from events a where a.stream = r.stream and a.type like '%%response-given')",
        now,
    )
    missed = tables.values("ppi", "select stream from events where type like '%response-overdue'")
    found.expect("answers that were missed", owed, missed)
    found.timers = len(open_offers) + len(owed)


def _delivery_of(file: Path) -> str:
    message = message_from_bytes(file.read_bytes().split(b"\n", 2)[2])  # two lines of the envelope come first
    return str(message["Message-ID"]).strip("<> ").partition("@")[0]


def _told(each: object) -> str:
    return ", ".join(map(str, each)) if isinstance(each, tuple) else str(each)
