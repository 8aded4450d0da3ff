"""The rules of a meeting: who gets a place, who waits, and until when."""

from datetime import timedelta
from uuid import UUID

from services.meetings.domain.meeting import (
    Answer,
    Meeting,
    MeetingPlanned,
    PlaceGivenUp,
    PlaceTaken,
    PlanMeeting,
    Reply,
    ReplyDeclined,
    Speaker,
    WaitingListJoined,
    WaitingListLeft,
    Way,
    WayChanged,
)
from shared.commands.handler import fold
from shared.messages.events import Event, MemberId
from shared.testing.decider import NOW, given

ANN, BEN, CAT = (MemberId(UUID(int=number)) for number in (1, 2, 3))
WORKFORCE = UUID(int=10)
SPEAKER = Speaker(id=UUID(int=20), name="Invented Speaker", topic="Staying in care work")
SOURCE = "https://example.org/a-public-meeting"
NEXT_WEEK, LAST_WEEK = NOW + timedelta(days=7), NOW - timedelta(days=7)
TWO_HOURS = timedelta(hours=2)


def planned(*, places: int | None = 2) -> MeetingPlanned:
    return MeetingPlanned(
        community=WORKFORCE,
        title="Keeping people in care work",
        about="A talk, then a discussion.",
        starts_at=NEXT_WEEK,
        ends_at=NEXT_WEEK + TWO_HOURS,
        places=places,
    )


def reply(member: MemberId, answer: Answer) -> Reply:
    return Reply(member=member, answer=answer)


def test_a_meeting_is_planned_with_its_speaker() -> None:
    given(Meeting).when(
        PlanMeeting(
            community=WORKFORCE,
            title="Keeping people in care work",
            about="A talk, then a discussion.",
            starts_at=NEXT_WEEK,
            ends_at=NEXT_WEEK + TWO_HOURS,
            places=20,
            venue="Invented Hall",
            online_link="https://example.org/join",
            phone_number="01632 960000",
            speakers=(SPEAKER,),
        )
    ).then(
        MeetingPlanned(
            community=WORKFORCE,
            title="Keeping people in care work",
            about="A talk, then a discussion.",
            starts_at=NEXT_WEEK,
            ends_at=NEXT_WEEK + TWO_HOURS,
            places=20,
            venue="Invented Hall",
            online_link="https://example.org/join",
            phone_number="01632 960000",
            speakers=(SPEAKER,),
        )
    )


def test_a_meeting_cannot_be_planned_in_the_past() -> None:
    given(Meeting).when(
        PlanMeeting(
            community=WORKFORCE,
            title="Too late",
            about="It was last week.",
            starts_at=LAST_WEEK,
            ends_at=LAST_WEEK + TWO_HOURS,
            places=20,
        )
    ).refuses("meeting-in-the-past")


def test_a_past_public_meeting_can_be_put_on_record_with_its_source() -> None:
    given(Meeting).when(
        PlanMeeting(
            community=WORKFORCE,
            title="On record",
            about="It was last week.",
            starts_at=LAST_WEEK,
            ends_at=LAST_WEEK + TWO_HOURS,
            source=SOURCE,
        )
    ).then(on_record())


def test_a_meeting_ends_after_it_starts() -> None:
    given(Meeting).when(
        PlanMeeting(
            community=WORKFORCE, title="No time", about="None.", starts_at=NEXT_WEEK, ends_at=NEXT_WEEK, places=20
        )
    ).refuses("ends-before-it-starts")


def test_a_yes_takes_a_place() -> None:
    for answer, way in (
        (Answer.IN_PERSON, Way.IN_PERSON),
        (Answer.ONLINE, Way.ONLINE),
        (Answer.BY_PHONE, Way.BY_PHONE),
    ):
        given(Meeting, planned()).when(reply(ANN, answer)).then(PlaceTaken(member=ANN, way=way))


def test_every_way_of_taking_part_counts_towards_the_same_places() -> None:
    given(
        Meeting,
        planned(places=2),
        PlaceTaken(member=ANN, way=Way.BY_PHONE),
        PlaceTaken(member=BEN, way=Way.ONLINE),
    ).when(reply(CAT, Answer.IN_PERSON)).then(WaitingListJoined(member=CAT, way=Way.IN_PERSON))


def test_a_meeting_without_a_limit_is_never_full() -> None:
    given(Meeting, planned(places=None), PlaceTaken(member=ANN, way=Way.ONLINE)).when(reply(BEN, Answer.ONLINE)).then(
        PlaceTaken(member=BEN, way=Way.ONLINE)
    )


def test_the_same_answer_twice_changes_nothing() -> None:
    full = planned(places=1), PlaceTaken(member=ANN, way=Way.ONLINE), WaitingListJoined(member=BEN, way=Way.ONLINE)
    given(Meeting, *full).when(reply(ANN, Answer.ONLINE)).then()
    given(Meeting, *full).when(reply(BEN, Answer.ONLINE)).then()
    given(Meeting, *full, ReplyDeclined(member=CAT)).when(reply(CAT, Answer.NO)).then()


def test_who_comes_in_another_way_keeps_the_place() -> None:
    given(Meeting, planned(places=1), PlaceTaken(member=ANN, way=Way.IN_PERSON)).when(reply(ANN, Answer.BY_PHONE)).then(
        WayChanged(member=ANN, way=Way.BY_PHONE)
    )


def test_who_waits_for_another_way_keeps_the_turn() -> None:
    waiting = (
        planned(places=1),
        PlaceTaken(member=ANN, way=Way.ONLINE),
        WaitingListJoined(member=BEN, way=Way.ONLINE),
        WaitingListJoined(member=CAT, way=Way.ONLINE),
    )
    changed = WayChanged(member=BEN, way=Way.BY_PHONE)
    given(Meeting, *waiting).when(reply(BEN, Answer.BY_PHONE)).then(changed)
    given(Meeting, *waiting, changed).when(reply(ANN, Answer.NO)).then(
        PlaceGivenUp(member=ANN), PlaceTaken(member=BEN, way=Way.BY_PHONE)
    )


def test_a_freed_place_goes_to_the_first_who_waits() -> None:
    given(
        Meeting,
        planned(places=1),
        PlaceTaken(member=ANN, way=Way.ONLINE),
        WaitingListJoined(member=BEN, way=Way.IN_PERSON),
        WaitingListJoined(member=CAT, way=Way.ONLINE),
    ).when(reply(ANN, Answer.NO)).then(PlaceGivenUp(member=ANN), PlaceTaken(member=BEN, way=Way.IN_PERSON))


def test_a_freed_place_stays_free_when_nobody_waits() -> None:
    given(Meeting, planned(), PlaceTaken(member=ANN, way=Way.ONLINE)).when(reply(ANN, Answer.NO)).then(
        PlaceGivenUp(member=ANN)
    )


def test_who_no_longer_wants_to_wait_leaves_the_list() -> None:
    given(
        Meeting,
        planned(places=1),
        PlaceTaken(member=ANN, way=Way.ONLINE),
        WaitingListJoined(member=BEN, way=Way.ONLINE),
    ).when(reply(BEN, Answer.NO)).then(WaitingListLeft(member=BEN))


def test_who_cannot_come_says_so() -> None:
    given(Meeting, planned()).when(reply(ANN, Answer.NO)).then(ReplyDeclined(member=ANN))


def test_who_said_no_can_come_after_all() -> None:
    for no in (
        [ReplyDeclined(member=ANN)],
        [PlaceTaken(member=ANN, way=Way.ONLINE), PlaceGivenUp(member=ANN)],
    ):
        given(Meeting, planned(), *no).when(reply(ANN, Answer.ONLINE)).then(PlaceTaken(member=ANN, way=Way.ONLINE))


def test_a_meeting_that_has_begun_takes_no_replies() -> None:
    for answer in Answer:
        given(Meeting, planned()).when(reply(ANN, answer), now=NEXT_WEEK).refuses("meeting-not-open")


def test_a_record_of_a_past_meeting_takes_no_replies() -> None:
    given(Meeting, on_record()).when(reply(ANN, Answer.ONLINE)).refuses("meeting-not-open")


def test_everybody_can_be_told_what_her_reply_has_come_to() -> None:
    meeting = after(
        planned(places=1),
        ReplyDeclined(member=CAT),
        PlaceTaken(member=ANN, way=Way.BY_PHONE),
        WaitingListJoined(member=BEN, way=Way.ONLINE),
    )
    assert [meeting.reply_of(each) for each in (ANN, BEN, CAT)] == ["by-phone", "waiting-list", "no"]
    assert meeting.reply_of(MemberId(UUID(int=99))) is None


def test_the_first_who_waits_is_told_of_her_place() -> None:
    meeting = after(
        planned(places=1),
        PlaceTaken(member=ANN, way=Way.BY_PHONE),
        WaitingListJoined(member=BEN, way=Way.ONLINE),
        PlaceGivenUp(member=ANN),
        PlaceTaken(member=BEN, way=Way.ONLINE),
    )
    assert [meeting.reply_of(each) for each in (ANN, BEN)] == ["no", "online"]


def on_record() -> MeetingPlanned:
    return MeetingPlanned(
        community=WORKFORCE,
        title="On record",
        about="It was last week.",
        starts_at=LAST_WEEK,
        ends_at=LAST_WEEK + TWO_HOURS,
        source=SOURCE,
    )


def after(*events: Event) -> Meeting:
    return fold(Meeting(), events)
