"""Days as banking knows them: working days, paydays, and how far one day is from another."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta

SATURDAY = 5


def years_before(day: date, years: int) -> date:
    """Return the same day some years earlier; 29 February becomes 28 February."""
    last = monthrange(day.year - years, day.month)[1]
    return date(day.year - years, day.month, min(day.day, last))


def month_day(day: date, wanted: int) -> date:
    """Return a day of the same month, or the month's last where it has no such day."""
    return day.replace(day=min(wanted, monthrange(day.year, day.month)[1]))


def working_day_before(day: date) -> date:
    """Return the day itself, or the Friday before where it falls on a weekend."""
    return day - timedelta(days=max(0, day.weekday() - SATURDAY + 1))


def working_day_after(day: date) -> date:
    """Return the day itself, or the Monday after where it falls on a weekend."""
    return day + timedelta(days=(7 - day.weekday()) if day.weekday() >= SATURDAY else 0)


def is_due(day: date, wanted: int) -> bool:
    """Say whether something due on a day of the month is booked today, weekends moving it on.

    A weekend at the end of a month moves it into the next one.
    """
    former = (day.replace(day=1) - timedelta(days=1)).replace(day=1)
    return any(working_day_after(month_day(month, wanted)) == day for month in (day, former))


def is_payday(day: date, wanted: int) -> bool:
    """Say whether wages due on a day of the month are paid today; weekends bring them forward."""
    return working_day_before(month_day(day, wanted)) == day


def is_last_of_month(day: date) -> bool:
    """Say whether the month ends today."""
    return (day + timedelta(days=1)).month != day.month


def at(day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """Return an instant of a day, in UTC."""
    return datetime.combine(day, time(hour, minute, second), tzinfo=UTC)


def months_between(start: date, day: date) -> int:
    """Return how many months have begun since the month of `start`."""
    return (day.year - start.year) * 12 + day.month - start.month
