"""Waits until nothing is on its way any more, and compares what there is: the audit, and every projection anew."""

import time
from collections.abc import Callable
from typing import Any

from deploy.demo.configuration import SERVICES
from shared.cli.services import service_named
from shared.configuration import Settings
from shared.database.pool import Database
from shared.errors import CannotGoOn
from shared.messages.clock import Clock
from shared.operations.auditor import audit
from shared.operations.service_status import told_lag
from shared.operations.status import Overview, overview
from shared.operations.watched import Watched
from shared.service import Running
from shared.streaming.broker import Broker
from shared.streaming.rebuilding import Rebuilding

_LOOK_SECONDS = 0.5
_LOOKS_IN_A_ROW = 3
"""What one look shows as done may be about to begin elsewhere: a consumer notes an entry, whose event is sent on."""


class NotQuiet(Exception):
    """Something is still on its way after all the time that was given; the message says what."""


def wait_until_quiet(limit: float, say: Callable[[str], None]) -> None:
    """Every relay, reader and consumer at the end, the agendas empty but for timers. Raises NotQuiet."""
    watched = [Watched.of(service_named(name)) for name in SERVICES]
    until, quiet, told = time.monotonic() + limit, 0, 0.0
    while quiet < _LOOKS_IN_A_ROW:
        waiting = _on_its_way(overview(watched, _broker(), Clock.from_environment()))
        quiet = 0 if waiting else quiet + 1
        if waiting and time.monotonic() > until:
            raise NotQuiet("; ".join(waiting))
        if waiting and time.monotonic() > told + 5:
            told = time.monotonic()
            say(f"still on its way: {'; '.join(waiting)[:200]}")
        time.sleep(_LOOK_SECONDS)
    for each in watched:
        each.database.close()


def _on_its_way(seen: Overview) -> list[str]:
    found = [seen.kafka] if seen.kafka else []
    for each in seen.services:
        if each.says:
            found.append(f"{each.service}: {each.says}")
        for name, lag in {"relay": each.relay, **each.readers}.items():
            if lag is None or lag.events:
                found.append(f"{each.service}, {name}: {told_lag(lag) if lag else 'unknown'}")
        found += [f"{each.service}, from {one.topic}: {one.events}" for one in each.consumer if one.events]
        if each.agenda and (each.agenda.due or each.agenda.postponed):
            text = f"{each.agenda.due} due, {each.agenda.postponed} postponed {each.agenda.last_error or ''}"
            found.append(f"{each.service}, agenda: {text}")
    return found


def compare(say: Callable[[str], None]) -> list[str]:
    """What the audit finds, what is parked, and each projection that is not as a rebuild makes it."""
    found = []
    watched = [Watched.of(service_named(name)) for name in SERVICES]
    report = audit(watched, _broker())
    for each in report.differences:
        found += [f"audit: {each.service}, {each.kind}: {each.says}"] * (1 + each.more)
    say(f"audit: {len(report.differences)} differences; compared {_counted(report.compared)}")
    for status in overview(watched, _broker(), Clock.from_environment()).services:
        if status.dead_letters and status.dead_letters.letters:
            found.append(f"{status.service}: {status.dead_letters.letters} dead letters")
    compared = 0
    for name in SERVICES:
        for projection, difference in _compared(name):
            compared += 1
            if difference:
                found.append(f"{name}, projection {projection}: {difference}")
    say(f"projections: {compared} compared with a rebuild")
    return found


def _compared(name: str) -> list[tuple[str, object]]:
    running = Running(service_named(name), Settings.read(name))
    database = Database(running.settings.database_url, application="copse-chaos", size=4, statement_seconds=600)
    found: list[tuple[str, object]] = []
    try:
        for projection in running.service.projections:
            rebuilding = Rebuilding(projection, database, _broker(), running.codec, running.contracts)
            try:
                found.append((projection.name, rebuilding.compare()))
            except CannotGoOn as error:
                found.append((projection.name, error))
    finally:
        running.close()
        database.close()
    return found


def _broker() -> Broker:
    from shared.cli.watching import broker

    return broker()


def _counted(compared: dict[str, Any]) -> str:
    return ", ".join(f"{number} {what}" for what, number in compared.items())
