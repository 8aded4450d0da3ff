"""`copse erase`: erase somebody for good, and read the report."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import msgspec
import typer

from shared.cli.output import JSON, bad, good, tell, tell_json
from shared.cli.services import plainly, service_named
from shared.errors import CannotGoOn
from shared.messages.decisions import Refused

if TYPE_CHECKING:
    from shared.service import Running


def erase(
    member: Annotated[UUID, typer.Argument(help="The member's or applicant's id.")],
    report: Annotated[
        bool, typer.Option("--report", help="Only show what came of it; status 1 until all is done.")
    ] = False,
    confirm: Annotated[
        str | None, typer.Option(help="Her name, exactly as it is recorded. Asked for when it is left out.")
    ] = None,
    leave_claims_open: Annotated[
        bool, typer.Option("--leave-claims-open", help="Unpaid claims are known, and she wants nothing for them.")
    ] = False,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Erases somebody for good: her key, what every service derived, and a report. Needs membership's environment."""
    with _membership() as (running, erasing):
        if not report:
            _ask(running, erasing, member, confirm, leave_claims_open)
        found = erasing.report(running, member)
        if report and found is None:
            raise CannotGoOn(f"Nobody asked for an erasure of {member}.")
    if as_json:
        tell_json(found if found is not None else {"member_id": str(member), "status": "searching"})
    elif report:
        _show(found)
    else:
        tell(f"Begun. It takes some seconds; the report: copse erase --report {member}")
    if report and (found.status != "closed" or found.failures):
        raise typer.Exit(1)


def _ask(running: "Running", erasing: Any, member: UUID, typed: str | None, leave_claims_open: bool) -> None:
    from shared.commands.handler import AlreadyExists
    from shared.messages.decisions import Context
    from shared.messages.ids import uuid7

    erasing.person_to_erase(running, member)
    if typed is None:
        if not sys.stdin.isatty():
            raise CannotGoOn("Type the person's name after --confirm: what is erased cannot be brought back.")
        typer.echo("What is erased cannot be brought back, by nobody and from no backup.", err=True)
        typed = typer.prompt("Type the name of the person, exactly as it is recorded", err=True)
    command = erasing.ask(running, member, typed, leave_claims_open=leave_claims_open)
    context = Context(now=running.clock.now(), actor="service:copse-erase", correlation_id=uuid7())
    try:
        running.commands.handle(member, command, context)
    except AlreadyExists:
        raise CannotGoOn("The erasure of this person is under way. See its report.") from None


@contextmanager
def _membership() -> Iterator[tuple["Running", Any]]:
    """The service by its name, as every command finds it: the kernel imports none."""
    import structlog

    from shared.configuration import Settings
    from shared.service import Running

    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    with plainly():
        running = Running(service_named("membership"), Settings.read("membership"))
        try:
            yield running, importlib.import_module("services.membership.erasing")
        except Refused as refusal:
            raise CannotGoOn(refusal.sentence) from refusal
        finally:
            running.close()


def _show(report: Any) -> None:
    seen = msgspec.to_builtins(report)
    for failure in seen["failures"]:
        tell(f"{bad('Failed')}  {failure}")
    waiting = f", waiting for {', '.join(seen['waiting_for'])}" if seen["waiting_for"] else ""
    tell(
        f"{good('Closed') if seen['status'] == 'closed' else seen['status'].capitalize()}{waiting}: {seen['member_id']}"
    )
    tallies = (("Erased", "erased"), ("Kept, and why", "kept"), ("To do by hand", "by_hand"))
    for title, part in tallies:
        tell(f"\n{title}:")
        for service in seen["services"]:
            for tally in service[part]:
                why = f"\n      {tally['why']}" if tally["why"] else ""
                tell(f"  {service['service']}: {tally['number']} {tally['what']}{why}")
            if part == "by_hand":
                for mention in service["mentions"]:
                    where = f"{mention['table']}, {mention['column']}, {mention['key']}"
                    tell(f"  {service['service']}: a text of somebody else names this person: {where}")
                if service["more"]:
                    tell(f"  {service['service']}: and {service['more']} more such texts")
