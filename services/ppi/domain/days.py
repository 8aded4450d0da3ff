"""Days as people in Kent live them: a deadline ends at their midnight, not at UTC's."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_KENT = ZoneInfo("Europe/London")


def day_of(moment: datetime) -> date:
    """The day that it is in Kent at a moment (which carries its offset)."""
    return moment.astimezone(_KENT).date()


def end_of(day: date) -> datetime:
    """The midnight that ends a day in Kent."""
    return datetime.combine(day + timedelta(days=1), time(), _KENT)
