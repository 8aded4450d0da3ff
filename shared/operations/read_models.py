"""The part of `copse audit` that looks at read models: are the rows in use those that their events make?

Each is made anew beside the tables in use, compared row for row at the same place, and dropped again. That costs what a
rebuild costs, and its readers stand still for a moment. Reasons not to compare (letters that are parked, tables of
another version) are no differences: what should be in the rows is then not known. A handler that fails is one: the rows
in use were made of the same events, and nobody could make them again.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from shared.configuration import Misconfigured, Settings
from shared.database.pool import Database, TooSlow, Unavailable
from shared.errors import CannotGoOn
from shared.failures import plain
from shared.operations.auditor import Report
from shared.projections.projection import Projection
from shared.service import Running, Service
from shared.streaming.broker import Broker, BrokerUnavailable
from shared.streaming.rebuilding import Rebuilding

_LONGEST_STATEMENT_SECONDS = 3600


def audit_read_models(service: Service, report: Report, told: Callable[[str], None] = lambda _: None) -> None:
    """Adds to `report` what differs and what could not be compared. Raises Unavailable or BrokerUnavailable.

    Needs all settings of the service: rows hold what only the keyring opens."""
    try:
        settings = Settings.read(service.name)
    except Misconfigured as error:
        report.left_out.append(f"the projections of {service.name}: {error}")
        return
    with closing(Running(service, settings)) as running:
        for projection in service.projections:
            told(f"{service.name}: the rows of {projection.name}")
            _compare(running, projection, report)


def _compare(running: Running, projection: Projection, report: Report) -> None:
    service = running.service.name
    try:
        with rebuilding(running, projection) as its:
            difference = its.compare()
    except (Unavailable, BrokerUnavailable):
        raise
    except (CannotGoOn, TooSlow) as reason:
        report.left_out.append(f"{projection.name} of {service}: {plain(reason)}")
        return
    except Exception as error:
        report.differs(service, "projection", f"{projection.name} cannot be made anew: {plain(error)}")
        return
    report.compared["projections"] += 1
    if difference:
        report.differs(service, "projection", f"{projection.name}: {difference}")


@contextmanager
def rebuilding(running: Running, projection: Projection) -> Iterator[Rebuilding]:
    """What can be done with a projection's tables, over connections whose statements may take long."""
    database = Database(
        running.settings.database_url,
        application="copse-projections",
        size=4,
        statement_seconds=_LONGEST_STATEMENT_SECONDS,
    )
    with closing(database):
        yield Rebuilding(projection, database, Broker(running.settings.kafka), running.codec, running.contracts)
