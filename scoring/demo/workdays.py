"""When the generated company works: hours, weekends, holidays, months of the story. Times of Shanghai (UTC+8)."""

from datetime import date, datetime, timedelta, timezone
from random import Random

SHANGHAI = timezone(timedelta(hours=8), "CST")
DAYS = 182
_MONTH_DAYS = 30.4

# (month, first day, last day): rest of most customers, whatever the year. Weeks in which usage thresholds misfire.
_FIXED_REST = ((1, 1, 3), (5, 1, 5), (10, 1, 7), (12, 24, 31))
# Spring Festival and Mid-Autumn move with the moon.
_MOVING_REST = (
    (date(2026, 2, 16), 8), (date(2026, 9, 25), 3), (date(2027, 2, 5), 8), (date(2027, 9, 15), 3),
    (date(2028, 1, 25), 8), (date(2028, 10, 3), 3), (date(2029, 2, 12), 8), (date(2029, 9, 22), 3),
)  # fmt: skip
# Weight of each hour of the day: two peaks, a lunch break, a thin evening.
_HOURS = (0, 0, 0, 0, 0, 0, 0, 1, 4, 10, 13, 11, 5, 6, 11, 12, 10, 8, 4, 3, 2, 2, 1, 0)


def is_rest(day: date) -> bool:
    """Whether most customers rest that day because of a public holiday."""
    if any(day.month == month and first <= day.day <= last for month, first, last in _FIXED_REST):
        return True
    return any(start <= day < start + timedelta(days=days) for start, days in _MOVING_REST)


def traffic(day: date) -> float:
    """How many alerts come that day, relative to an ordinary working day."""
    quiet = {5: 0.35, 6: 0.22}.get(day.weekday(), 1.0)
    return quiet * (0.7 if is_rest(day) else 1.0)


def start_of(now: datetime) -> datetime:
    """Midnight in Shanghai of the story's first day."""
    local = now.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    return local - timedelta(days=DAYS)


def month_of(at: datetime, start: datetime) -> int:
    """The month of the story, from 1 to 6."""
    return min(6, int((at - start) / timedelta(days=_MONTH_DAYS)) + 1)


def moment(day: date, rng: Random) -> datetime:
    """A believable moment of that day."""
    hour = rng.choices(range(24), weights=_HOURS)[0]
    return datetime(day.year, day.month, day.day, hour, rng.randrange(60), rng.randrange(60), tzinfo=SHANGHAI)


def month_after(day: date) -> datetime:
    """Seven in the morning of the first Monday of the month after that day."""
    first = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    monday = first + timedelta(days=-first.weekday() % 7)
    return datetime(monday.year, monday.month, monday.day, 7, tzinfo=SHANGHAI)


def at_work(at: datetime) -> datetime:
    """The moment itself if reps work then (weekdays 9 to 19), else soon after the next working day begins."""
    local = at.astimezone(SHANGHAI)
    if local.hour >= 19:
        local = _morning(local + timedelta(days=1), minutes=local.minute)
    elif local.hour < 9:
        local = _morning(local, minutes=local.minute)
    while local.weekday() >= 5 or is_rest(local.date()):
        local = _morning(local + timedelta(days=1), minutes=local.minute)
    return local


def _morning(day: datetime, *, minutes: int) -> datetime:
    return day.replace(hour=9, minute=minutes)


def is_friday_afternoon(at: datetime) -> bool:
    """Whether the week-end is near enough to hurry."""
    local = at.astimezone(SHANGHAI)
    return local.weekday() == 4 and local.hour >= 14
