"""Loads the Kent Research Partnership's public facts, and invented people, through the public APIs.

Every request carries an Idempotency-Key made from the fact's own key, so loading again, or after a run that was cut
short, adds nothing twice.
"""

import tomllib
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from deploy.demo.client import Answer, Client, until
from deploy.demo.configuration import Configuration

_HERE = Path(__file__).parent
_LONDON = ZoneInfo("Europe/London")
_SYNTHETIC = "Synthetic: invented for the demonstration."

Ids = dict[str, str]


def load(configuration: Configuration) -> None:
    """Raises NotSo when a service refuses something or does not answer."""
    coordinator = Client(configuration, "coordinator")
    communities = found_communities(coordinator)
    note_milestones(coordinator, communities)
    members = admit_people(configuration, coordinator, communities)
    join_working_groups(coordinator, communities, members)
    wait_until_known(coordinator, members)
    publish_priorities(coordinator, communities)
    plan_meetings(coordinator, communities)
    ask_for_support(configuration)


def found_communities(coordinator: Client) -> Ids:
    """The ids by the facts' keys. A community that is there already by its name is taken as it is."""
    there = {each["name"]: each["id"] for each in coordinator.get("membership", "communities").items}
    ids: Ids = {}
    for fact in _facts("facts/communities.toml", "community"):
        key, parent = fact.pop("key"), fact.pop("parent", None)
        if parent:
            fact["parent"] = ids[parent]
        ids[key] = there.get(fact["name"]) or coordinator.post("membership", "communities", fact, key=f"facts/{key}").id
    coordinator.get("membership", "communities")  # waits for what it founded, so that others find it too
    return ids


def note_milestones(coordinator: Client, communities: Ids) -> None:
    for fact in _facts("facts/milestones.toml", "milestone"):
        community = communities[fact.pop("community")]
        key = f"facts/{community}/{fact['title']}"
        coordinator.post("membership", f"communities/{community}/milestones", fact, key=key)


def publish_priorities(coordinator: Client, communities: Ids) -> None:
    for fact in _facts("facts/priorities.toml", "list"):
        key = fact.pop("key")
        fact["community_id"] = communities[fact.pop("community")]
        coordinator.post("meetings", "priorities", fact, key=f"facts/{key}")


def admit_people(configuration: Configuration, coordinator: Client, communities: Ids) -> Ids:
    """Applies for everybody (each with an account by their own sign-in) and approves all but those who still wait.

    The ids of those approved, by name.
    """
    members: Ids = {}
    for person in _facts("people.toml", "person"):
        account, channel = person.pop("account", None), person.pop("channel", None)
        waiting, person["about"] = person.pop("waiting", False), _SYNTHETIC
        person.pop("groups", None)
        person["communities"] = [communities[each] for each in person["communities"]]
        applicant = coordinator if channel else Client(configuration, account)
        key = f"people/{person['name']}"
        applied = applicant.post("membership", "applications", person, key=key, channel=channel)
        if not waiting:
            approve(coordinator, applied.id, key=f"{key}/approval")
            members[person["name"]] = applied.id
    return members


def approve(coordinator: Client, member: str, *, key: str | None = None) -> Answer:
    """Approves an application as it stands, once the coordinator sees it."""
    until("the coordinator sees the application", lambda: coordinator.finds("membership", f"members/{member}"))
    etag = coordinator.get("membership", f"members/{member}").etag
    return coordinator.post("membership", f"applications/{member}/approval", {}, key=key, if_match=etag)


def join_working_groups(coordinator: Client, communities: Ids, members: Ids) -> None:
    for person in _facts("people.toml", "person"):
        for group in person.get("groups", []):
            member = members[person["name"]]
            coordinator.post(
                "membership",
                f"communities/{communities[group]}/members",
                {"member_id": member},
                key=f"groups/{group}/{member}",
            )


def plan_meetings(coordinator: Client, communities: Ids) -> None:
    """One invented meeting a community in the coming month: months go on, so the demonstration is never empty."""
    planned = (("workforce", 1, 10, "What keeps people in care work?", "Sleep-ins, rotas and respect"),
               ("complex-needs", 3, 14, "Coming home from hospital", "One plan that everybody keeps to"))  # fmt: skip
    for community, weekday, hour, title, topic in planned:
        day = first_weekday_after(date.today() + timedelta(days=21), weekday)
        starts = datetime(day.year, day.month, day.day, hour, tzinfo=_LONDON)
        coordinator.post(
            "meetings",
            "meetings",
            {
                "community_id": communities[community],
                "title": title,
                "about": f"A speaker, then a discussion in which everybody's experience counts. {_SYNTHETIC}",
                "starts_at": starts.astimezone(UTC).isoformat(),
                "ends_at": (starts + timedelta(minutes=90)).astimezone(UTC).isoformat(),
                "places": 24,
                "venue": "Synthetic Community Centre, Canterbury",
                "online_link": "https://meet.example.org/copse-demonstration",
                "phone_number": "01632 960100",
                "speaker": {"name": "A synthetic speaker", "topic": topic},
            },
            key=f"meetings/{community}/{day:%Y-%m-%d}",
        )


def first_weekday_after(start: date, weekday: int) -> date:
    """Monday is 0."""
    return start + timedelta(days=(weekday - start.weekday()) % 7)


def ask_for_support(configuration: Configuration) -> None:
    """One invented request that waits for a judgement of relevance, so that the coordinator has something to do."""
    researcher = Client(configuration, "researcher")
    if researcher.get("ppi", "support-requests").items:
        return
    researcher.post(
        "ppi",
        "support-requests",
        {
            "title": "Rotas that let home care workers stay",
            "kind": "plain-english-summary",
            "summary": f"Do predictable rotas help home care workers to stay? {_SYNTHETIC}",
            "needed_by": (date.today() + timedelta(days=42)).isoformat(),
            "reviewers": 2,
            "activity": "two-hours",
        },
        key="support/rotas",
    )


def wait_until_known(coordinator: Client, members: Ids) -> None:
    """The other services learn of members and their groups through Kafka."""
    for service in ("meetings", "ppi", "notifications"):

        def knows_all(service: str = service) -> bool:
            return all(coordinator.finds(service, f"people/{id}") for id in members.values())

        until(f"{service} knows everybody", knows_all)


def _facts(file: str, kind: str) -> Iterable[dict[str, Any]]:
    return list(tomllib.loads((_HERE / file).read_text())[kind])


if __name__ == "__main__":
    load(Configuration.from_environment())
