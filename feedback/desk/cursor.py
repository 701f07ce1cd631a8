"""A place in the list of open alerts, most urgent first, as an address can carry it. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place of one alert: its urgency, and among equals its id (larger ids come first)."""

    urgency: float
    alert_id: int

    def __str__(self) -> str:
        # repr() of a float reads back as the same float, so the next page neither repeats nor skips a row.
        return f"{self.urgency!r}:{self.alert_id}"

    @classmethod
    def parse(cls, text: str) -> Cursor | None:
        """The cursor that an address carries, or None where it carries none that can be read."""
        urgency, _, alert_id = text.partition(":")
        try:
            cursor = cls(float(urgency), int(alert_id))
        except ValueError:
            return None
        return cursor if math.isfinite(cursor.urgency) and 0 < cursor.alert_id < 2**63 else None


def number_in(text: str | None) -> int | None:
    """A positive number that fits a database id, as an address carries it, or None."""
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 18:
        return None
    return int(text)
