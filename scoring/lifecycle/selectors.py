"""Reads of a queue's life cycle: drift, configurations, checkpoints, generations."""

from __future__ import annotations

from django.db.models import Max

from scoring.models import DriftAlarm

RECENT_ALARMS = 20


def alarms_of(queue_id: int, closed: bool = False) -> list[DriftAlarm]:
    """A queue's open drift alarms, newest first; with `closed`, its recent closed ones behind them."""
    alarms = DriftAlarm.objects.filter(queue_id=queue_id).select_related("acknowledged_by").order_by("-opened_at")
    found = list(alarms.filter(closed_at__isnull=True))
    return found + list(alarms.filter(closed_at__isnull=False)[:RECENT_ALARMS]) if closed else found


def drift_level(queue_id: int) -> float:
    """How much the newest alerts differ from what the model has learnt on: 0 (not at all) to 1.

    1 is an error that moved by four times what is worth a word, just now; it fades over the 1,000 alerts or labels in
    which the new level becomes the usual one. Inputs count half: they may move where the model does not mind.
    """
    found = DriftAlarm.objects.filter(queue_id=queue_id, closed_at__isnull=True).aggregate(level=Max("level"))
    return float(found["level"] or 0.0)
