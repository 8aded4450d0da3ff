"""`copse story`: plays the first whole path against a running Copse, through its public APIs alone.

One line a step: who did what, which event that is, and how long until the other services knew. Every outcome is
checked; the first thing that is not so ends the story with exit status 1. Each run brings its own newcomer, meeting
and request, so it can be played again and again.
"""

import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import requests

from deploy.demo.client import Client, NotSo, until
from deploy.demo.configuration import Configuration
from deploy.demo.load import approve
from deploy.demo.sign_in import NotSignedIn

_COMMUNITY = "Enhancing, diversifying and sustaining the social care workforce"
_GROUP = "Lived Experience Working Group"
_OTHERS = ("meetings", "ppi", "notifications")


def play(configuration: Configuration, say: Callable[[str], None] = print) -> int:
    """0 when everything was so; 1 at the first thing that was not. `say` gets one line a step."""
    began = time.monotonic()
    try:
        steps = Story(configuration, say).play()
    except (NotSo, NotSignedIn, KeyError) as what:
        say(f"✗ {what}")
        return 1
    say(f"\nThe whole path: {steps} steps, every outcome as it should be, {time.monotonic() - began:.1f} s.")
    return 0


class Story:
    """The people of the story, each with a client of their own."""

    def __init__(self, configuration: Configuration, say: Callable[[str], None]) -> None:
        self._configuration, self._say, self._steps = configuration, say, 0
        self._tag = uuid4().hex[:6]
        self.anybody = Client(configuration)
        self.coordinator = Client(configuration, "coordinator")
        self.researcher = Client(configuration, "researcher")
        self.marion = Client(configuration, "lewg-one")
        self.joseph = Client(configuration, "lewg-two")
        self.priya = Client(configuration, "practitioner")
        self.finance = Client(configuration, "finance")

    def play(self) -> int:
        """How many steps were told. Raises NotSo."""
        community, group = self._community(_COMMUNITY, "community"), self._community(_GROUP, "working-group")
        self._everybody_belongs(community, group)
        self._joining(community)
        self._meeting(community)
        self._support()
        return self._steps

    def _step(self, who: str, did: str, event: str, known: str = "") -> None:
        self._steps += 1
        self._say(f"✓ {self._steps:>2}  {who:<12} {did:<62} {event:<24} {known}")

    # Before the story: the partnership's two groups and the people with accounts. All there in the demonstration.

    def _community(self, name: str, kind: str) -> str:
        for each in self.anybody.get("membership", "communities?limit=200").items:
            if each["name"] == name:
                return str(each["id"])
        founded = {"name": name, "kind": kind, "about": "Founded for the story (synthetic).", "places": 12}
        community = self.coordinator.post("membership", "communities", founded).id
        self.coordinator.get("membership", f"communities/{community}")  # waits for it, so that others find it too
        return community

    def _everybody_belongs(self, community: str, group: str) -> None:
        people = (
            (self.researcher, "Dr Rowan Achebe", "rowan.achebe@example.org", "researcher", False),
            (self.marion, "Marion Teal", "marion.teal@example.org", "unpaid-carer", True),
            (self.joseph, "Joseph Adeyemi", "joseph.adeyemi@example.org", "person-drawing-on-care", True),
            (self.priya, "Priya Nair", "priya.nair@example.org", "practitioner", False),
        )
        for client, name, email, stakeholder_group, reviews in people:
            if not client.finds("membership", "me"):
                application = {
                    "name": name,
                    "email": email,
                    "stakeholder_group": stakeholder_group,
                    "communities": [community],
                    "about": "Synthetic: invented for the story.",
                }
                approve(self.coordinator, client.post("membership", "applications", application).id)
            member = str(client.get("membership", "me").id)
            for joined in (community, group) if reviews else (community,):
                self.coordinator.post("membership", f"communities/{joined}/members", {"member_id": member})
                self._everywhere(f"{name} belongs", member, joined)

    def _everywhere(self, what: str, member: str, community: str) -> str:
        """How long until each other service knew, from Kafka, that a member belongs to a community."""
        began = time.monotonic()
        known = []
        for service in _OTHERS:

            def belongs(service: str = service) -> bool:
                if not self.coordinator.finds(service, f"people/{member}"):
                    return False
                person = self.coordinator.get(service, f"people/{member}").body
                return community in person["communities"] + person["groups"]

            until(f"{service}: {what}", belongs)
            known.append(f"{service} {_milliseconds(began)}")
        return ", ".join(known)

    # 1 and 2. Somebody applies to join, and is welcomed.

    def _joining(self, community: str) -> None:
        email = f"sam.newcomer.{self._tag}@example.org"
        application = {
            "name": "Sam Newcomer (synthetic)",
            "email": email,
            "stakeholder_group": "practitioner",
            "communities": [community],
        }
        sam = self.anybody.post("membership", "applications", application).id
        self._step("Sam", "applies to join, without signing in", "application-received")

        approve(self.coordinator, sam)
        known = self._everywhere("Sam is known", sam, community)
        self._step("Carys", "approves; Sam appears in the community", "member-approved", known)

        took = self._mail(email, "kent-research-partnership", "the welcome with the quick guide's link")
        self._step("notifications", "welcomes Sam by mail, with the quick guide's link", "delivery-sent", took)

    # 3. A meeting with one place: the second to say yes waits.

    def _meeting(self, community: str) -> None:
        starts = (datetime.now(UTC) + timedelta(days=21)).replace(minute=0, second=0, microsecond=0)
        title = f"Keeping people in care work ({self._tag}, synthetic)"
        plan = {
            "community_id": community,
            "title": title,
            "about": "A synthetic meeting, planned by the story.",
            "starts_at": starts.isoformat(),
            "ends_at": (starts + timedelta(minutes=90)).isoformat(),
            "places": 1,
            "venue": "Synthetic Community Centre, Canterbury",
            "online_link": "https://meet.example.org/story",
            "speaker": {"name": "A synthetic speaker", "topic": "Rotas that people can live with"},
        }
        meeting = self.coordinator.post("meetings", "meetings", plan).id
        self._step("Carys", "plans a meeting with a speaker and one place", "meeting-planned")

        took = self._mail("priya.nair@example.org", title, "the invitation", calendar=True)
        self._step("notifications", "invites the members, with a calendar entry", "delivery-sent", took)

        began = time.monotonic()
        reply = self.priya.post("meetings", f"meetings/{meeting}/replies", {"answer": "online"}, expect=201)
        _is("Priya has the place", reply.body["reply"], "online")
        seen = self.priya.get("meetings", f"meetings/{meeting}").body
        _is("Priya sees her reply at once", seen["my_reply"], "online")
        self._step("Priya", "replies that she comes online, and sees it at once", "place-taken", _milliseconds(began))

        reply = self.marion.post("meetings", f"meetings/{meeting}/replies", {"answer": "by-phone"}, expect=201)
        _is("the full meeting puts Marion on the waiting list", reply.body["reply"], "waiting-list")
        self._step("Marion", "replies too: the meeting is full, so she waits", "waiting-list-joined")

        self.priya.post("meetings", f"meetings/{meeting}/replies", {"answer": "no"}, expect=201)
        self.marion.get("meetings", f"meetings/{meeting}")
        until(
            "Marion has Priya's place",
            lambda: self.marion.get("meetings", f"meetings/{meeting}").body["my_reply"] == "by-phone",
        )
        self._step("Priya", "cannot come after all; Marion has the place", "place-given-up")

    # 4 and 5. Pre-application support: reviewed, paid, answered, and only then closed.

    def _support(self) -> None:
        request = self._asked_and_judged()
        marion = self._offered_and_accepted(request)
        self._reviewed_and_released(request, marion)
        self._answered(request)

    def _asked_and_judged(self) -> str:
        self._title = f"Rotas that let home care workers stay ({self._tag}, synthetic)"
        wish = {
            "title": self._title,
            "kind": "plain-english-summary",
            "summary": "Do predictable rotas help home care workers to stay? A synthetic idea.",
            "needed_by": (date.today() + timedelta(days=42)).isoformat(),
            "reviewers": 1,
            "activity": "two-hours",
        }
        request = self.researcher.post("ppi", "support-requests", wish).id
        self._step("Rowan", "asks for help with a plain English summary", "support-requested")

        judged = {"relevant": True, "reason": "It speaks to keeping people in care work.", "priority": self._priority()}
        self._change(self.coordinator, request, "relevance", judged)
        self._status(request, "relevant")
        self._step("Carys", "judges it relevant to the members' priorities", "relevance-judged")
        return request

    def _priority(self) -> str | None:
        """One of the members' published priorities; none where none was published."""
        texts = [
            each["text"] for list in self.coordinator.get("ppi", "priorities").items for each in list["priorities"]
        ]
        return "Recruitment and retention" if "Recruitment and retention" in texts else (texts or [None])[0]

    def _offered_and_accepted(self, request: str) -> str:
        answer_by = (date.today() + timedelta(days=7)).isoformat()
        marion, joseph = (str(each.get("membership", "me").id) for each in (self.marion, self.joseph))
        reviewers = {each["member_id"] for each in self.coordinator.get("ppi", "reviewers").items}
        _is("Marion and Joseph are of the working group", {marion, joseph} <= reviewers, True)
        for member in (marion, joseph):
            self._change(self.coordinator, request, "offers", {"member_id": member, "answer_by": answer_by})
        took = self._mail("marion.teal@example.org", self._title, "the offer")
        self._step("Carys", "offers the review to two of the working group", "review-offered", took)

        self._act(self.joseph, request, "refusal-of-offer", {})
        self._step("Joseph", "declines, without having to say why", "offer-declined")
        self._act(self.marion, request, "acceptance", {"no_conflict_of_interest": True})
        self._status(request, "in-review")
        self._step("Marion", "accepts, and declares no conflict of interest", "offer-accepted")
        return marion

    def _reviewed_and_released(self, request: str, marion: str) -> None:
        text = f"I would say rota, not roster, and say who you asked. ({self._tag})"
        self._act(self.marion, request, "reviews", {"text": text})
        seen = self.researcher.get("ppi", f"support-requests/{request}").body
        _is("Rowan does not see the review before its release", seen["reviews"], [])
        self._step("Marion", "sends her review", "review-sent")
        self._status(request, "review-in")

        self._change(self.coordinator, request, "release", {})
        until(
            "Rowan reads the released review",
            lambda: (
                [each["text"] for each in self.researcher.get("ppi", f"support-requests/{request}").body["reviews"]]
                == [text]
            ),
        )
        took = self._mail("rowan.achebe@example.org", self._title, "the review's release")
        self._step("Carys", "releases the review to the researcher", "reviews-released", took)

        claims: list[dict[str, Any]] = []

        def accrued() -> bool:
            claims[:] = [
                each
                for each in self.finance.get("ppi", "claims?limit=200").items
                if each["request_id"] == request and each["payee_id"] == marion
            ]
            return bool(claims)

        until("Marion's fee has accrued", accrued)
        rates = {
            each["amount_pence"]
            for each in self.anybody.get("ppi", "payment-rates").items
            if each["activity"] == "two-hours"
            and each["from"] <= claims[0]["activity_on"]
            and (each["to"] is None or claims[0]["activity_on"] <= each["to"])
        }
        _is("the fee is the rate in force on the day of the review", {claims[0]["amount_pence"]}, rates)
        _is("it accrued once", len(claims), 1)
        pounds = f"£{claims[0]['amount_pence'] / 100:.2f}"
        self._step("ppi", f"Marion's fee accrues: {pounds}, the rate of {claims[0]['rate_from']}", "claim-accrued")

    def _answered(self, request: str) -> None:
        self._status(request, "released")
        changed = f"We now say rota throughout, and tell whom we asked. ({self._tag})"
        self._act(self.researcher, request, "response", {"what_we_changed": changed})
        self._status(request, "closed")
        self._step("Rowan", "answers what changed: only now the request closes", "request-closed")

        took = self._mail("marion.teal@example.org", changed, "the answer")
        self._step("notifications", "sends Marion what her review changed", "delivery-sent", took)

    # How the story acts and looks.

    def _act(self, who: Client, request: str, command: str, body: dict[str, object]) -> None:
        self._sees(who, request)
        who.post("ppi", f"support-requests/{request}/{command}", body)

    def _change(self, who: Client, request: str, command: str, body: dict[str, object]) -> None:
        self._sees(who, request)
        etag = who.get("ppi", f"support-requests/{request}").etag
        who.post("ppi", f"support-requests/{request}/{command}", body, if_match=etag)

    def _sees(self, who: Client, request: str) -> None:
        """Somebody else's change takes a moment to show."""
        until("the request shows", lambda: who.finds("ppi", f"support-requests/{request}"))

    def _status(self, request: str, wanted: str) -> None:
        until(
            f"the request is {wanted}",
            lambda: self.coordinator.get("ppi", f"support-requests/{request}").body["status"] == wanted,
        )

    def _mail(self, to: str, said: str, what: str, *, calendar: bool = False) -> str:
        """How long until a mail that says something was there."""
        began = time.monotonic()

        def arrived() -> bool:
            found = requests.get(f"{self._configuration.mail}/api/messages", params={"to": to}, timeout=5).json()
            texts = map(_text, found["items"])
            return any(said in text and (not calendar or "METHOD:REQUEST" in text) for text in texts)

        until(f"{what} reached {to}", arrived, seconds=30)
        return f"mail {_milliseconds(began)}"


def _text(message: dict[str, object]) -> str:
    """Everything that a caught mail says, on one line, however it was wrapped."""
    return " ".join(" ".join(str(value).split()) for value in message.values())


def _is(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise NotSo(f"It should be so that {what}: wanted {wanted!r}, found {found!r}.")


def _milliseconds(began: float) -> str:
    return f"{(time.monotonic() - began) * 1000:.0f} ms"


if __name__ == "__main__":
    sys.exit(play(Configuration.from_environment()))
