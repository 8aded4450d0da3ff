"""How somebody is reached: what may be added, changed and taken out, and how an email address is confirmed."""

from datetime import timedelta
from uuid import UUID

import pytest

from services.membership.domain.changing_contacts import (
    AddContact,
    AskForCode,
    ChangeContact,
    ChooseFormats,
    ConfirmEmail,
    PreferChannel,
    RemoveContact,
)
from services.membership.domain.contact_details import (
    CODE_LASTS,
    MOST_ATTEMPTS,
    MOST_CODES,
    MOST_CONTACTS,
    BeginContacts,
    Begun,
    Channel,
    ChannelPreferred,
    ContactAdded,
    ContactChanged,
    ContactDetails,
    ContactFlagged,
    ContactKind,
    ContactLabelled,
    ContactRemoved,
    ContactsBegun,
    EmailCheckAsked,
    EmailCheckFailed,
    EmailConfirmed,
    FlagContact,
    Format,
    FormatsChosen,
    kind_of_number,
)
from services.membership.domain.member import ApplicationReceived, Member, MemberLeft, NameCorrected, StakeholderGroup
from services.membership.domain.naming import CorrectName
from shared.messages.events import Event
from shared.testing.decider import NOW, given

FIRST_MAIL, MOBILE, NEW_MAIL, POST = (UUID(int=number) for number in (1, 2, 3, 4))
CHECK, PROOF, OTHER_PROOF = UUID(int=20), UUID(int=21), UUID(int=22)
BEGUN = ContactsBegun(
    contacts=(Begun(FIRST_MAIL, ContactKind.EMAIL), Begun(MOBILE, ContactKind.MOBILE)),
)
ADDED = ContactAdded(contact=NEW_MAIL, kind=ContactKind.EMAIL, value="ann@new.example.org")
ASKED = EmailCheckAsked(contact=NEW_MAIL, check=CHECK, proof=PROOF, expires_at=NOW + CODE_LASTS)
CONFIRM = ConfirmEmail(contact=NEW_MAIL, proof=PROOF)


def add(
    value: str = "ann@new.example.org", kind: ContactKind = ContactKind.EMAIL, replaces: UUID | None = None
) -> AddContact:
    return AddContact(contact=NEW_MAIL, kind=kind, value=value, check=CHECK, proof=PROOF, replaces=replaces)


def test_it_begins_with_what_came_with_the_application() -> None:
    given(ContactDetails).when(BeginContacts(contacts=BEGUN.contacts)).then(BEGUN)


def test_a_new_email_address_gets_a_code_at_once() -> None:
    given(ContactDetails, BEGUN).when(add()).then(ADDED, ASKED)


def test_a_number_needs_no_code() -> None:
    number = add("01632 960001", ContactKind.PHONE)
    given(ContactDetails, BEGUN).when(number).then(
        ContactAdded(contact=NEW_MAIL, kind=ContactKind.PHONE, value="01632 960001")
    )


def test_the_same_twice_and_too_many_are_refused() -> None:
    given(ContactDetails, BEGUN, ADDED).when(add()).refuses("contact-there-already")
    many = [
        ContactAdded(contact=UUID(int=100 + nth), kind=ContactKind.POST, value=f"{nth} Lane")
        for nth in range(MOST_CONTACTS)
    ]
    given(ContactDetails, BEGUN, *many).when(add()).refuses("too-many-contacts")


def test_the_code_that_comes_back_confirms_the_address() -> None:
    given(ContactDetails, BEGUN, ADDED, ASKED).when(CONFIRM).then(EmailConfirmed(contact=NEW_MAIL))
    given(ContactDetails, BEGUN, ADDED, ASKED, EmailConfirmed(contact=NEW_MAIL)).when(CONFIRM).then()


def test_a_code_counts_for_a_day() -> None:
    story = given(ContactDetails, BEGUN, ADDED, ASKED)
    story.when(CONFIRM, now=ASKED.expires_at).refuses("code-too-old")
    story.when(CONFIRM, now=ASKED.expires_at - timedelta(seconds=1)).then(EmailConfirmed(contact=NEW_MAIL))


def test_a_wrong_code_is_counted_and_too_many_end_the_right_one_too() -> None:
    wrong = EmailCheckFailed(contact=NEW_MAIL, check=CHECK)
    for proof in (OTHER_PROOF, None):
        given(ContactDetails, BEGUN, ADDED, ASKED).when(ConfirmEmail(contact=NEW_MAIL, proof=proof)).then(wrong)
    story = given(ContactDetails, BEGUN, ADDED, ASKED, *[wrong] * MOST_ATTEMPTS)
    story.when(CONFIRM).refuses("too-many-attempts")
    again = AskForCode(contact=NEW_MAIL, check=UUID(int=30), proof=OTHER_PROOF)
    asked = EmailCheckAsked(contact=NEW_MAIL, check=UUID(int=30), proof=OTHER_PROOF, expires_at=NOW + CODE_LASTS)
    story.when(again).then(asked)
    anew = given(ContactDetails, BEGUN, ADDED, ASKED, *[wrong] * MOST_ATTEMPTS, asked)
    anew.when(CONFIRM).then(EmailCheckFailed(contact=NEW_MAIL, check=UUID(int=30)))
    anew.when(ConfirmEmail(contact=NEW_MAIL, proof=OTHER_PROOF)).then(EmailConfirmed(contact=NEW_MAIL))


def test_a_code_is_of_use_once() -> None:
    confirmed = [BEGUN, ADDED, ASKED, EmailConfirmed(contact=NEW_MAIL)]
    ask = AskForCode(contact=NEW_MAIL, check=CHECK, proof=PROOF)
    given(ContactDetails, *confirmed).when(ask).refuses("confirmed-already")
    gone = [*confirmed, ContactRemoved(contact=NEW_MAIL)]
    given(ContactDetails, *gone, ADDED).when(CONFIRM).refuses("no-code")


def test_our_letters_cannot_be_used_to_pester_somebody() -> None:
    asked: list[Event] = [ASKED] * MOST_CODES
    ask = AskForCode(contact=NEW_MAIL, check=CHECK, proof=PROOF)
    given(ContactDetails, BEGUN, ADDED, *asked).when(ask).refuses("too-many-codes")
    given(ContactDetails, BEGUN, ADDED, *asked).when(ask, now=NOW + CODE_LASTS).then(
        EmailCheckAsked(contact=NEW_MAIL, check=CHECK, proof=PROOF, expires_at=NOW + CODE_LASTS * 2)
    )
    removed = ContactRemoved(contact=NEW_MAIL)
    given(ContactDetails, BEGUN, ADDED, *asked, removed).when(add("other@example.org")).refuses("too-many-codes")


def test_the_old_address_goes_only_when_the_new_one_is_confirmed() -> None:
    replacing = ContactAdded(contact=NEW_MAIL, kind=ContactKind.EMAIL, value="ann@new.example.org", replaces=FIRST_MAIL)
    given(ContactDetails, BEGUN).when(add(replaces=FIRST_MAIL)).then(replacing, ASKED)
    preferred = ChannelPreferred(contact=FIRST_MAIL, channel=Channel.EMAIL)
    given(ContactDetails, BEGUN, preferred, replacing, ASKED).when(CONFIRM).then(
        EmailConfirmed(contact=NEW_MAIL),
        ContactRemoved(contact=FIRST_MAIL),
        ChannelPreferred(contact=NEW_MAIL, channel=Channel.EMAIL),
    )
    given(ContactDetails, BEGUN).when(add(replaces=MOBILE)).refuses("not-an-email")
    given(ContactDetails, BEGUN).when(add(replaces=POST)).refuses("no-such-contact")


def test_the_address_of_the_application_is_of_use_and_can_be_confirmed() -> None:
    given(ContactDetails, BEGUN).when(PreferChannel(contact=FIRST_MAIL, channel=Channel.EMAIL)).then(
        ChannelPreferred(contact=FIRST_MAIL, channel=Channel.EMAIL)
    )
    asked = EmailCheckAsked(contact=FIRST_MAIL, check=CHECK, proof=PROOF, expires_at=NOW + CODE_LASTS)
    given(ContactDetails, BEGUN).when(AskForCode(contact=FIRST_MAIL, check=CHECK, proof=PROOF)).then(asked)


def test_the_last_way_that_is_of_use_stays() -> None:
    given(ContactDetails, BEGUN).when(RemoveContact(contact=MOBILE)).then(ContactRemoved(contact=MOBILE))
    left = [BEGUN, ContactRemoved(contact=MOBILE), ADDED, ASKED]
    given(ContactDetails, *left).when(RemoveContact(contact=FIRST_MAIL)).refuses("last-contact")
    given(ContactDetails, *left, EmailConfirmed(contact=NEW_MAIL)).when(RemoveContact(contact=FIRST_MAIL)).then(
        ContactRemoved(contact=FIRST_MAIL)
    )


def test_numbers_and_labels_are_corrected_and_email_is_not() -> None:
    change = ChangeContact(contact=MOBILE, kind=ContactKind.PHONE, value="01632 960002", label="Home")
    given(ContactDetails, BEGUN).when(change).then(
        ContactChanged(contact=MOBILE, kind=ContactKind.PHONE, value="01632 960002"),
        ContactLabelled(contact=MOBILE, label="Home"),
    )
    given(ContactDetails, BEGUN).when(ChangeContact(contact=FIRST_MAIL)).then()
    sly = ChangeContact(contact=FIRST_MAIL, kind=ContactKind.EMAIL, value="sly@example.org")
    given(ContactDetails, BEGUN).when(sly).refuses("other-kind")
    given(ContactDetails, BEGUN).when(ChangeContact(contact=POST)).refuses("no-such-contact")


@pytest.mark.parametrize(
    ("contact", "channel", "code"),
    [
        (MOBILE, Channel.TEXT, None),
        (MOBILE, Channel.PHONE, None),
        (MOBILE, Channel.POST, "other-channel"),
        (NEW_MAIL, Channel.EMAIL, "not-confirmed"),
        (POST, Channel.POST, "no-such-contact"),
    ],
)
def test_what_can_be_preferred(contact: UUID, channel: Channel, code: str | None) -> None:
    decided = given(ContactDetails, BEGUN, ADDED, ASKED).when(PreferChannel(contact=contact, channel=channel))
    if code:
        decided.refuses(code)
    else:
        decided.then(ChannelPreferred(contact=contact, channel=channel))


def test_what_is_taken_out_is_preferred_no_more() -> None:
    gone = [BEGUN, ChannelPreferred(contact=MOBILE, channel=Channel.TEXT), ContactRemoved(contact=MOBILE)]
    again = ContactAdded(contact=MOBILE, kind=ContactKind.MOBILE, value="07700 900001")
    prefer = PreferChannel(contact=MOBILE, channel=Channel.TEXT)
    given(ContactDetails, *gone, again).when(prefer).then(ChannelPreferred(contact=MOBILE, channel=Channel.TEXT))


def test_formats_and_language_are_one_choice_and_none_is_plain_print() -> None:
    both = ChooseFormats(formats=(Format.LARGE_PRINT, Format.BSL), language="Polish")
    chosen = FormatsChosen(formats="bsl,large-print", language="Polish")
    given(ContactDetails, BEGUN).when(both).then(chosen)
    given(ContactDetails, BEGUN, chosen).when(both).then()
    given(ContactDetails, BEGUN, chosen).when(ChooseFormats()).then(FormatsChosen())
    given(ContactDetails, BEGUN).when(ChooseFormats()).then()


def test_what_came_back_is_flagged_once_and_a_correction_takes_the_flag_away() -> None:
    flagged = ContactFlagged(contact=MOBILE)
    given(ContactDetails, BEGUN).when(FlagContact(contact=MOBILE)).then(flagged)
    given(ContactDetails, BEGUN, flagged).when(FlagContact(contact=MOBILE)).then()
    given(ContactDetails, BEGUN).when(FlagContact(contact=POST)).then()
    corrected = ContactChanged(contact=MOBILE, kind=ContactKind.MOBILE, value="07700 900002")
    given(ContactDetails, BEGUN, flagged, corrected).when(FlagContact(contact=MOBILE)).then(flagged)


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("07700 900123", ContactKind.MOBILE),
        ("+44 (0)7700 900123", ContactKind.MOBILE),
        ("0044 7700 900123", ContactKind.MOBILE),
        ("01632 960001", ContactKind.PHONE),
        ("070 1234 5678", ContactKind.PHONE),
        ("+33 6 12 34 56 78", ContactKind.PHONE),
    ],
)
def test_a_mobile_is_told_by_its_number(number: str, kind: ContactKind) -> None:
    assert kind_of_number(number) is kind


def test_a_name_is_put_right() -> None:
    received = ApplicationReceived(name="Anne", stakeholder_group=StakeholderGroup.OTHER, communities=())
    given(Member, received).when(CorrectName(name="Ann")).then(NameCorrected(name="Ann"))
    given(Member, received, NameCorrected(name="Ann")).when(CorrectName(name="Ann")).then()
    given(Member, received, MemberLeft()).when(CorrectName(name="Ann")).refuses("not-a-member")
