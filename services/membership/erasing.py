"""Asking for an erasure, and reading its report: one way for the API and for `copse erase`."""

import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from services.membership.domain.contact_details import ContactAdded, ContactChanged, ContactDetails
from services.membership.domain.erasure import SERVICES, AskErasure, Erasure
from services.membership.domain.member import ApplicationReceived, Member, MemberApproved, Standing
from services.membership.projections.erasures import ErasureRow, Reported, erasure, reports_of
from services.membership.projections.open_claims import open_claims_of
from shared.messages.decisions import Refused
from shared.messages.events import ERASED
from shared.service import Running


@dataclass(frozen=True)
class Report:
    """`status` is searching, erasing, confirming or closed; `waiting_for` names the services that are still at work.

    `failures` come first wherever the report is shown: what could not be done, in sentences.
    """

    member_id: UUID
    status: str
    waiting_for: list[str]
    failures: list[str]
    row: ErasureRow
    services: list[Reported]


def person_to_erase(running: Running, member_id: UUID) -> Member:
    """The member or applicant. Refuses when she was erased before, or when it is under way."""
    member, version = running.commands.load(Member, member_id)
    if version == 0:
        raise Refused("unknown", f"There is no member or applicant with the id {member_id}.")
    if member.standing is Standing.ERASED:
        raise Refused("already-erased", "This person was erased before. See the report of her erasure.")
    if running.commands.load(Erasure, member_id)[1]:
        raise Refused("erasure-under-way", "The erasure of this person is under way. See its report.")
    return member


def ask(running: Running, member_id: UUID, confirmation: str, *, leave_claims_open: bool) -> AskErasure:
    """The command that begins it, once everything is as it must be. Raises Refused with what to do first.

    `confirmation` is her name as it is recorded, letter by letter, or `erase <id>`.
    """
    member = person_to_erase(running, member_id)
    received = member.received
    if received is None:
        raise Refused("unknown", "There is no record that could be erased.")
    if _typed(confirmation) not in (_typed(received.name), f"erase {member_id}"):
        raise Refused(
            "not-confirmed",
            "What you typed is not the name of this person. Type her name exactly as it is recorded: what is erased"
            " cannot be brought back.",
        )
    with running.database.transaction() as db:
        claims = open_claims_of(db, member_id)
    if claims.number and not leave_claims_open:
        raise Refused(
            "unpaid-claims",
            f"This person has earned £{claims.amount_pence / 100:,.2f} in {claims.number}"
            f" {'claim' if claims.number == 1 else 'claims'} that {'is' if claims.number == 1 else 'are'} not paid."
            " Pay it first, because afterwards nobody knows whom to pay; or ask her, and if she wants nothing, say"
            " that the claims are to be left open.",
        )
    if received.name == ERASED:
        return AskErasure(claims_left_open=bool(claims.number))
    return AskErasure(
        name=received.name,
        former_names=tuple(sorted(member.former_names - {received.name})),
        ways=tuple(ways_of(running, member_id)),
        claims_left_open=bool(claims.number),
    )


def ways_of(running: Running, member_id: UUID) -> list[str]:
    """Each email address, number and postal address that she ever gave: others may have written down an old one.

    From the streams: what was taken out or changed is in no read model."""
    streams = [each.stream(member_id) for each in (Member, ContactDetails)]
    told: dict[str, None] = {}
    for event in (running.codec.event(each) for stream in streams for each in running.store.contents(stream)):
        match event:
            case ApplicationReceived() | MemberApproved():
                told |= dict.fromkeys(filter(None, (event.email, event.phone, event.postal_address)))
            case ContactAdded() | ContactChanged():
                told[event.value] = None
    return list(told)


def report(running: Running, member_id: UUID) -> Report | None:
    """None when nobody asked for it, or the read model has not heard of it yet."""
    with running.database.transaction() as db:
        row = erasure(db, member_id)
        return None if row is None else made(running, row, reports_of(db, member_id))


def made(running: Running, row: ErasureRow, services: list[Reported]) -> Report:
    searched = {each.service for each in services if each.searched is not None}
    confirmed = {each.service for each in services if each.confirmed_at}
    if row.searched_at is None:
        status, waiting = "searching", SERVICES - searched
    elif row.erased_at is None:
        status, waiting = "erasing", frozenset()
    else:
        status, waiting = ("closed" if row.closed_at else "confirming"), SERVICES - confirmed
    failures = [
        f"{each} did not look for her name in what others wrote, and it is too late now. Look there yourself."
        for each in row.missing
    ]
    if waiting and running.clock.now() - (row.erased_at or row.asked_at) > _SOON:
        failures.append(
            f"Not answered yet: {', '.join(sorted(waiting))}. See whether it runs: copse status, copse dead-letters."
        )
    return Report(row.member_id, status, sorted(waiting), failures, row, services)


_SOON = timedelta(minutes=10)


def _typed(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())
