"""Which migrations a service has, and which of them its database still lacks."""

from pathlib import Path

from shared.database.pool import Transaction
from shared.service import Service

_KERNEL = Path(__file__).parent.parent / "eventstore/migrations"


def migration_folders(service: Service) -> list[Path]:
    """Where its numbered .sql files are, in the order in which they are applied."""
    return [folder for folder in (_KERNEL, service.folder / "migrations") if folder.exists()]


def missing_migrations(service: Service, db: Transaction) -> list[str]:
    """The names of those that were not applied, and of projections whose tables are not those of this release."""
    wanted = [file.stem for folder in migration_folders(service) for file in sorted(folder.glob("*.sql"))]
    if db.value(str, "select to_regclass('public._yoyo_migration')::text") is None:
        return wanted
    applied = set(db.all(str, "select migration_id from _yoyo_migration"))
    missing = [name for name in wanted if name not in applied]
    if db.value(str, "select to_regclass('public.projections')::text") is None:
        return missing
    there = set(db.all(str, "select name || ' ' || version from projections"))
    return missing + [
        f"projection {each.name} version {each.version}"
        for each in service.projections
        if f"{each.name} {each.version}" not in there
    ]


def applied_migrations(service: Service, db: Transaction) -> int:
    """How many of its migrations were applied."""
    wanted = {file.stem for folder in migration_folders(service) for file in folder.glob("*.sql")}
    if db.value(str, "select to_regclass('public._yoyo_migration')::text") is None:
        return 0
    return len(wanted & set(db.all(str, "select migration_id from _yoyo_migration")))
