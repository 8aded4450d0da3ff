"""Every route of every service, knocked at by everybody: who gets in is what the granted tables say, and nobody else.

The routes come from the apps, so a new one is tried by itself; who may use it is written down by hand in `granted/`, a
second time beside `services/*/permissions.py`, so that a row that was widened by mistake is noticed here.
"""

from collections import Counter

import pytest
from werkzeug.test import TestResponse

from shared.identity.roles import ROLES as KNOWN
from shared.identity.roles import UnknownRole
from shared.service import Running
from tests.permissions.knocking import House, Route, settings, with_permissions
from tests.permissions.people import ANYBODY, ROLES, Granted, Person, granted, strangers


def _wrong(granted: Granted, person: Person, answered: TestResponse) -> str:
    """What is not as the granted table says; empty when all is well."""
    status, expected = answered.status_code, granted.expects(person)
    shut = 401 if person is ANYBODY else 403
    if status >= 500:
        return f"{status}: {answered.text}"
    if expected == "in":
        must_not = {401, 403, 404} if granted.hidden else {401, 403}
        return f"must get in and got {status}: {answered.text}" if status in must_not else ""
    wanted = 404 if expected == "hidden" else shut
    return f"must get {wanted} and got {status}: {answered.text}" if status != wanted else ""


def test_the_roles_are_those_that_are_tried() -> None:
    assert set(ROLES) == set(KNOWN)


def test_who_may_use_each_route_is_written_down(house: House) -> None:
    written, routes = granted(house.service.name), {str(route): route for route in house.questions}
    new = [route for name, route in routes.items() if name not in written]
    lines = "\n".join(f'"{route}" = "{_as_the_code_says(house, route)}"' for route in new)
    assert not new, (
        f"These routes are new. Write who may use them into tests/permissions/granted/{house.service.name}.toml."
        " What the code says is below; relations (`own`) are yours to add, with people in tests/permissions/worlds.py."
        f"\n{lines}"
    )
    assert not written.keys() - routes.keys(), "these routes are gone: take them out of the granted tables"


def _as_the_code_says(house: House, route: Route) -> str:
    document = house.client.get("/openapi.json").get_json()
    permission = document["paths"][route.path][route.method.lower()]["x-permission"]
    if permission == "public":
        return "everybody"
    return ", ".join(sorted(house.world.running.permissions.get(permission, {f"(nobody: {permission})"})))


def test_every_route_lets_in_whom_the_table_names_and_nobody_else(house: House) -> None:
    written, wrong, asked = granted(house.service.name), [], Counter[int]()
    newest = house.world.running.store.newest()
    for route in house.questions:
        for person in (*strangers(), *house.world.people):
            if row := written.get(str(route)):
                answered = house.knock(route, person)
                asked[answered.status_code] += 1
                if what := _wrong(row, person, answered):
                    wrong.append(f"{route} as {person.name}: {what.strip()}")
    assert not wrong, f"{len(wrong)} of {asked.total()}:\n" + "\n".join(wrong)
    assert asked.total() >= len(house.routes) * len(strangers())
    assert house.world.running.store.newest() == newest, "something was changed, so the answers depend on their order"
    assert not {200, 401, 403, 404} - asked.keys(), f"nothing answered some of these, so little was shown: {asked}"


def test_asking_for_the_head_of_a_page_needs_what_the_page_needs(house: House) -> None:
    written = granted(house.service.name)
    for route in house.routes:
        if route.method == "GET" and written[str(route)].expects(ANYBODY) == "refused":
            assert house.knock(Route("HEAD", route.path), ANYBODY).status_code == 401, route


def test_no_spelling_of_an_address_goes_round_the_guard(house: House) -> None:
    written = granted(house.service.name)
    for route in house.routes:
        if route.method == "GET" and written[str(route)].expects(ANYBODY) == "refused":
            plain = house.address(route.path)
            other = plain.replace("/v1/", "/%76%31/"), plain.replace("/v1/", "/V1/"), plain.replace("/v1/", "/v1//")
            after = f"{plain}/", f"{plain}%3F", f"{plain};x"
            for address in (*other, f"/{plain}", f"/.{plain}", f"/x/..{plain}", *after):
                answered = house.client.get(address, follow_redirects=True)
                assert answered.status_code in (401, 404), f"{address}: {answered.status_code}"


def test_outside_the_api_there_is_only_what_is_meant_for_those_inside(house: House) -> None:
    """The gateway publishes none of these but the two documents (tests/containers/test_gateway.py)."""
    others = {rule.rule for rule in house.app.url_map.iter_rules() if not rule.rule.startswith("/v1/")}
    assert others == {"/", "/docs", "/openapi.json", "/healthz", "/readyz", "/metrics"}


def test_a_table_that_names_an_unknown_role_keeps_the_service_from_starting(house: House) -> None:
    mistyped = with_permissions(house.service, people__read=frozenset({"co-ordinator"}))
    said = house.world.running.settings
    with pytest.raises(UnknownRole, match="people:read is granted to “co-ordinator”"):
        Running(mistyped, settings(said.database_url, said.keyring_url, house.provider.issuer))
