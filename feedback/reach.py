"""How far back the undo key reaches. What is older is changed where it is listed, by a person who looks at it."""

from datetime import datetime, timedelta

from django.utils import timezone


def midnight_before(now: datetime) -> datetime:
    """When the day began, by the product's clock."""
    return timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)


def reach_of(now: datetime, least: timedelta) -> datetime:
    """Since when an act may be undone: today, or `least` before now where that is further back."""
    return min(midnight_before(now), now - least)
