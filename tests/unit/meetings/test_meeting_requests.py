"""What may be asked of meetings: wrong requests are told field by field before anything is decided."""

from collections.abc import Mapping

import pytest
from marshmallow import ValidationError

from services.meetings.api.meetings import NewMeetingSchema
from services.meetings.domain.meeting import Speaker

RIGHT: Mapping[str, object] = {
    "community_id": "00000000-0000-0000-0000-00000000000a",
    "title": "Keeping people in care work",
    "about": "A talk, then a discussion.",
    "starts_at": "2026-04-01T10:00:00+01:00",
    "ends_at": "2026-04-01T12:00:00+01:00",
    "places": 20,
}


def wrong_fields(**changed: object) -> set[str]:
    given = {name: value for name, value in {**RIGHT, **changed}.items() if value is not ...}
    with pytest.raises(ValidationError) as refused:
        NewMeetingSchema().load(given)
    return set(refused.value.messages_dict)


def test_a_meeting_needs_a_community_a_title_a_text_and_its_times() -> None:
    for name in ("community_id", "title", "about", "starts_at", "ends_at"):
        assert wrong_fields(**{name: ...}) == {name}


def test_a_time_without_its_offset_is_refused() -> None:
    assert wrong_fields(starts_at="2026-04-01T10:00:00") == {"starts_at"}


@pytest.mark.parametrize("time", ["9999-12-31T23:30:00-10:00", "0001-01-01T00:30:00+10:00", "2200-01-01T00:00:00Z"])
def test_a_time_that_other_offsets_could_not_show_is_refused(time: str) -> None:
    assert "starts_at" in wrong_fields(starts_at=time, ends_at=time)


def test_a_meeting_that_ends_before_it_starts_is_told_at_its_end() -> None:
    assert wrong_fields(ends_at="2026-04-01T09:30:00+01:00") == {"ends_at"}


@pytest.mark.parametrize("places", [0, -1, 1_001, 2.5, "many", True, None, ...])
def test_places_are_a_whole_number_of_people(places: object) -> None:
    assert wrong_fields(places=places) == {"places"}


def test_only_a_record_with_a_source_may_leave_its_places_out() -> None:
    record = {name: value for name, value in RIGHT.items() if name != "places"}
    loaded = NewMeetingSchema().load({**record, "source": "https://example.org/a-public-meeting"})
    assert loaded["places"] is None


@pytest.mark.parametrize("link", ["javascript:alert(1)", "ftp://example.org/x", "example.org", "https://"])
def test_a_link_is_a_web_address(link: str) -> None:
    assert wrong_fields(online_link=link) == {"online_link"}
    assert wrong_fields(source=link) == {"source"}


def test_a_speaker_has_a_name_and_a_topic() -> None:
    assert wrong_fields(speaker={"name": "Invented Speaker"}) == {"speaker"}
    assert wrong_fields(speaker={"name": "Invented Speaker", "topic": "Care", "id": str(RIGHT["community_id"])}) == {
        "speaker"
    }


def test_each_speaker_gets_an_id_of_her_own() -> None:
    wanted = {**RIGHT, "speaker": {"name": "Invented Speaker", "topic": "Care work"}}
    first, second = (NewMeetingSchema().load(wanted)["speaker"] for _ in range(2))
    assert isinstance(first, Speaker)
    assert isinstance(second, Speaker)
    assert first.id != second.id


def test_unknown_fields_are_refused() -> None:
    assert wrong_fields(chair="somebody") == {"chair"}
