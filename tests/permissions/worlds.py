"""For each service a small world of invented people and records, told by events, so that relations are real."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from uuid import UUID, uuid4

from services.meetings.contracts import membership as told_to_meetings
from services.meetings.domain.arrangements import Arrangements, ArrangementsFlagged, Asked, Flag, Flagged
from services.meetings.domain.meeting import Meeting, MeetingPlanned
from services.membership.domain import assisted_session as sessions
from services.membership.domain import community as communities
from services.membership.domain import complaint as complaints
from services.membership.domain import member as members
from services.membership.domain import project_group as groups
from services.membership.domain import rights_request as rights
from services.membership.domain import safeguarding_concern as concerns
from services.notifications.contracts import membership as told_to_notifications
from services.notifications.domain.delivery import Channel, Delivery, DeliveryQueued, Kind
from services.ppi.contracts import membership as told_to_ppi
from services.ppi.domain import support_request as requests
from shared.messages import decisions
from shared.messages.even_length import evenly
from shared.messages.events import Event, MemberId
from shared.messages.ids import uuid7
from shared.messages.recorded import BEGINNING, Metadata, Recorded
from shared.service import Running
from tests.permissions.people import HELPER, STELLA, Ids, Person, Question

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
BY_NOBODY = Metadata(actor="anonymous", channel="web", correlation_id=UUID(int=0))
CAREFUL = (STELLA, "paused", "left", "erased")
"""In every world: a member without a part in it, and three who are members no more."""
REQUEST = UUID(int=1)
"""A request for access that is open, with her identity checked."""
EXPORT = "GET /v1/people/{member_id}/export"


@dataclass
class World:
    """`ids` are put into paths; `people` have a part in the records that these name.

    `questions`: what to ask of a route, by the route and the question's name (empty: in place of its example).
    `wrong_sessions`: assisted sessions in which the helper may do nothing, and the problem that says so.
    """

    running: Running
    ids: Ids = field(default_factory=dict)
    people: list[Person] = field(default_factory=list)
    accounts: dict[str, MemberId] = field(default_factory=dict)
    questions: dict[tuple[str, str], Question] = field(default_factory=dict)
    wrong_sessions: dict[str, tuple[UUID, str]] = field(default_factory=dict)
    _numbers: Callable[[], int] = field(default_factory=lambda: count(1).__next__)

    def tell(self, id: UUID, *events: Event, category: str, by: Metadata = BY_NOBODY) -> None:
        """What happened, to every projection that wants to hear of it."""
        with self.running.database.transaction() as db:
            for event in events:
                number = self._numbers()
                recorded = Recorded(
                    event=event,
                    event_id=uuid4(),
                    stream=f"{category}-{id}",
                    version=number,
                    position=BEGINNING,
                    who=by,
                    recorded_at=NOW + timedelta(seconds=number),
                )
                for projection in self.running.service.projections:
                    projection.tell(recorded, db)

    def account(self, issuer: str, subject: str) -> UUID:
        return self.running.keyring.pseudonym("account", f"{issuer} {subject}")

    def member(self, name: str) -> MemberId:
        return self.accounts[name]


def _people(world: World, issuer: str, told: object, *names: str) -> None:
    """Approved members, each with a sign-in of her own name; the last three took a break, left, and were erased.

    `told` is the module with membership's events as this service reads them.
    """
    for name in (*CAREFUL, *names):
        id = world.accounts[name] = MemberId(uuid7())
        account, about = world.account(issuer, name), {"name": name.title(), "stakeholder_group": "other"}
        if told is members:
            about["communities"] = ()  # type: ignore[assignment]  # of membership's own event alone
            world.tell(
                id,
                members.ApplicationReceived(
                    name=name, stakeholder_group=members.StakeholderGroup.OTHER, communities=(), account=account
                ),
                category="member",
            )
        world.tell(id, getattr(told, "MemberApproved")(**about, account=account), category="member")  # noqa: B009
    for name, event in (("paused", "MemberPaused"), ("left", "MemberLeft"), ("erased", "MemberErased")):
        world.tell(world.member(name), getattr(told, event)(), category="member")
    world.people += [Person.of("paused", "away"), Person.of("left", "away"), Person.of("erased")]
    world.questions[EXPORT, "for a checked request"] = Question(f"?request={REQUEST}")


def _help(world: World, issuer: str, told: object, *helped: str) -> None:
    """A helper who acts for a member without a part in the world and for those named, and wrong sessions of all kinds.

    To be called last: what is true of the people of the world is true of them here.
    """
    now = datetime.now(UTC)
    open_until, passed = now + timedelta(hours=1), now - timedelta(seconds=1)

    def opened(account: str, member: str, closes_at: datetime = open_until) -> UUID:
        id, more = uuid7(), {"reason": "-", "checked": sessions.IdentityCheck.LETTER} if told is members else {}
        module = sessions if told is members else told
        happened = getattr(module, "AssistedSessionOpened")(  # noqa: B009
            member=world.member(member),
            account=world.account(issuer, account),
            channel=decisions.Channel.PHONE,
            closes_at=closes_at,
            **more,
        )
        world.tell(id, happened, category="assisted-session")
        return id

    stella = Person.of(STELLA, "member")
    for each in (stella, *(person for person in world.people if person.name in helped)):
        world.people.append(each.helped_in(opened(HELPER, each.name)))
    ended, module = opened(HELPER, STELLA), sessions if told is members else told
    because = {"because": sessions.Because.DONE} if told is members else {}
    over = getattr(module, "AssistedSessionEnded")(member=world.member(STELLA), **because)  # noqa: B009
    world.tell(ended, over, category="assisted-session")
    world.wrong_sessions = {
        "of somebody else": (opened("carla", STELLA), "session-not-known"),
        "that nobody opened": (uuid7(), "session-not-known"),
        "that was ended": (ended, "session-over"),
        "whose time is over": (opened(HELPER, STELLA, passed), "session-over"),
        **{f"for a member who is {name}": (opened(HELPER, name), "session-over") for name in CAREFUL[1:]},
    }


def of_membership(running: Running, issuer: str) -> World:
    """Ann; a private community of Fran and Flo, who facilitate it, Cleo, Lea and Gus; a small group of the last two.

    Ann asked what is held of her, complained and told of a worry. Carla acts for her.
    """
    world = World(running)
    _people(world, issuer, members, "ann", "cleo", "fran", "flo", "lea", "gus")
    member = world.member
    community, group = uuid7(), uuid7()
    inside = ("cleo", "fran", "flo", "lea", "gus")
    world.tell(
        community,
        communities.CommunityFounded(
            name="Rotas", kind=communities.Kind.COMMUNITY, about="-", privacy=communities.Privacy.PRIVATE
        ),
        *(communities.CommunityJoined(member=member(name)) for name in inside),
        *(communities.FacilitatorAppointed(member=member(name)) for name in ("fran", "flo")),
        category="community",
    )
    world.tell(
        group,
        groups.ProjectGroupProposed(community=community, topic="T", about="-", proposer=member("lea"), wanted=2),
        groups.ProjectGroupJoined(member=member("gus")),
        category="project-group",
    )
    complaint, concern, session = uuid7(), uuid7(), uuid7()
    opened = sessions.AssistedSessionOpened(
        member=member("ann"),
        account=world.account(issuer, "carla"),
        reason="-",
        channel=decisions.Channel.PHONE,
        checked=sessions.IdentityCheck.LETTER,
        closes_at=datetime.now(UTC) + timedelta(hours=1),
    )
    stream(running, sessions.AssistedSession.stream(session), opened)
    world.tell(session, opened, category="assisted-session")
    day = date(2026, 3, 2)
    world.tell(
        complaint,
        complaints.ComplaintReceived(
            person=member("ann"), known=True, received_on=day, acknowledge_by=date(2026, 4, 1), what="-"
        ),
        category="complaint",
    )
    world.tell(
        REQUEST,
        rights.RightsRequestReceived(
            member=member("ann"), right=rights.Right.ACCESS, received_on=day, due_on=date(2026, 4, 2)
        ),
        rights.IdentityChecked(how=rights.IdentityCheck.SIGNED_IN),
        category="rights-request",
    )
    world.tell(
        concern,
        concerns.ConcernRaised(what="-", raised_by=member("ann"), account=world.account(issuer, "ann")),
        category="safeguarding-concern",
    )
    world.ids = {
        "/v1/": {"member_id": member("ann"), "community_id": community, "group_id": group, "purpose": "newsletter"},
        "/v1/complaints/": {"complaint_id": complaint},
        "/v1/rights-requests/": {"request_id": REQUEST},
        "/v1/safeguarding-concerns/": {"concern_id": concern},
        "/v1/assisted-sessions/": {"session_id": session},
        "/v1/communities/": {"community_id": community, "member_id": member("cleo")},
        "/v1/communities/{community_id}/facilitators": {"community_id": community, "member_id": member("fran")},
        "/v1/project-groups/": {"group_id": group, "member_id": member("gus")},
    }
    world.people += [
        Person.of("ann", "member", "own"),
        Person.of("cleo", "member", "belongs", "herself"),
        Person.of("fran", "member", "belongs", "facilitates", "appointed"),
        Person.of("flo", "member", "belongs", "facilitates"),
        Person.of("lea", "member", "belongs", "leads"),
        Person.of("gus", "member", "belongs", "in-group"),
        Person.of("carla", "opened", roles=("coordinator",)),
        replace(Person.of("carla", "opened"), name="carla, who is no coordinator any more"),
    ]
    for_ann = {"member_id": str(member("ann"))}
    right, what = {"right": "access"}, {"what": "-"}
    reach = {"name": "Ida", "email": "ida@example.org"}
    world.questions |= {
        (EXPORT, "for a request that nobody made"): Question(f"?request={uuid7()}"),
        ("POST /v1/members/{member_id}/contacts", ""): Question(body={"kind": "email", "value": "ann@example.org"}),
        ("POST /v1/rights-requests", ""): Question(body=right),
        ("POST /v1/rights-requests", "for Ann"): Question(body=right | for_ann),
        ("POST /v1/rights-requests", "that came on another day"): Question(body=right | {"received_on": "2026-03-02"}),
        ("POST /v1/complaints", ""): Question(body=what | reach),
        ("POST /v1/complaints", "for Ann"): Question(body=what | for_ann),
        ("POST /v1/complaints", "that came on another day"): Question(
            body=what | reach | {"received_on": "2026-03-02"}
        ),
    }
    _help(world, issuer, members, "ann", "fran", "lea", "gus")
    return world


def of_meetings(running: Running, issuer: str) -> World:
    """A meeting of a private community to which all here belong, at which something is to be arranged for Bel.

    Pat planned it, Flo facilitates the community, and Fay has the role of those who facilitate meetings.
    """
    world = World(running)
    inside = ("bel", "fay", "flo", "pat")
    _people(world, issuer, told_to_meetings, *inside)
    community, meeting, arrangement = uuid7(), uuid7(), uuid7()
    starts_at = datetime.now(UTC) + timedelta(days=7)
    world.tell(
        community,
        told_to_meetings.CommunityFounded(name="Rotas", kind="community", privacy="private"),
        *(told_to_meetings.CommunityJoined(member=world.member(name)) for name in inside),
        told_to_meetings.FacilitatorAppointed(member=world.member("flo")),
        category="community",
    )
    world.tell(
        meeting,
        MeetingPlanned(
            community=community,
            title="Rotas",
            about="-",
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=1),
            places=5,
        ),
        category=Meeting.category,
        by=Metadata(actor=f"member:{world.member('pat')}", channel="web", correlation_id=UUID(int=0)),
    )
    flagged = Flagged((Flag(arrangement, Asked(code="captions", arrangement="Captions")),))
    world.tell(
        world.member("bel"),
        ArrangementsFlagged(meeting=meeting, starts_at=starts_at, flagged=evenly(flagged)),
        category=Arrangements.category,
    )
    world.ids = {"/v1/": {"meeting_id": meeting, "arrangement_id": arrangement, "member_id": world.member("bel")}}
    world.people += [
        Person.of("bel", "member", "belongs", "own"),
        Person.of("fay", "member", "belongs", roles=("facilitator",)),
        Person.of("flo", "member", "belongs", "facilitates"),
        Person.of("pat", "member", "belongs", "planned", roles=("facilitator",)),
        replace(Person.of("pat", "member", "belongs", "planned"), name="pat, who plans no more"),
    ]
    _help(world, issuer, told_to_meetings, "bel", "fay", "flo", "pat")
    return world


def of_ppi(running: Running, issuer: str) -> World:
    """A request of Rowan, a researcher, that Marion was asked to review. Its stream is there too: routes look at it."""
    world = World(running)
    _people(world, issuer, told_to_ppi, "rowan", "marion")
    request = uuid7()
    happened = (
        requests.SupportRequested(
            requester=world.member("rowan"),
            title="Rotas",
            kind=next(iter(requests.Kind)),
            summary="-",
            needed_by=date(2027, 1, 1),
            reviewers=1,
            activity="two-hours",
        ),
        requests.ReviewOffered(
            member=world.member("marion"), answer_by=date(2027, 1, 1), fee_pence=5500, rate_from=date(2025, 12, 16)
        ),
    )
    stream(running, requests.SupportRequest.stream(request), *happened)
    world.tell(request, *happened, category=requests.SupportRequest.category)
    world.ids = {"/v1/": {"request_id": request, "member_id": world.member("marion")}}
    world.people += [
        Person.of("rowan", "member", "asked", roles=("researcher",)),
        Person.of("marion", "member", "reviews", "own"),
    ]
    _help(world, issuer, told_to_ppi, "rowan", "marion")
    return world


def of_notifications(running: Running, issuer: str) -> World:
    """A letter to Ann."""
    world = World(running)
    _people(world, issuer, told_to_notifications, "ann")
    delivery = uuid7()
    world.tell(
        delivery,
        DeliveryQueued(member=world.member("ann"), kind=Kind.WELCOME, channel=Channel.EMAIL),
        category=Delivery.category,
    )
    world.ids = {"/v1/": {"delivery_id": delivery, "member_id": world.member("ann")}}
    world.people += [Person.of("ann", "member", "addressed", "own")]
    _help(world, issuer, told_to_notifications, "ann")
    return world


def stream(running: Running, name: str, *events: Event) -> None:
    """Appends events to a new stream, as a command does."""
    from shared.eventstore.store import NewEvent, Write

    new = []
    for event in events:
        event_id = uuid7()
        new.append(NewEvent(event_id, *running.codec.encode(event, event_id, name)))
    running.store.append([Write(name, 0, tuple(new))], BY_NOBODY, NOW)


WORLDS: dict[str, Callable[[Running, str], World]] = {
    "membership": of_membership,
    "meetings": of_meetings,
    "ppi": of_ppi,
    "notifications": of_notifications,
}
