"""By which way and where a letter goes, in whatever order services tell; and nothing of the erased is left."""

from itertools import permutations
from uuid import UUID, uuid4

import pytest

from services.notifications.channels import channel_to
from services.notifications.contracts.membership import (
    ApplicationRefused,
    ChannelPreferred,
    ContactAdded,
    ContactChanged,
    ContactFlagged,
    ContactRemoved,
    EmailConfirmed,
    FormatsChosen,
    MemberApproved,
    MemberErased,
)
from services.notifications.domain.delivery import Channel, Kind
from services.notifications.projections.reach import Reach, reach_of
from shared.identity.people import contact_of_application
from shared.messages.events import ERASED, Event, MemberId
from tests.unit.notifications.story import Story

ANN = MemberId(UUID(int=1))
MAIL, PHONE = (contact_of_application(ANN, way) for way in ("email", "phone"))
NEW, MOBILE = UUID(int=11), UUID(int=12)
APPROVED = MemberApproved(name="Ann", email="ann@example.org", phone="01632 960001", stakeholder_group="other")
ADDED = ContactAdded(contact=NEW, kind="email", value="new@example.org")
NUMBER = ContactAdded(contact=MOBILE, kind="mobile", value="07700 900001")
PREFERS_TEXT = ChannelPreferred(contact=MOBILE, channel="text")


def told(story: Story, *events: Event) -> tuple[Channel, str | None]:
    """By which way and where a letter goes after these."""
    for event in events:
        story.hears(event, id=ANN)
    channel, address = known(story).way()
    return channel, address.value if address else None


def known(story: Story) -> Reach:
    with story.database.transaction() as db:
        return reach_of(db, ANN)


@pytest.mark.parametrize(
    ("events", "way"),
    [
        ([APPROVED], (Channel.EMAIL, "ann@example.org")),
        ([APPROVED, ADDED], (Channel.EMAIL, "ann@example.org")),
        (
            [APPROVED, ADDED, EmailConfirmed(contact=NEW), ContactRemoved(contact=MAIL)],
            (Channel.EMAIL, "new@example.org"),
        ),
        ([APPROVED, ContactRemoved(contact=MAIL), ADDED], (Channel.PHONE, "01632 960001")),
        ([APPROVED, NUMBER, PREFERS_TEXT], (Channel.TEXT, "07700 900001")),
        ([APPROVED, NUMBER, PREFERS_TEXT, ContactRemoved(contact=MOBILE)], (Channel.EMAIL, "ann@example.org")),
        ([APPROVED, ChannelPreferred(contact=PHONE, channel="phone")], (Channel.PHONE, "01632 960001")),
        ([APPROVED, ContactFlagged(contact=MAIL)], (Channel.PHONE, "01632 960001")),
        ([APPROVED, ContactFlagged(contact=MAIL), ContactRemoved(contact=PHONE)], (Channel.EMAIL, "ann@example.org")),
        ([APPROVED, ContactFlagged(contact=MAIL), EmailConfirmed(contact=MAIL)], (Channel.EMAIL, "ann@example.org")),
        ([APPROVED, ContactRemoved(contact=MAIL), ContactRemoved(contact=PHONE)], (Channel.POST, None)),
        ([ApplicationRefused(reason="No.", name="Ann", phone="01632 960001")], (Channel.PHONE, "01632 960001")),
    ],
)
def test_a_letter_goes_where_she_wishes_and_else_to_what_works(
    story: Story, events: list[Event], way: tuple[Channel, str | None]
) -> None:
    assert told(story, *events) == way


def test_approval_and_what_was_said_later_lead_to_the_same_in_any_order(story: Story) -> None:
    later = [
        ContactChanged(contact=PHONE, kind="mobile", value="07700 900009"),
        ContactFlagged(contact=MAIL),
        ContactRemoved(contact=MAIL),
        ADDED,
    ]
    for at in range(len(later) + 1):
        story.hears(MemberErased(), id=ANN)
        with story.database.transaction() as db:
            db.execute("delete from reach_erased")
        assert told(story, *later[:at], APPROVED, *later[at:]) == (Channel.PHONE, "07700 900009"), at
        assert {each.value for each in known(story).addresses} == {"07700 900009", "new@example.org"}, at


def test_nothing_of_an_erased_person_is_left_or_comes_back(story: Story) -> None:
    formats = FormatsChosen(formats="bsl")
    for order in permutations([APPROVED, ADDED, PREFERS_TEXT, formats, MemberErased()]):
        with story.database.transaction() as db:
            for table in ("reach_contacts", "reach_wishes", "reach_erased"):
                db.execute(f"delete from {table}")
        told(story, *order)
        with story.database.transaction() as db:
            left = db.value(int, "select (select count(*) from reach_contacts) + (select count(*) from reach_wishes)")
        assert left == 0, order
        assert known(story).to_make == []


def test_after_a_rebuild_what_is_sealed_reads_as_erased_and_that_comes_out_right(story: Story) -> None:
    gone = MemberApproved(name=ERASED, stakeholder_group="other")
    way = told(story, ContactAdded(contact=NEW, kind="email", value=ERASED), FormatsChosen(), gone, MemberErased())
    assert way == (Channel.POST, None)


def test_who_is_not_known_yet_waits_for_a_mail(story: Story) -> None:
    with story.database.transaction() as db:
        assert channel_to(db, MemberId(uuid4())) is Channel.EMAIL


def test_the_welcome_goes_by_the_way_that_was_said_before_it_arrived(story: Story) -> None:
    story.hears(NUMBER, id=ANN)
    story.hears(PREFERS_TEXT, id=ANN)
    assert story.hears(APPROVED, id=ANN) == {(ANN, Kind.WELCOME, Channel.TEXT)}


def test_large_print_is_made_here_and_the_rest_by_people(story: Story) -> None:
    told(story, APPROVED, FormatsChosen(formats="audio,large-print", language="Polish"))
    assert known(story).large_print is True
    assert known(story).to_make == ["audio", "language:Polish"]
    told(story, FormatsChosen())
    assert (known(story).large_print, known(story).to_make) == (False, [])
