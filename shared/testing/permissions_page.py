"""The page of permissions: `python -m shared.testing.permissions_page` writes `docs/reference/permissions.md`."""

from pathlib import Path

from shared.http.permission_table import Row, rows_of
from shared.identity.roles import RELATIONS, ROLES
from shared.testing.catalogue import services

FILE = Path(__file__).parents[2] / "docs" / "reference" / "permissions.md"


def page() -> str:
    """The whole page, from the tables in `services/*/permissions.py` and the routes that name them."""
    roles = "".join(f"| `{role}` | {says} |\n" for role, says in ROLES.items())
    relations = "".join(f"| `{relation}` | {says} |\n" for relation, says in RELATIONS.items())
    tables = "\n".join(
        f"## {service.title}\n\n| Permission | Who | Lets one | Provided that | Routes |\n|---|---|---|---|---|\n"
        + "".join(map(_line, rows_of(service)))
        for service in services()
    )
    return f"""# Who may do what

What is not granted here is denied. Roles come with the access token, from the identity provider; relations the
services find out themselves, with every request. Where a relation decides (her own record, the facilitator of this
community, the reviewer who was asked), the table says so. The same as text or JSON: `copse permissions`.

In an assisted session (the header `Copse-On-Behalf-Of`, see [how to act for a member](../how-to/act-for-a-member.md))
somebody is the member for whom she acts, in every row: her own roles count for nothing until she ends it.

Made by `make catalogue` from `services/*/permissions.py`; do not edit. What each route must answer to each role is
written down a second time, by hand, in `tests/permissions/granted`, and tried.

| Role | Who that is |
|---|---|
{roles}
| Relation | Who that is |
|---|---|
{relations}
{tables}"""


def _line(row: Row) -> str:
    routes = "<br>".join(f"`{route}`" for route in row.routes) or "(asked for inside other routes)"
    return f"| `{row.permission}` | {', '.join(row.roles)} | {row.lets} | {row.provided} | {routes} |\n"


if __name__ == "__main__":
    FILE.write_text(page(), "utf-8")
