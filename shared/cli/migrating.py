"""Brings databases and topics to this release."""

import os
from pathlib import Path
from uuid import UUID

from shared.configuration import Environment, Settings
from shared.database.migrate import migrate
from shared.database.pool import Database
from shared.eventstore.postgres import FUNCTIONS
from shared.operations.migrations import migration_folders
from shared.operations.restored import Restored, put_right, was_restored
from shared.operations.watched import Watched, services_named_in
from shared.privacy.keyring import Keyring
from shared.privacy.tombstones import erased_here
from shared.projections.projection import OutOfDate, make_tables
from shared.projections.reader import begin_reading
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
    begin_reading(database, Watched(service, database).own_readers())
    made, waiting = [], []
    for projection in service.projections:
        try:
            if make_tables(projection, database, service.topics_read_by(projection)):
                made.append(projection.name)
        except OutOfDate as error:
            waiting.append(f"\n{error} Run: copse projections rebuild {service.name} {projection.name}")
    revived = _bury_again(settings, database)
    topics = [topic_of(each) for each in (service.name, *service.contracts)]
    Broker(settings.kafka).make_topics(topics, replicas=settings.kafka_replicas)
    return f"{service.name}: {len(applied)} migrations applied, {len(made)} projections made{''.join(waiting)}{revived}"


def _bury_again(settings: Settings, database: Database) -> str:
    """Before web and worker start, in case the keyring is one of before an erasure."""
    erased = erased_here(database)
    if not erased:
        return ""
    keys = Database(settings.keyring_url, application="copse-migrate", size=1)
    try:
        revived = Keyring(keys, settings.master_key, settings.second_master_key).bury(erased)
    finally:
        keys.close()
    return f"\n{revived} people who were erased had a key again, and have none now." if revived else ""


def bury_again() -> str:
    """After the keyring was restored: whoever was erased has no key again. Says what was done. Raises CannotGoOn.

    Who was erased is read from the event tables of all services that the environment names; membership must be one.
    """
    environment = Environment()
    url, master, second = (
        environment.text("KEYRING_DATABASE_URL"),
        environment.master_key(),
        environment.second_master_key(),
    )
    environment.text("MEMBERSHIP_DATABASE_URL")
    environment.check()
    erased: set[UUID] = set()
    for name in services_named_in(os.environ):
        database = Database(environment.text(f"{name.upper()}_DATABASE_URL"), application="copse-restored", size=1)
        erased.update(erased_here(database))
        database.close()
    revived = Keyring(Database(url, application="copse-restored", size=1), master or b"", second).bury(erased)
    return f"keyring: {len(erased)} people were erased, {revived} of them had a key again and have none now"


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
