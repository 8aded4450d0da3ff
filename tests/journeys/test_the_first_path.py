"""The whole path of the first release, through the public APIs of the real processes."""

from deploy.demo.client import Client
from deploy.demo.configuration import Configuration
from deploy.demo.load import load
from deploy.demo.story import play


def test_the_story_is_so_from_joining_to_what_we_changed(configuration: Configuration) -> None:
    told: list[str] = []

    assert play(configuration, told.append) == 0, "\n".join(told)
    events = (
        "application-received",
        "member-approved",
        "place-taken",
        "review-offered",
        "claim-accrued",
        "request-closed",
    )
    assert [event for event in events if not any(event in line for line in told)] == []


def test_loading_the_facts_again_adds_nothing(configuration: Configuration) -> None:
    load(configuration)
    before = everything_public(configuration)

    load(configuration)

    assert everything_public(configuration) == before
    assert len(before["milestones"]) >= 20
    assert all(milestone["source"].startswith("https://") for milestone in before["milestones"])


def everything_public(configuration: Configuration) -> dict[str, list[dict[str, str]]]:
    anybody = Client(configuration)
    communities = anybody.get("membership", "communities?limit=200").items
    return {
        "communities": [{"id": each["id"], "version": each["version"]} for each in communities],
        "milestones": [
            milestone
            for each in communities
            for milestone in anybody.get("membership", f"communities/{each['id']}").body["milestones"]
        ],
        "priorities": anybody.get("meetings", "priorities?limit=200").items,
        "meetings": anybody.get("meetings", "meetings?limit=200").items,
    }
