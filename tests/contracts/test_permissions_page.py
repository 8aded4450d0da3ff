"""The page of permissions is true, and every permission says what it lets one do."""

import pytest
from typer.testing import CliRunner

from shared.cli.main import app
from shared.http.permission_table import routes_of, rows_of
from shared.identity.identity import OF_EVERY_SERVICE
from shared.identity.roles import UnknownRole, check_roles
from shared.service import Service
from shared.testing.catalogue import services
from shared.testing.permissions_page import FILE, page
from tests.contracts.test_contracts import named


def test_the_page_of_permissions_is_up_to_date() -> None:
    assert FILE.read_text("utf-8") == page(), (
        "docs/reference/permissions.md is not what the tables say: run `make catalogue`, and look at what it changed"
    )


@pytest.mark.parametrize("service", services(), ids=named)
def test_every_permission_says_in_words_what_it_lets_one_do(service: Service) -> None:
    assert service.meanings.keys() == service.permissions.keys(), "see MEANINGS in the service's permissions.py"
    assert all(each.do.endswith(".") for each in service.meanings.values())


@pytest.mark.parametrize("service", services(), ids=named)
def test_no_route_names_a_permission_that_no_table_has(service: Service) -> None:
    known = {*service.permissions, *OF_EVERY_SERVICE, "public"}
    assert [str(route) for route in routes_of(service) if route.permission not in known] == []


@pytest.mark.parametrize("service", services(), ids=named)
def test_a_service_with_an_unknown_role_in_its_table_does_not_start(service: Service) -> None:
    check_roles(service.permissions)
    with pytest.raises(UnknownRole, match="meetings:plan is granted to “co-ordinator”"):
        check_roles({**service.permissions, "meetings:plan": frozenset({"co-ordinator", "member"})})


def test_the_command_tells_every_row_of_every_service() -> None:
    told = CliRunner().invoke(app, ["permissions"], catch_exceptions=False)
    assert told.exit_code == 0
    for service in services():
        for row in rows_of(service):
            assert f"  {row.permission}: {', '.join(row.roles)}\n" in told.output
            assert all(f"      {route}\n" in told.output for route in row.routes)


def test_a_service_that_is_not_there_is_told() -> None:
    told = CliRunner().invoke(app, ["permissions", "--service", "gardening"])
    assert (told.exit_code, "no service named gardening" in told.output) == (2, True)
