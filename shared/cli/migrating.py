"""Brings databases and topics to this release."""

from pathlib import Path

from shared.configuration import Environment, Settings
from shared.database.migrate import migrate
from shared.database.pool import Database
from shared.eventstore.postgres import FUNCTIONS
from shared.operations.migrations import migration_folders
from shared.operations.restored import Restored, put_right, was_restored
from shared.projections.projection import OutOfDate, make_tables
from shared.service import Service
from shared.streaming.broker import Broker
from shared.streaming.cloudevents import topic_of

_SHARED = Path(__file__).parent.parent
_LONGEST_STATEMENT_SECONDS = 600
_LONGEST_RESTORE_SECONDS = 6 * 3600


def migrate_keyring() -> str:
    """Says what was done. Raises CannotGoOn."""
    environment = Environment()
    url = environment.text("KEYRING_DATABASE_URL")
    environment.check()
    applied = migrate(Database(url, application="copse-migrate", size=1), [_SHARED / "privacy/migrations"])
    return f"keyring: {len(applied)} migrations applied"


def migrate_service(service: Service) -> str:
    """Says what was done. Raises CannotGoOn."""
    settings = Settings.read(service.name)
    database = Database(
        settings.database_url, application="copse-migrate", size=2, statement_seconds=_LONGEST_STATEMENT_SECONDS
    )
    applied = migrate(database, migration_folders(service), FUNCTIONS)
    with database.statement() as db:
        if was_restored(db):
            raise Restored(service.name)
    made, waiting = [], []
    for projection in service.projections:
        try:
            if make_tables(projection, database, service.topics_read_by(projection)):
                made.append(projection.name)
        except OutOfDate as error:
            waiting.append(f"\n{error} Run: copse projections rebuild {service.name} {projection.name}")
    topics = [topic_of(each) for each in (service.name, *service.contracts)]
    Broker(settings.kafka).make_topics(topics, replicas=settings.kafka_replicas)
    return f"{service.name}: {len(applied)} migrations applied, {len(made)} projections made{''.join(waiting)}"


def put_right_after_restore(service: Service) -> str:
    """Says what was done. Raises CannotGoOn."""
    settings = Settings.read(service.name)
    database = Database(
        settings.database_url, application="copse-restored", size=1, statement_seconds=_LONGEST_RESTORE_SECONDS
    )
    events = put_right(database)
    if events is None:
        return f"{service.name}: nothing to do, its events were recorded in this very server"
    return (
        f"{service.name}: {events} events and the cursors of their readers hold here now."
        f" Next: copse migrate {service.name}, start it, and look with: copse audit"
    )
