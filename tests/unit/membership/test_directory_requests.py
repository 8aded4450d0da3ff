"""The directory through the API: each field is seen by those whom she chose, found by them, and by nobody else."""

from uuid import UUID

import pytest

from services.membership.domain.directory_entry import Audience, DirectoryField
from services.membership.domain.purposes import PURPOSES
from tests.unit.membership.house import Caller, House, code_of
from tests.unit.membership.test_consent_requests import erase

CONSENT = {"wording": PURPOSES["directory"].current.version}
Shown = dict[str, object]


def shows(text: str, audience: str = "all-members") -> Shown:
    return {"text": text, "audience": audience}


def describe(house: House, account: str, id: UUID, **fields: Shown) -> None:
    house.as_(account).act(f"members/{id}/directory-entry", fields, method="PUT", of=f"members/{id}/directory-entry")


def consent(house: House, name: str, id: UUID) -> None:
    house.as_(name).put(f"members/{id}/consents/directory", CONSENT)


def listed(house: House, account: str, **fields: Shown) -> UUID:
    """A member whose entry is in the directory."""
    id = house.member(account)
    consent(house, account, id)
    describe(house, account, id, **fields)
    return id


def found(caller: Caller, query: str = "") -> list[Shown]:
    return list(caller.get(f"directory?{query}").get_json()["items"])


def together(house: House, *ids: UUID, **community: object) -> UUID:
    id = house.community(**community)
    for member in ids:
        house.coordinator.post(f"communities/{id}/members", {"member_id": str(member)})
    return id


VALUES = {
    "name": "Planted",
    "interests": "reablement",
    "expertise": "hoists",
    "about": "allotment",
    "organisation": "Thistledown",
    "stakeholder_group": "carer",
    "contact": "ring-planted@example.org",
}


@pytest.mark.parametrize("audience", list(Audience))
@pytest.mark.parametrize("field", list(DirectoryField))
def test_each_field_is_seen_and_found_by_whom_she_chose_alone(
    house: House, field: DirectoryField, audience: Audience
) -> None:
    text: Shown = {} if field is DirectoryField.STAKEHOLDER_GROUP else {"text": VALUES[field]}
    ann = listed(house, "ann", **{str(field): {**text, "audience": audience}})
    house.member("far")
    together(house, ann, house.member("near"))
    for viewer, sees in (
        ("far", audience is Audience.MEMBERS),
        ("near", audience is not Audience.NOBODY),
        ("ann", audience is not Audience.NOBODY),
    ):
        caller = house.as_(viewer)
        everybody, by_word = found(caller), found(caller, f"q={VALUES[field]}")
        assert (len(everybody), by_word) == (int(sees), everybody), viewer
        by_group = found(caller, "group=unpaid-carer")
        assert by_group == (everybody if field is DirectoryField.STAKEHOLDER_GROUP else []), viewer
        if sees and field is DirectoryField.STAKEHOLDER_GROUP:
            assert everybody[0].keys() == {"id", "stakeholder_groups"}
            assert everybody[0]["stakeholder_groups"] == ["unpaid-carer"]
        elif sees:
            assert everybody[0].keys() == {"id", field}
            assert everybody[0][field] == VALUES[field]
    if audience is Audience.NOBODY:
        with house.running.database.transaction() as db:
            assert db.value(str, "select row_to_json(d)::text from directory d where for_communities <> '{}'") is None


def test_a_search_does_not_match_what_is_for_others_even_beside_what_is_seen(house: House) -> None:
    ann = listed(house, "ann", name=shows("Ann"), about=shows("dementia", "my-communities"), expertise=shows("hoists"))
    house.member("far")
    together(house, ann, house.member("near"))
    far, near = house.as_("far"), house.as_("near")
    assert [each["name"] for each in found(far, "q=hoists")] == ["Ann"]
    assert found(far, "q=dementia") == []
    assert found(far, "q=hoists+dementia") == []
    assert len(found(far, "q=-dementia")) == 1, "nor by what is not there"
    assert len(found(near, "q=hoists+dementia")) == 1
    assert found(near, "q=-dementia") == []


def test_words_are_found_in_their_forms_and_names_that_are_words_too(house: House) -> None:
    listed(house, "will", name=shows("Will"), interests=shows("Caring at night"))
    will = house.as_("will")
    for query in ("q=will", "q=cared", "q=nights", "q=%22caring+at+night%22", "q=Will+caring", "q=bees+or+night"):
        assert len(found(will, query)) == 1, query
    assert found(will, "q=bees") == []
    assert found(will, "q=((%27%3A*%26") == [], "whatever is typed"
    will.get("directory?q=", expect=422)
    will.get("directory?group=emperor", expect=422)
    will.get("directory?colour=red", expect=422)


def test_nothing_is_shown_without_her_consent_and_withdrawing_it_works_at_once(house: House) -> None:
    id, ann = house.member("ann"), house.as_("ann")
    describe(house, "ann", id, name=shows("Ann"))
    assert found(ann) == []
    consent(house, "ann", id)
    assert len(found(ann)) == 1
    ann.put(f"members/{id}/consents/newsletter", {"wording": PURPOSES["newsletter"].current.version})
    ann.delete(f"members/{id}/consents/newsletter")
    assert len(found(ann)) == 1
    ann.delete(f"members/{id}/consents/directory")
    assert found(ann) == []
    assert ann.get(f"members/{id}/directory-entry").get_json()["name"] == shows("Ann"), "it waits for her"


def test_who_pauses_leaves_or_is_erased_is_not_there_at_once(house: House) -> None:
    ids = {name: listed(house, name, name=shows(name.title())) for name in ("ann", "ben", "cat", "dan")}
    dan = house.as_("dan")
    house.as_("ann").act(f"members/{ids['ann']}/pause", of=f"members/{ids['ann']}")
    house.as_("ben").act(f"members/{ids['ben']}/departure", of=f"members/{ids['ben']}")
    erase(house, ids["cat"])
    assert [each["name"] for each in found(dan)] == ["Dan"]
    for name in ("ann", "ben", "cat"):
        assert found(dan, f"q={name}") == []
    house.as_("ann").get("directory", expect=403)
    house.as_("ann").act(f"members/{ids['ann']}/return", of=f"members/{ids['ann']}")
    assert sorted(str(each["name"]) for each in found(dan)) == ["Ann", "Dan"]
    with house.running.database.transaction() as db:
        assert db.value(int, "select count(*) from directory where member_id = %s", ids["cat"]) == 0


@pytest.mark.parametrize("hidden", [{"privacy": "confidential"}, {"kind": "partnership"}])
def test_a_confidential_community_and_the_partnership_do_not_make_two_members_near(
    house: House, hidden: dict[str, str]
) -> None:
    ann = listed(house, "ann", name=shows("Ann", "my-communities"))
    ben = house.member("ben")
    together(house, ann, ben, **hidden)
    assert found(house.as_("ben")) == []
    assert found(house.as_("ben"), "q=ann") == []
    both = together(house, ann, ben)
    assert len(found(house.as_("ben"))) == 1
    if hidden.get("privacy"):
        house.coordinator.act(f"communities/{both}/privacy", hidden, method="PUT", of=f"communities/{both}")
        assert found(house.as_("ben")) == [], "from the moment on when it became confidential"


def test_the_directory_is_for_members(house: House) -> None:
    ann = listed(house, "ann", name=shows("Ann"))
    for outsider in (house.coordinator, house.as_("nobody"), house.as_("dora", "data-protection")):
        outsider.get("directory", expect=403)
        outsider.get("directory/groups", expect=403)
    house.as_(None).get("directory", expect=401)
    [shown] = found(house.as_("ann"))
    assert shown["id"] != str(ann), "the entry does not tell which member it is"


def test_an_entry_is_hers_to_write(house: House) -> None:
    id, path = house.member("ann"), "members/{}/directory-entry"
    house.member("ben")
    body = {"name": shows("Ann")}
    house.as_("ben").get(path.format(id), expect=403)
    house.as_("ben").act(path.format(id), body, method="PUT", of=path.format(id), expect=403)
    house.as_("ann").put(path.format(id), body, expect=428)
    first = house.as_("ann").get(path.format(id)).headers["ETag"]
    describe(house, "ann", id, **body)
    house.as_("ann").put(path.format(id), body, expect=412, If_Match=first)
    house.coordinator.act(path.format(id), body, method="PUT", of=path.format(id), Copse_Channel="phone")
    for wrong in (
        {"shoes": shows("43")},
        {"name": {"text": "Ann", "audience": "everybody"}},
        {"name": shows("two\nlines")},
        {"stakeholder_group": shows("emperor")},
        {"about": shows("a" * 1_001)},
    ):
        house.as_("ann").act(path.format(id), wrong, method="PUT", of=path.format(id), expect=422)
    house.as_("ann").act(f"members/{id}/departure", of=f"members/{id}")
    assert code_of(house.coordinator.put(path.format(id), body, expect=409, If_Match='"1"')) == "not-a-member"
    house.coordinator.get(path.format(id), expect=404)


def test_what_she_wrote_is_sealed_where_it_is_kept(house: House) -> None:
    listed(house, "ann", name=shows("Ann"), about=shows("planted-in-about", "nobody"))
    with house.running.database.transaction() as db:
        stored = db.all(str, "select data::text from events where type = 'directory-entry-described'")
    assert stored
    assert not any("planted-in-about" in each or '"Ann"' in each for each in stored)


def test_counts_by_group_tell_of_nobody_and_nothing_can_be_subtracted(house: House) -> None:
    ids = {f"carer{n}": house.member(f"carer{n}") for n in range(6)}
    ids |= {f"res{n}": house.member(f"res{n}", stakeholder_group="researcher") for n in range(4)}

    def counted() -> dict[str, int | None]:
        answer = house.as_("carer0").get("directory/groups").get_json()
        assert answer.keys() == {"items"}, "no total"
        return {each["stakeholder_group"]: each["at_least"] for each in answer["items"]}

    assert counted() == {"unpaid-carer": 5, "researcher": None}
    house.as_("carer5").act(f"members/{ids['carer5']}/pause", of=f"members/{ids['carer5']}")
    assert counted() == {"unpaid-carer": 5, "researcher": None}, "one more or less does not show"
    erase(house, ids["carer4"])
    assert counted() == {"unpaid-carer": None, "researcher": None}


def test_pages_of_the_directory_follow_each_other(house: House) -> None:
    for name in ("ann", "ben", "cat"):
        listed(house, name, name=shows(name.title()))
    ann = house.as_("ann")
    first = ann.get("directory?limit=2")
    assert len(first.get_json()["items"]) == 2
    rest = found(ann, f"after={first.get_json()['items'][-1]['id']}")
    assert len(rest) == 1
    assert 'rel="next"' in first.headers["Link"]


def renamed(house: House, id: UUID, name: str) -> None:
    house.coordinator.act(f"members/{id}/name", {"name": name}, method="PUT", of=f"members/{id}", Copse_Channel="phone")


def test_a_name_that_was_put_right_is_shown_and_found_nowhere(house: House) -> None:
    ann = listed(house, "ann", name=shows("Ann"), about=shows("Bees", "my-communities"))
    house.member("far")
    together(house, ann, house.member("near"))
    renamed(house, ann, "Anna")
    for viewer in ("far", "near"):
        assert [each["name"] for each in found(house.as_(viewer))] == ["Anna"]
        assert found(house.as_(viewer), "q=ann") == []
        assert len(found(house.as_(viewer), "q=anna")) == 1
    assert house.as_("ann").get(f"members/{ann}/directory-entry").get_json()["name"] == shows("Anna")
    renamed(house, ann, "Hannah")
    assert [each["name"] for each in found(house.as_("far"))] == ["Hannah"]
    describe(house, "ann", ann, name=shows("Ann"))
    assert [each["name"] for each in found(house.as_("far"))] == ["Hannah"], "from a page of before, or an old list"


def test_what_she_is_called_in_the_directory_besides_stays(house: House) -> None:
    ann = listed(house, "ann", name=shows("Nan"))
    renamed(house, ann, "Anna")
    assert [each["name"] for each in found(house.as_("ann"))] == ["Nan"]
    assert house.as_("ann").get(f"members/{ann}/directory-entry").get_json()["name"] == shows("Nan")


def test_all_groups_of_the_application_are_hers_in_the_directory(house: House) -> None:
    ann = house.member("ann", stakeholder_group="researcher", also=["unpaid-carer", "researcher"])
    consent(house, "ann", ann)
    describe(house, "ann", ann, stakeholder_group={"audience": "all-members"})
    assert [each["stakeholder_groups"] for each in found(house.as_("ann"))] == [["researcher", "unpaid-carer"]]
    for group in ("researcher", "unpaid-carer"):
        assert len(found(house.as_("ann"), f"group={group}")) == 1
    assert len(found(house.as_("ann"), "q=carer")) == 1
