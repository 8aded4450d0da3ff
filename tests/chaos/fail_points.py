"""Named places in the kernel at which a process can be made to die, for the chaos run.

No file of the kernel knows them. A launched process (`tests.chaos.launched`) wraps the functions named here. The runner
arms one place at a time for a service's processes by a small file; whoever comes by claims the file, writes down that
it fired, and kills itself.
"""

import importlib
import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial, wraps
from itertools import count
from pathlib import Path
from typing import Any

ARMED = "COPSE_CHAOS_ARMED"
"""The file that arms a process: `<how many times to let pass> <name of the place>`."""
FIRED = "COPSE_CHAOS_FIRED"
"""The file to which a dying process adds a line with the name of its place."""

ALL = ("membership", "meetings", "ppi", "notifications")
READERS_OF_OTHERS = ("meetings", "ppi", "notifications")
REACTING = ("membership", "notifications")
WRITTEN_TO = ("membership", "meetings", "ppi")


class NoSuchPlace(Exception):
    """The kernel has no function of that name any more: the table below must be brought up to date."""


@dataclass(frozen=True)
class FailPoint:
    """`at` is `module:function` or `module:Class.method`; the process dies before or after it ran. `process` is web,
    worker or rebuild; `services` are those in which the run's commands come by often. `core`: every run tries it.
    `at_start`: only a process that begins comes by, so one is asked to stop, and started again."""

    name: str
    at: str
    process: str
    services: Sequence[str]
    before: bool = False
    core: bool = True
    at_start: bool = False


POINTS = (
    FailPoint("append: decided, not sent", "shared.eventstore.postgres:_append", "web", WRITTEN_TO, before=True),
    FailPoint(
        "append: committed, not answered", "shared.eventstore.postgres:PostgresEventStore.append", "web", WRITTEN_TO
    ),
    FailPoint(
        "relay: sending, nothing acknowledged",
        "shared.streaming.relay:headers_of",
        "worker",
        ALL,
        core=False,
    ),
    FailPoint(
        "relay: acknowledged, cursor not moved",
        "shared.eventstore.outbox:Outbox.published",
        "worker",
        ALL,
        before=True,
    ),
    FailPoint("relay: cursor committed", "shared.eventstore.outbox:Outbox.published", "worker", ALL, core=False),
    FailPoint(
        "consumer: partitions assigned",
        "shared.streaming.seeker:Seeker.on_partitions_assigned",
        "worker",
        READERS_OF_OTHERS,
        core=False,
        at_start=True,
    ),
    FailPoint(
        "consumer: position moved, nothing told",
        "shared.streaming.consumer:_begin",
        "worker",
        READERS_OF_OTHERS,
        core=False,
    ),
    FailPoint("consumer: told, not committed", "shared.streaming.streams:Streams.save", "worker", READERS_OF_OTHERS),
    FailPoint(
        "consumer: committed, not polled again",
        "shared.streaming.consumer:Consumer.handle",
        "worker",
        READERS_OF_OTHERS,
        core=False,
    ),
    FailPoint("reader: cursor moved, nothing told", "shared.projections.reader:move_cursor", "worker", ALL, core=False),
    FailPoint(
        "reader: some moved past a page, others not told",
        "shared.projections.reader:Reader._moved_together",
        "worker",
        ALL,
    ),
    FailPoint("reader: told, not committed", "shared.projections.projection:Projection.tell", "worker", ALL),
    FailPoint("reaction: noted, not committed", "shared.reactions.reaction:Reaction.tell", "worker", REACTING),
    FailPoint(
        "agenda: command done, entry not closed",
        "shared.reactions.agenda:_cross_out",
        "worker",
        REACTING,
        before=True,
    ),
    FailPoint("agenda: entry closed, not committed", "shared.reactions.agenda:_cross_out", "worker", REACTING),
    FailPoint(
        "agenda: mail sent, outcome not recorded",
        "services.notifications.mail:Mailer.send",
        "worker",
        ("notifications",),
    ),
    FailPoint(
        "rebuild: a batch told, not committed", "shared.streaming.replay:save_places", "rebuild", ALL, core=False
    ),
    FailPoint("rebuild: swapped, not committed", "shared.streaming.rebuilding:swap", "rebuild", ALL),
)
BY_NAME = {point.name: point for point in POINTS}


def install() -> None:
    """Wraps every place in this process. Raises NoSuchPlace, so that a renamed function is not passed over silently."""
    places = [(point, *found(point)) for point in POINTS]
    for point, owner, name in places:
        setattr(owner, name, _wrapped(getattr(owner, name), point))


def arm(file: Path, point: FailPoint, nth: int) -> None:
    """The process whose ARMED is `file` dies the `nth` time (from 1) that it comes by."""
    waiting = file.with_suffix(".new")
    waiting.write_text(f"{nth} {point.name}")
    waiting.rename(file)


def disarm(file: Path) -> bool:
    """False when it was claimed before: then a process dies of it."""
    try:
        file.rename(file.with_suffix(".disarmed"))
    except FileNotFoundError:
        return False
    return True


def found(point: FailPoint) -> tuple[Any, str]:
    """The module or class that holds the function, and its name there. Raises NoSuchPlace."""
    module_name, _, path = point.at.partition(":")
    *owners, name = path.split(".")
    try:
        owner: Any = importlib.import_module(module_name)
        for each in owners:
            owner = getattr(owner, each)
        getattr(owner, name)
    except (ImportError, AttributeError) as error:
        raise NoSuchPlace(f"{point.name!r} is at {point.at}, which is not there: {error}") from error
    return owner, name


def _wrapped(original: Callable[..., Any], point: FailPoint) -> Callable[..., Any]:
    reach = partial(_reach, point, count(1), {})

    @wraps(original)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if point.before:
            reach()
        result = original(*args, **kwargs)
        if not point.before:
            reach()
        return result

    return wrapper


def _reach(point: FailPoint, passed: "count[int]", since: dict[str, int]) -> None:
    """Dies when this process is armed for the place and it came by often enough since."""
    file = Path(os.environ[ARMED])
    try:
        nth, _, name = file.read_text().partition(" ")
        armed = str(file.stat().st_mtime_ns)
    except FileNotFoundError:
        return
    if name != point.name:
        return
    number = next(passed)
    began = since.setdefault(armed, number)
    if number - began + 1 < int(nth):
        return
    try:
        file.rename(file.with_suffix(f".{os.getpid()}"))  # of two rivals one dies
    except FileNotFoundError:
        return
    note = os.open(os.environ[FIRED], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(note, f"{point.name}\n".encode())
    os.kill(os.getpid(), signal.SIGKILL)
