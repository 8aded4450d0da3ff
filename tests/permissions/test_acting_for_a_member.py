"""In a wrong assisted session nobody gets in anywhere, whatever her roles; in a good one she is the member, no more.

What may be done in a good one is tried with all the rest, by the helper of `worlds.py` (test_matrix.py).
"""

from uuid import uuid4

from tests.permissions.knocking import House
from tests.permissions.people import HELPER, NO_ROLE_OF_OURS, ROLES, STELLA

STATUS = {"session-not-known": 409, "session-over": 403, "not-allowed": 403, "bad-session": 400, "sign-in-needed": 401}


def test_no_route_is_open_in_a_wrong_session_not_even_where_no_sign_in_is_needed(house: House) -> None:
    helper, wrong = house.token(HELPER, ROLES), []
    newest = house.world.running.store.newest()
    good = next(person.session for person in house.world.people if person.account == HELPER)
    others = tuple(role for role in ROLES if role != "coordinator")
    knocks: list[tuple[str, str | None, str | None, str]] = [
        *((name, helper, str(id), problem) for name, (id, problem) in house.world.wrong_sessions.items()),
        ("that is no id", helper, "stella", "bad-session"),
        ("that is empty", helper, "", "bad-session"),
        ("without a sign-in", None, good, "sign-in-needed"),
        (
            "of hers, as she is no coordinator any more",
            house.token(HELPER, (*others, NO_ROLE_OF_OURS)),
            good,
            "not-allowed",
        ),
        ("of somebody else, by the member", house.token(STELLA, ()), good, "not-allowed"),
        ("of somebody else, by a coordinator", house.token("carla", ROLES), good, "session-not-known"),
    ]
    for route in house.questions:
        for name, token, session, problem in knocks:
            answered = house.knock_with(route, token, session=session)
            said = answered.get_json() or {}
            if (answered.status_code, said.get("type")) != (STATUS[problem], f"urn:copse:problem:{problem}"):
                wrong.append(f"{route} in a session {name}: {answered.status_code} {answered.text}")
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(wrong)
    assert house.world.running.store.newest() == newest


def test_whoever_acts_is_shown_nobody_else(houses: dict[str, House]) -> None:
    """Lists that are everybody's own are the member's in a session, even when somebody else is asked for by name."""
    for house in houses.values():
        log, [session, *_] = "/v1/sensitive-reads", [each.session for each in house.world.people if each.session]
        with house.world.running.database.transaction() as db:
            db.execute("truncate sensitive_reads")
            db.execute(
                "insert into sensitive_reads (id, read_at, roles, what, of_whom, request_id)"
                " values (%s, now(), '{coordinator}', 'access-needs', array[%s::uuid], 'r')",
                str(uuid4()),
                str(other := uuid4()),
            )
        token = {"Authorization": f"Bearer {house.token(HELPER, ROLES)}"}
        asked = f"{log}?of={other}"
        assert len(house.client.get(asked, headers=token).get_json()["items"]) == 1, "as data protection she sees it"
        helped = house.client.get(asked, headers={**token, "Copse-On-Behalf-Of": str(session)})
        assert (helped.status_code, helped.get_json()["items"]) == (200, [])
