"""The letter with a code, and letters to who changed how she is reached, with a real mail server and a real keyring."""

import secrets
from base64 import b64encode
from collections.abc import Callable, Iterator
from uuid import UUID

import pytest

from services.notifications import keys
from services.notifications.contracts.membership import (
    ChannelPreferred,
    CommunityFounded,
    CommunityJoined,
    CommunityLeft,
    ContactAdded,
    ContactRemoved,
    EmailCheckAsked,
    EmailConfirmed,
    FacilitatorAppointed,
    FacilitatorStoodDown,
    FormatsChosen,
    JoiningAsked,
    MemberApproved,
    MemberErased,
)
from services.notifications.domain.delivery import (
    Channel,
    Delivery,
    DeliveryDoneByHand,
    DeliveryQueued,
    DeliverySent,
    FormatMade,
    HandOver,
    Kind,
    MarkFormatMade,
    RecordFailed,
    RecordSent,
)
from services.notifications.reactions import send_by_mail
from services.notifications.reactions.send_by_mail import send_mail
from services.notifications.settings import mail_settings
from shared.database.pool import Database
from shared.identity.people import contact_of_application
from shared.messages.decisions import Command
from shared.messages.events import Event, MemberId
from shared.privacy.email_code import code_of, proof_of
from shared.privacy.keyring import Keyring
from shared.testing.decider import given
from tests.servers import Databases
from tests.unit.notifications.post_office import PostOffice
from tests.unit.notifications.story import Story

ANN, BEN, CAT = (MemberId(UUID(int=number)) for number in (1, 2, 3))
NEW, CHECK, DELIVERY, COMMUNITY = (UUID(int=number) for number in (11, 12, 77, 20))
APPROVED = MemberApproved(name="Ann", email="ann@example.org", phone="01632 960001", stakeholder_group="other")
ADDED = ContactAdded(contact=NEW, kind="email", value="new@example.org")
WELCOME = DeliveryQueued(member=ANN, kind=Kind.WELCOME, channel=Channel.EMAIL)
CODE = DeliveryQueued(member=ANN, kind=Kind.EMAIL_CHECK, channel=Channel.EMAIL, contact=NEW, check=CHECK)
Open = Callable[..., PostOffice]


@pytest.fixture
def office(
    open_office: Open, monkeypatch: pytest.MonkeyPatch, new_database: Callable[[Callable[[Databases], str]], str]
) -> Iterator[PostOffice]:
    """A mail server that refuses mail to nobody@example.org, and an environment with it and with a fresh keyring."""
    office = open_office(refusing="nobody@example.org")
    monkeypatch.setenv("SMTP_URL", f"smtp://{office.address}")
    monkeypatch.setenv("MAIL_FROM", "copse@example.org")
    monkeypatch.setenv("PORTAL_URL", "https://copse.example.org")
    monkeypatch.setenv("KEYRING_DATABASE_URL", new_database(Databases.for_keys))
    monkeypatch.setenv("KEYRING_MASTER_KEY", b64encode(secrets.token_bytes(32)).decode())
    remembered = (mail_settings, send_by_mail.mailer, keys._keyring)
    for each in remembered:
        each.cache_clear()
    yield office
    keys._keyring()._database.close()
    for each in remembered:
        each.cache_clear()


def send(story: Story, queued: DeliveryQueued) -> Command[Delivery]:
    return send_mail.act(DELIVERY, Delivery().evolve(queued), story.database)


def ann(story: Story, *events: Event) -> None:
    for event in events:
        story.hears(event, id=ANN)


def test_a_code_is_asked_for_at_the_address_that_it_is_to_confirm(story: Story) -> None:
    ann(story, APPROVED, ADDED, ChannelPreferred(contact=contact_of_application(ANN, "phone"), channel="phone"))
    asked = story.hears(EmailCheckAsked(contact=NEW, check=CHECK), id=ANN)
    assert asked == {(ANN, Kind.EMAIL_CHECK, Channel.EMAIL)}


def test_the_code_is_in_the_mail_to_the_new_address_and_nowhere_else(story: Story, office: PostOffice) -> None:
    ann(story, APPROVED, ADDED)
    outcome = send(story, CODE)
    assert isinstance(outcome, RecordSent)
    (arrived,) = office.arrived
    assert arrived["To"] == "new@example.org"
    text = arrived.get_body(("plain",))
    assert text is not None
    code = keys.code_for(CHECK)
    assert code in text.get_content().splitlines()
    assert "Ann" not in arrived.as_string().replace("ann@", ""), "it may have gone to a stranger"
    assert code not in outcome.body
    assert "•••• ••••" in outcome.body, "what is kept and shown later has no code in it"


def test_the_code_follows_from_check_and_keyring_and_a_proof_says_nothing_of_it(office: PostOffice) -> None:
    keyring = keys._keyring()
    code = code_of(keyring, CHECK)
    assert code == keys.code_for(CHECK) != code_of(keyring, UUID(int=13))
    assert code.replace(" ", "").isdigit()
    assert proof_of(keyring, CHECK, code) == proof_of(keyring, CHECK, code.replace(" ", "-"))
    assert proof_of(keyring, CHECK, code) != proof_of(keyring, UUID(int=13), code)
    other = Keyring(Database(keyring._database.url, application="copse-test"), secrets.token_bytes(32))
    other._index_key = secrets.token_bytes(32)
    assert proof_of(other, CHECK, code) != proof_of(keyring, CHECK, code)


def test_a_code_for_an_address_that_was_taken_out_is_not_sent(story: Story, office: PostOffice) -> None:
    ann(story, APPROVED, ADDED, ContactRemoved(contact=NEW))
    assert isinstance(send(story, CODE), RecordFailed)
    assert office.arrived == []


def test_letters_go_to_the_new_address_once_it_is_confirmed(story: Story, office: PostOffice) -> None:
    ann(story, APPROVED, ADDED)
    send(story, WELCOME)
    ann(story, EmailConfirmed(contact=NEW), ContactRemoved(contact=contact_of_application(ANN, "email")))
    send(story, WELCOME)
    assert [mail["To"] for mail in office.arrived] == ["Ann <ann@example.org>", "Ann <new@example.org>"]


def test_who_changed_to_another_way_meanwhile_gets_it_by_that(story: Story, office: PostOffice) -> None:
    ann(story, APPROVED, ContactAdded(contact=NEW, kind="mobile", value="07700 900001"))
    ann(story, ChannelPreferred(contact=NEW, channel="text"))
    assert send(story, WELCOME) == HandOver(channel=Channel.TEXT)
    assert office.arrived == []


def test_an_address_that_is_at_fault_is_named_by_its_id(story: Story, office: PostOffice) -> None:
    ann(story, MemberApproved(name="Ann", email="nobody@example.org", stakeholder_group="other"))
    outcome = send(story, WELCOME)
    assert isinstance(outcome, RecordFailed)
    assert outcome.contact == contact_of_application(ANN, "email")


def test_a_mail_that_is_refused_for_what_it_says_is_not_the_addresss_fault(
    story: Story, office: PostOffice, open_office: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing = open_office(data="554 Not wanted")
    monkeypatch.setenv("SMTP_URL", f"smtp://{refusing.address}")
    mail_settings.cache_clear()
    send_by_mail.mailer.cache_clear()
    ann(story, APPROVED)
    outcome = send(story, WELCOME)
    assert isinstance(outcome, RecordFailed)
    assert outcome.contact is None


def test_large_print_reaches_the_mail(story: Story, office: PostOffice) -> None:
    ann(story, APPROVED, FormatsChosen(formats="large-print,easy-read"))
    send(story, WELCOME)
    html = office.arrived[0].get_body(("html",))
    assert html is not None
    assert "font:24px" in html.get_content()
    assert "You asked for Easy Read." in html.get_content()


def test_those_who_lead_a_community_are_told_that_somebody_asks_to_join(story: Story) -> None:
    for member in (ANN, BEN, CAT):
        story.hears(APPROVED, id=member)
    story.hears(CommunityFounded(name="Workforce", kind="community"), id=COMMUNITY)
    for member in (ANN, BEN, CAT):
        story.hears(CommunityJoined(member=member), id=COMMUNITY)
        story.hears(FacilitatorAppointed(member=member), id=COMMUNITY)
    asked = JoiningAsked(member=MemberId(UUID(int=9)))
    assert story.hears(asked, id=COMMUNITY) == {(each, Kind.JOINING_ASKED, Channel.EMAIL) for each in (ANN, BEN, CAT)}
    story.hears(FacilitatorStoodDown(member=ANN), id=COMMUNITY)
    story.hears(CommunityLeft(member=BEN), id=COMMUNITY)
    assert story.hears(asked, id=COMMUNITY) == {(CAT, Kind.JOINING_ASKED, Channel.EMAIL)}
    story.hears(MemberErased(), id=CAT)
    assert story.hears(asked, id=COMMUNITY) == set()


def test_who_came_with_a_list_is_welcomed_in_words_of_her_own(story: Story) -> None:
    from_list = MemberApproved(name="Ann", email="ann@example.org", stakeholder_group="other", from_list=True)
    assert story.hears(from_list, id=ANN) == {(ANN, Kind.WELCOME_FROM_LIST, Channel.EMAIL)}


@pytest.mark.parametrize(
    "become", [[], [DeliverySent(member=ANN, subject="S", body="B")], [DeliveryDoneByHand(member=ANN)]]
)
def test_a_letter_in_another_form_is_marked_as_made_once(become: list[Event]) -> None:
    made = FormatMade(member=ANN, note="Recorded on a CD")
    given(Delivery, WELCOME, *become).when(MarkFormatMade(note="Recorded on a CD")).then(made)
    given(Delivery, WELCOME, *become, made).when(MarkFormatMade()).then()
