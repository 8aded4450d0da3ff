"""`copse status`, `copse audit` and `copse doctor`: is everything moving, is everything there, is everything set up?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shared.cli.output import JSON, bad, good, progress, table, tell, tell_json
from shared.cli.services import plainly, service_named

if TYPE_CHECKING:
    from shared.operations.auditor import Report
    from shared.operations.service_status import ServiceStatus

_NOT_ALL_COMPARED = 3
"""An exit status of its own: 2 says that a command could not do its work at all."""

Names = Annotated[list[str] | None, typer.Argument(help="Services' names; all whose database is set when left out.")]


def status(
    names: Names = None,
    still_after: Annotated[float, typer.Option(help="Seconds after which what waits stands still.")] = 30.0,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """One screen: how far each part has come. Exit status 1 when something stands still."""
    from shared.cli.watching import broker_if_set, watched
    from shared.messages.clock import Clock
    from shared.operations.status import overview

    with plainly():
        there, silent = watched(names or [])
        progress("asking the databases and Kafka")
        found = overview(there, broker_if_set(), Clock.from_environment(), silent=silent, still_after=still_after)
    if as_json:
        tell_json(found)
    else:
        for each in found.services:
            tell(_service_shown(each))
        if found.still:
            tell(bad("Stands still:") + "".join(f"\n- {line}" for line in found.still))
        else:
            tell(good("Everything moves."))
    raise typer.Exit(1 if found.still else 0)


def _service_shown(status: "ServiceStatus") -> str:
    from shared.operations.service_status import Lag, told_holder, told_lag, told_not_built

    if status.says:
        return f"{status.service}\n  {bad(status.says)}\n"
    missing = len(status.migrations_missing)
    rows = [("release", f"{status.release}, running: {', '.join(status.running) or 'none'}")]
    rows.append(("migrations", f"{status.migrations_applied} applied, {missing} missing"))
    if status.last_event:
        last = status.last_event
        rows.append(("last event", f"{last.xid}.{last.position} at {last.recorded_at:%Y-%m-%d %H:%M:%S %Z}"))
    else:
        rows.append(("last event", "none yet"))
    rows.append(("horizon", f"held by {told_holder(status.horizon)}" if status.horizon else "0 s old"))
    if status.relay:
        repeated = f"; {status.relay_repeated:,} records stand in Kafka twice" if status.relay_repeated else ""
        rows.append(("relay", f"{told_lag(status.relay)}{repeated}"))
    rows += [(name, told_lag(lag)) for name, lag in status.readers.items()]
    rows += [(f"{each.name}, to build", told_not_built(each)) for each in status.not_built]
    for each in status.consumer:
        failure = status.consumer_failure if each.events else None
        shown = (
            "shorter than what was read of it" if each.beyond_end else told_lag(Lag(each.events, each.seconds, failure))
        )
        rows.append((f"from {each.topic}", shown))
    if status.dead_letters:
        parked = status.dead_letters
        rows.append(("dead letters", f"{parked.letters} in {parked.streams} streams" if parked.letters else "none"))
    if status.agenda:
        agenda = status.agenda
        text = f"{agenda.due} due, {agenda.later} for later, {agenda.postponed} postponed"
        rows.append(("agenda", f"{text} ({agenda.last_error})" if agenda.last_error else text))
    return f"{status.service}\n{table([(f'  {name}', text) for name, text in rows])}\n"


def audit(
    names: Names = None,
    projections: Annotated[
        bool, typer.Option(help="Make each projection anew and compare its rows, or leave them out: it takes longest.")
    ] = True,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Compares event tables, topics, consumers and the rows of projections.

    Exit status 0 when all was compared and is the same, 1 at a difference, 3 when none was found and not everything
    could be compared.
    """
    from shared.cli.watching import all_watched, broker
    from shared.operations.auditor import audit as compare
    from shared.operations.read_models import audit_read_models

    with plainly():
        there = all_watched(names or [])
        report = compare(there, broker(), progress)
        for each in there if projections else []:
            audit_read_models(each.service, report, progress)
    if as_json:
        tell_json(report)
    else:
        for line in report.differences:
            tell(
                f"{bad('differs')}  {line.service}, {line.kind}: {line.says}"
                + (f" (and {line.more} more)" if line.more else "")
            )
        counted = ", ".join(f"{number} {what}" for what, number in report.compared.items())
        tell(f"{_verdict(report)} Compared: {counted}.")
        for reason in report.left_out:
            tell(f"left out  {reason}")
    raise typer.Exit(1 if report.differences else _NOT_ALL_COMPARED if report.left_out else 0)


def _verdict(report: "Report") -> str:
    if report.differences:
        return bad("Not clean.")
    if report.left_out:
        return bad(f"No difference found, but not everything was compared: {len(report.left_out)} left out.")
    return good("Clean.")


def doctor(
    names: Names = None,
    token_file: Annotated[
        str | None, typer.Option(help="A file with an access token, to try issuer, audience and keys with.")
    ] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Looks for the commonest mistakes of a set-up and says what to do. Exit status 1 when it finds one."""
    import os

    from shared.operations.doctor import examine
    from shared.operations.watched import services_named_in

    try:
        token = Path(token_file).read_text().strip() if token_file else None
    except OSError as error:
        raise typer.BadParameter(f"{token_file} cannot be read: {error.strerror}") from error
    services, unknown = [], []
    for name in names or services_named_in(os.environ):
        try:
            services.append(service_named(name))
        except typer.BadParameter:
            if names:
                raise
            unknown.append(name)
    findings = examine(services, unknown, token, progress)
    if as_json:
        tell_json(findings)
    else:
        for each in findings:
            mark = {"well": good("well"), "wrong": bad("wrong"), "not looked at": "left out"}[each.verdict]
            tell(f"{mark:8}  {each.check}: {each.says}" + (f"\n          -> {each.do}" if each.do else ""))
    raise typer.Exit(1 if any(each.verdict == "wrong" for each in findings) else 0)
