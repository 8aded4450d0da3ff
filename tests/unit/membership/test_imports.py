"""Importing the coordinator's list and exporting it, through the API."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from services.membership.domain.member import ApplicationReceived, Member
from tests.unit.membership.house import APPLICATION, House, code_of

LIST = """name,email,phone,postal address,group,also,communities
Ann Example,ann@example.org,,,unpaid-carer,researcher,Workforce
Ben Example,,01632 960001,,practitioner,,Workforce
Caz Example,,,"4 Synthetic Terrace
Exampleham",other,,
"""


def take(house: House, text: str | bytes, expect: int = 200, dry_run: bool = False) -> dict[str, Any]:
    data = text if isinstance(text, bytes) else text.encode()
    path = "imports?dry_run=true" if dry_run else "imports"
    sent = house.coordinator.post(path, data, expect=expect, Content_Type="text/csv")
    body: dict[str, Any] = sent.get_json()
    return body


def everybody(house: House) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = house.coordinator.get("members").get_json()["items"]
    return rows


def test_a_dry_run_says_what_would_happen_and_stores_nothing(house: House) -> None:
    house.community(name="Workforce")
    report = take(house, LIST, dry_run=True)
    assert (report["dry_run"], report["new"], report["here_already"], report["mistakes"]) == (True, 3, 0, [])
    assert [(row["row"], row["outcome"]) for row in report["rows"]] == [(2, "new"), (3, "new"), (4, "new")]
    assert everybody(house) == []
    with house.running.keyring_database.transaction() as db:
        assert db.value(int, "select count(*)::int from blind_index") == 0


def test_everybody_in_it_is_a_member_with_her_community(house: House) -> None:
    community = house.community(name="Workforce")
    assert take(house, LIST)["new"] == 3
    rows = {row["name"]: row for row in everybody(house)}
    assert {row["standing"] for row in rows.values()} == {"approved"}
    assert rows["Ann Example"]["also"] == ["researcher"]
    assert rows["Caz Example"]["postal_address"] == "4 Synthetic Terrace\nExampleham"
    names = house.coordinator.get(f"communities/{community}/members").get_json()["items"]
    assert sorted(each["name"] for each in names) == ["Ann Example", "Ben Example"]


def test_the_same_list_again_adds_nobody(house: House) -> None:
    house.community(name="Workforce")
    take(house, LIST)
    before = everybody(house)
    report = take(house, LIST)
    assert (report["new"], report["here_already"]) == (0, 3)
    assert {row["member_id"] for row in report["rows"]} == {row["id"] for row in before}
    assert everybody(house) == before
    longer = take(house, LIST + "Dee Example,dee@example.org,,,other,,\n")
    assert (longer["new"], longer["here_already"]) == (1, 3)


def test_a_family_is_several_people_and_one_person_twice_is_one(house: House) -> None:
    report = take(
        house,
        "name,phone,group\nAnn,01632 960001,other\nBen,01632 960001,other\nANN,+44 1632 960001,other\n",
    )
    assert [row["outcome"] for row in report["rows"]] == ["new", "new", "here-already"]
    assert len(everybody(house)) == 2


def test_whoever_applied_declined_or_left_before_is_not_made_a_member_behind_her_back(house: House) -> None:
    id = house.member("ann", name="Ann Example")
    house.as_("ann").act(f"members/{id}/departure", of=f"members/{id}")
    house.as_(None).post("applications", {**APPLICATION, "name": "Ben", "email": "ben@example.org"})
    report = take(house, "name,email,group\nAnn Example,ann@example.org,other\nBen,ben@example.org,other\n")
    assert (report["new"], report["here_already"]) == (0, 2)
    assert [row["standing"] for row in everybody(house)] == ["left", "applied"]


def test_with_one_mistake_nobody_is_imported(house: House) -> None:
    house.community(name="Workforce")
    wrong = LIST + "Dee Example,dee(at)example.org,,,emperor,,Nowhere\nEve Example,eve@example.org,,,other,,Nowhere\n"
    problem = take(house, wrong, expect=422)
    assert problem["type"] == "urn:copse:problem:list-with-mistakes"
    # Caz's address takes two lines of the file and one row of the spreadsheet.
    assert [error["pointer"] for error in problem["errors"]] == ["#/5/email", "#/5/group", "#/6/communities"]
    assert everybody(house) == []
    report = take(house, wrong, dry_run=True)
    assert [(each["row"], each["column"]) for each in report["mistakes"]] == [
        (5, "email"),
        (5, "group"),
        (6, "communities"),
    ]
    assert report["new"] == 3


def test_what_cannot_be_read_is_told(house: House) -> None:
    assert take(house, "name,group\nZoë,other\n".encode("cp1252"), expect=422)["type"].endswith(":no-list")
    assert "twice" in take(house, "name,name,group\n", expect=422)["detail"]
    house.coordinator.post("imports", b"x" * 200_000, expect=413, Content_Type="text/csv")
    house.coordinator.post("imports?surprise=1", LIST.encode(), expect=422, Content_Type="text/csv")


def test_a_list_that_is_larger_than_other_requests_may_be_is_taken(house: House) -> None:
    lines = "".join(f'Person {nth},p{nth}@example.org,"{"Long Lane " * 40}",other\n' for nth in range(200))
    assert len(lines) > 64 * 1024
    assert take(house, "name,email,postal address,group\n" + lines, dry_run=True)["new"] == 200


def test_nobody_but_coordinators_moves_lists(house: House) -> None:
    house.member("ann")
    for caller, status in ((house.as_("ann"), 403), (house.as_("eve", "facilitator"), 403), (house.as_(None), 401)):
        caller.post("imports", LIST.encode(), expect=status, Content_Type="text/csv")
        caller.get("exports/members.csv", expect=status)


def test_two_imports_of_one_list_at_once_add_everybody_once(house: House) -> None:
    house.community(name="Workforce")
    token = house.coordinator

    def imports(_: int) -> int:
        headers = {"Authorization": f"Bearer {token.token}", "Content-Type": "text/csv"}
        sent = token.app.test_client().post("/v1/imports", data=LIST.encode(), headers=headers)
        assert sent.status_code == 200, sent.text
        return int(sent.get_json()["new"])

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(imports, range(4))) == [0, 0, 0, 3]
    house.settle()
    assert len(everybody(house)) == 3


def test_names_and_addresses_of_a_list_are_sealed_where_they_are_stored(house: House) -> None:
    house.community(name="Workforce")
    take(house, LIST)
    with house.running.database.transaction() as db:
        stored = "\n".join(db.all(str, "select data::text from events"))
    assert "sealed:" in stored
    for personal in ("Ann Example", "ann@example.org", "960001", "Synthetic Terrace"):
        assert personal not in stored


def test_what_is_exported_can_be_imported_elsewhere(house: House) -> None:
    house.community(name="Workforce")
    take(house, LIST.replace("Ben Example,,01632 960001", "Ben Example,,+44 1632 960001"))
    paused = next(row for row in everybody(house) if row["name"] == "Ben Example")
    house.coordinator.act(f"members/{paused['id']}/pause", of=f"members/{paused['id']}")
    exported = house.coordinator.get("exports/members.csv")
    assert exported.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "'+44 1632 960001" in exported.text
    house.empty()
    house.community(name="Workforce")
    report = take(house, exported.data)
    assert (report["new"], report["ignored_columns"]) == (3, ["standing", "since"])
    stored = [
        house.running.codec.decode(each).event
        for row in everybody(house)
        for each in house.running.store.read(Member.stream(row["id"]))
    ]
    phones = {event.phone for event in stored if isinstance(event, ApplicationReceived)}
    assert phones == {None, "+44 1632 960001"}


def test_who_has_left_is_in_no_export(house: House) -> None:
    id = house.member("ann")
    house.member("ben")
    house.as_("ann").act(f"members/{id}/departure", of=f"members/{id}")
    lines = house.coordinator.get("exports/members.csv").text.splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == ["Ben"]


def test_the_code_of_a_wrong_list_is_stable(house: House) -> None:
    sent = house.coordinator.post("imports", b"", expect=422, Content_Type="text/csv")
    assert code_of(sent) == "no-list"
