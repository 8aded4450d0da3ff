"""What people do while everything falls down: they join, meet, ask for support, review, and get letters.

Each thread plays one story over and over, with dice of its own. Streams are changed by one thread each, so that every
answer can be foretold; the twin and repeated sendings of `People` are what contends.
"""

import threading
from collections.abc import Callable, Iterable
from datetime import timedelta
from random import Random
from typing import Any, ClassVar
from uuid import UUID

from deploy.demo.configuration import SERVICES, Configuration
from services.notifications.domain.delivery import Kind, delivery_id
from services.ppi.domain.days import day_of
from shared.messages.events import MemberId
from tests.chaos.ledger import Ledger
from tests.chaos.people import Answer, GaveUp, People, Tokens
from tests.chaos.turned_clock import Overtaken, TurnedClock

_SOURCE = "https://example.org/synthetic"
_MEETINGS_OF_A_COMMUNITY = 2
_MEETING_IN = timedelta(days=60)
"""Longer than the clock is turned by: a meeting that has begun takes no replies."""
_LEFT_OPEN = ("", "offer", "response", "")
"""What nobody does for each request in turn, so that a timer must: answer the offer, or tell what changed."""


class Workload:
    """Threads that send commands until they are told to stop."""

    MEMBERS: ClassVar = {
        "researcher": ("Dr Rowan Achebe", "rowan.achebe@example.org", "researcher"),
        "lewg-one": ("Marion Teal", "marion.teal@example.org", "unpaid-carer"),
        "lewg-two": ("Joseph Adeyemi", "joseph.adeyemi@example.org", "person-drawing-on-care"),
        "practitioner": ("Priya Nair", "priya.nair@example.org", "practitioner"),
    }

    def __init__(
        self, configuration: Configuration, ledger: Ledger, hour: TurnedClock, seed: int, pause: float
    ) -> None:
        """`pause` is how long a person thinks between two commands, in seconds, on average."""
        self._configuration, self._ledger, self._seed, self._pause = configuration, ledger, seed, pause
        self._hour = hour
        self._tokens = Tokens(configuration)
        self._enough = threading.Event()
        self._threads: list[threading.Thread] = []
        self.given_up: list[str] = []
        self.members: dict[str, str] = {}
        self._community = ""

    def prepare(self) -> bool:
        """The working group, and the members with accounts, known in every service. False when that went wrong."""
        try:
            self._prepare(self._people("prepare"))
        except GaveUp as why:
            self.given_up.append(f"before the harm: {why}")
            return False
        return True

    def _prepare(self, people: People) -> None:
        group = people.do("coordinator", "membership", "communities", self._founded("Working group", "working-group"))
        self._community = people.do("coordinator", "membership", "communities", self._founded("The first")).id
        for account, (name, email, stakes) in self.MEMBERS.items():
            wish = {"name": name, "email": email, "stakeholder_group": stakes, "communities": [self._community]}
            applied = people.do(account, "membership", "applications", wish)
            people.do("coordinator", "membership", f"applications/{applied.id}/approval", {}, version=1)
            self.members[account] = applied.id
        for account in ("lewg-one", "lewg-two"):
            belongs = {"member_id": self.members[account]}
            people.do("coordinator", "membership", f"communities/{group.id}/members", belongs)
        for service in SERVICES:
            for account, member in self.members.items():
                groups = [group.id] if account.startswith("lewg") else []

                def known(service: str = service, member: str = member, groups: list[str] = groups) -> bool:
                    found = people.get("coordinator", service, f"people/{member}")
                    return found is not None and found.ok and found.json()["groups"] == groups

                people.wait_until(f"{service} knows {account}", known)

    def start(self) -> None:
        stories: Iterable[tuple[str, Callable[[People, Random, str], None]]] = (
            ("joining 1", self._join),
            ("joining 2", self._join),
            ("meeting", self._meet),
            ("support 1", self._support),
            ("support 2", self._support),
        )
        for name, story in stories:
            thread = threading.Thread(target=self._play, args=(name, story), name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self, limit: float) -> bool:
        """Everybody finishes the command that she is at. False when somebody did not within the limit."""
        self._enough.set()
        for thread in self._threads:
            thread.join(limit)
        return not any(thread.is_alive() for thread in self._threads)

    def _play(self, name: str, story: Callable[[People, Random, str], None]) -> None:
        people, dice, nth = self._people(name), Random(f"{self._seed}/{name}/story"), 0  # noqa: S311
        while not self._enough.is_set():
            nth += 1
            try:
                story(people, dice, f"{name} {nth}")
            except _Enough:
                return
            except Overtaken:
                continue
            except GaveUp as why:
                self.given_up.append(f"{name} {nth}: {why}")

    def _people(self, name: str) -> People:
        return People(self._configuration, self._tokens, self._ledger, Random(f"{self._seed}/{name}"))  # noqa: S311

    def _think(self, dice: Random) -> None:
        if self._enough.wait(dice.uniform(0, 2 * self._pause)):
            raise _Enough

    # The stories.

    def _join(self, people: People, dice: Random, tag: str) -> None:
        community, way = self._community, dice.choice(("email", "email", "email", "phone", "post"))
        wish: dict[str, Any] = {
            "name": f"Synthetic {tag}",
            "stakeholder_group": "practitioner",
            "communities": [community],
        }
        mailed = f"{tag.replace(' ', '.')}@example.org"
        wish |= {"email": {"email": mailed}, "phone": {"phone": "01632 960141"}}.get(
            way, {"postal_address": f"{tag}\nExampleham"}
        )
        by_hand = way != "email"
        account, channel = ("coordinator", way) if by_hand else (None, None)
        member = people.do(account, "membership", "applications", wish, channel=channel).id
        self._think(dice)
        decision = dice.choice(("approval",) * 5 + ("refusal", "nothing"))
        if decision == "approval":
            people.do("coordinator", "membership", f"applications/{member}/approval", {}, version=1)
        elif decision == "refusal":
            reason = {"reason": "Synthetic"}
            people.do("coordinator", "membership", f"applications/{member}/refusal", reason, version=1)
        self._think(dice)
        milestone = {"title": tag, "kind": "fact", "summary": "Synthetic", "source": _SOURCE}
        people.do("coordinator", "membership", f"communities/{community}/milestones", milestone)
        if decision == "approval" and by_hand and dice.random() < 0.5:
            self._think(dice)
            letter = delivery_id(MemberId(UUID(member)), Kind.WELCOME)
            path = f"deliveries/{letter}/done-by-hand"
            people.do("coordinator", "notifications", path, {"note": tag}, wait_for="still-queued")
        self._think(dice)

    def _meet(self, people: People, dice: Random, tag: str) -> None:
        founded = people.do("coordinator", "membership", "communities", self._founded(tag))
        for nth in range(_MEETINGS_OF_A_COMMUNITY):
            self._think(dice)
            starts = self._hour.now().replace(microsecond=0) + _MEETING_IN + timedelta(days=nth)
            plan = {
                "community_id": founded.id,
                "title": f"{tag}, {nth}",
                "about": "Synthetic",
                "starts_at": starts.isoformat(),
                "ends_at": (starts + timedelta(hours=1)).isoformat(),
                "places": dice.choice((1, 2, 3)),
                "speaker": {"name": "A synthetic speaker", "topic": tag},
            }
            meeting = people.do("coordinator", "meetings", "meetings", plan).id
            self._community = founded.id
            for _ in range(dice.choice((3, 5, 7))):
                self._think(dice)
                answer = {"answer": dice.choice(("in-person", "online", "by-phone", "no", "no"))}
                people.do(dice.choice(list(self.members)), "meetings", f"meetings/{meeting}/replies", answer)

    def _support(self, people: People, dice: Random, tag: str) -> None:
        """Its answers depend on the day: when the clock is turned, the request stays as it is, for the timers."""
        began, today = self._hour.times_turned, day_of(self._hour.now())
        left_open = _LEFT_OPEN[int(tag.rpartition(" ")[2]) % len(_LEFT_OPEN)]

        def do(account: str, path: str, body: dict[str, Any], version: int | None = None) -> Answer:
            with self._hour.standing_still(began):
                return people.do(account, "ppi", path, body, version=version)

        wish = {
            "title": tag,
            "kind": "plain-english-summary",
            "summary": "Synthetic",
            "needed_by": (today + timedelta(days=42)).isoformat(),
            "reviewers": 1,
            "activity": "two-hours",
        }
        asked = do("researcher", "support-requests", wish)
        path = f"support-requests/{asked.id}"

        def next_step(
            account: str, what: str, body: dict[str, Any], before: Answer, *, matching: bool = True
        ) -> Answer:
            self._think(dice)
            return do(account, f"{path}/{what}", body, before.version if matching else None)

        relevant = bool(left_open) or dice.random() < 0.8
        judged = next_step("coordinator", "relevance", {"relevant": relevant, "reason": "Synthetic"}, asked)
        if not relevant:
            return
        reviewers = dice.sample(("lewg-one", "lewg-two"), dice.choice((1, 2)))
        answer_by = (today + timedelta(days=7)).isoformat()
        for account in reviewers:
            offer = {"member_id": self.members[account], "answer_by": answer_by}
            judged = next_step("coordinator", "offers", offer, judged)
        for account in reviewers[1:]:
            next_step(account, "refusal-of-offer", {}, judged, matching=False)
        if left_open == "offer":
            return
        yes = {"no_conflict_of_interest": True}
        next_step(reviewers[0], "acceptance", yes, judged, matching=False)
        sent = next_step(reviewers[0], "reviews", {"text": f"A synthetic review: {tag}"}, judged, matching=False)
        released = next_step("coordinator", "release", {}, sent)
        if left_open == "response":
            return
        next_step("researcher", "response", {"what_we_changed": f"Synthetic: {tag}"}, released, matching=False)

    @staticmethod
    def _founded(name: str, kind: str = "community") -> dict[str, str]:
        return {"name": name, "kind": kind, "about": "Synthetic"}


class _Enough(Exception):
    """The run is over."""
