"""For each service a small world of invented people and records, told by events, so that relations are real."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from uuid import UUID, uuid4

from services.meetings.contracts import membership as told_to_meetings
from services.meetings.domain.meeting import Meeting, MeetingPlanned
from services.membership.domain import community as communities
from services.membership.domain import member as members
from services.membership.domain import project_group as groups
from services.notifications.contracts import membership as told_to_notifications
from services.notifications.domain.delivery import Channel, Delivery, DeliveryQueued, Kind
from services.ppi.contracts import membership as told_to_ppi
from services.ppi.domain import support_request as requests
from shared.messages.events import Event, MemberId
from shared.messages.ids import uuid7
from shared.messages.recorded import BEGINNING, Metadata, Recorded
from shared.service import Running
from tests.permissions.people import STELLA, Ids, Person

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
BY_NOBODY = Metadata(actor="anonymous", channel="web", correlation_id=UUID(int=0))
CAREFUL = (STELLA, "paused", "left", "erased")
"""In every world: a member without a part in it, and three who are members no more."""


@dataclass
class World:
    """`ids` are put into paths; `people` have a part in the records that these name."""

    running: Running
    ids: Ids = field(default_factory=dict)
    people: list[Person] = field(default_factory=list)
    accounts: dict[str, MemberId] = field(default_factory=dict)
    _numbers: Callable[[], int] = field(default_factory=lambda: count(1).__next__)

    def tell(self, id: UUID, *events: Event, category: str) -> None:
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
                    metadata=BY_NOBODY,
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


def of_membership(running: Running, issuer: str) -> World:
    """Ann; a private community of Fran and Flo, who facilitate it, Cleo, Lea and Gus; a small group of the last two."""
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
    world.ids = {
        "/v1/": {"member_id": member("ann"), "community_id": community, "group_id": group},
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
    ]
    return world


def of_meetings(running: Running, issuer: str) -> World:
    """A meeting of a private community to which Bel and Fay belong; Fay facilitates meetings."""
    world = World(running)
    _people(world, issuer, told_to_meetings, "bel", "fay")
    community, meeting = uuid7(), uuid7()
    world.tell(
        community,
        told_to_meetings.CommunityFounded(name="Rotas", kind="community", privacy="private"),
        *(told_to_meetings.CommunityJoined(member=world.member(name)) for name in ("bel", "fay")),
        category="community",
    )
    world.tell(
        meeting,
        MeetingPlanned(
            community=community,
            title="Rotas",
            about="-",
            starts_at=datetime.now(UTC) + timedelta(days=7),
            ends_at=datetime.now(UTC) + timedelta(days=7, hours=1),
            places=5,
        ),
        category=Meeting.category,
    )
    world.ids = {"/v1/": {"meeting_id": meeting, "member_id": world.member("bel")}}
    world.people += [
        Person.of("bel", "member", "belongs"),
        Person.of("fay", "member", "belongs", roles=("facilitator",)),
    ]
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
        Person.of("marion", "member", "reviews"),
    ]
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
    world.people += [Person.of("ann", "member", "addressed")]
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
