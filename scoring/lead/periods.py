"""Weeks and days as a lead counts them: in the product's time zone, weeks from Monday."""

from datetime import date, datetime, time, timedelta

from django.utils import timezone

WINDOW_WEEKS = 26
RECENT_WEEKS = 4
RECENT_DAYS = 7 * RECENT_WEEKS
SEVEN_DAYS = 7
WEEK = timedelta(weeks=1)


def monday_of(moment: datetime) -> date:
    """The Monday of the week a moment lies in."""
    day = timezone.localtime(moment, timezone.get_default_timezone()).date()
    return day - timedelta(days=day.weekday())


def midnight(day: date) -> datetime:
    """The moment a day begins."""
    return datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())


def mondays(first: datetime, last: datetime) -> list[date]:
    """The Mondays of every week between two moments, oldest first."""
    start, end = monday_of(first), monday_of(last)
    return [start + WEEK * i for i in range((end - start).days // 7 + 1)]


def window(now: datetime) -> list[date]:
    """The Mondays of the weeks that a page shows, oldest first; the last one is still running."""
    return mondays(now - WEEK * (WINDOW_WEEKS - 1), now)


def days_until(now: datetime) -> list[date]:
    """The days that a page shows, oldest first; the last one is today."""
    today = timezone.localtime(now, timezone.get_default_timezone()).date()
    return [today - timedelta(days=RECENT_DAYS - 1 - i) for i in range(RECENT_DAYS)]


def seven_days_until(now: datetime) -> datetime:
    """The moment from which on "the last seven days" count: whole days, the last one is today."""
    return midnight(days_until(now)[-SEVEN_DAYS])
