"""What the drift watch reads: alerts in order of arrival, labels in the order of the ledger, in full blocks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import connection

from feedback.models import Alert, Exposure, Queue
from feedback.selectors import facts_touched
from scoring.amended import amendments_of
from scoring.facts import facts_of_alerts
from scoring.features import AlertFacts, FeatureConfig, extract
from scoring.lifecycle.frame import Seen, chinese_share
from scoring.plan import lessons_between

# Alerts have ids before they are committed. One that takes longer is missed by the watch; none is counted twice.
LONGEST_COMMIT = timedelta(seconds=30)
STRIDE = 1_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Arrived:
    """An alert as the watch needs it, with what was said of it on arrival."""

    alert_id: int
    raised_at: datetime
    position: int
    seen: Seen


@dataclass(frozen=True, slots=True)
class Judged:
    """A label, with the probability that was made before it was known."""

    anchor: int
    accurate: bool
    probability: float
    raised_at: datetime


_ARRIVALS = """
    SELECT a.id, a.raised_at, e.probability, e.position FROM feedback_alert a
    JOIN LATERAL (SELECT probability, position FROM feedback_exposure WHERE alert_id = a.id ORDER BY id LIMIT 1) e
        ON true
    WHERE a.queue_id = %s AND a.id > %s AND a.received_at <= %s ORDER BY a.id LIMIT %s
"""


def arrivals(queue_id: int, after: int, limit: int, now: datetime, config: FeatureConfig) -> list[Arrived]:
    """The next alerts after the id `after`, at most `limit`."""
    with connection.cursor() as cursor:
        cursor.execute(_ARRIVALS, [queue_id, after, now - LONGEST_COMMIT, limit])
        rows = cursor.fetchall()
    facts = facts_of_alerts([row[0] for row in rows])
    return [Arrived(pk, at, position, seen_of(facts[pk], p, config)) for pk, at, p, position in rows]


def last_arrivals(queue_id: int, upto: int, limit: int, now: datetime, config: FeatureConfig) -> list[Arrived]:
    """The newest `limit` alerts up to the id `upto`, oldest first."""
    before = Alert.objects.filter(queue_id=queue_id, id__lte=upto).order_by("-id").values_list("id", flat=True)
    ids = list(before[:limit])
    return arrivals(queue_id, ids[-1] - 1, len(ids), now, config) if ids else []


def first_watched(queue_id: int, newest: int) -> int:
    """The id after which to begin in a queue that was never watched: all but its `newest` alerts are passed over."""
    ids = Alert.objects.filter(queue_id=queue_id).order_by("-id").values_list("id", flat=True)
    return next(iter(ids[newest : newest + 1]), 0)


def share_between(queue_id: int, one: float, other: float) -> float:
    """Of the newest alerts, the share whose probability lies between two thresholds; 1 where there is no alert."""
    newest = Exposure.objects.filter(queue_id=queue_id).order_by("-decided_at").values_list("probability", flat=True)
    said = list(newest[:STRIDE])
    low, high = sorted((one, other))
    return sum(low <= probability < high for probability in said) / len(said) if said else 1.0


def seen_of(facts: AlertFacts, probability: float, config: FeatureConfig) -> Seen:
    """An alert as the watch sees it."""
    return Seen(
        extract(facts, config), len(facts.text), chinese_share(facts.text[: config.max_text_chars]), probability
    )


def judgements(queue_id: int, after: int, end: int) -> list[Judged]:
    """Labels with anchors in the ledger rows (after, end], as the ledger stands at `end`.

    A label that is taken back later was watched: it was the best that was known of the alert then. What a judge says
    while held back is not, nor is it watched afterwards where they are let in.
    """
    amendments = amendments_of(queue_id)
    touched = facts_touched(queue_id, after, end, end)
    lessons = lessons_between(after, end, {pk: amendments.believed(facts) for pk, facts in touched.items()})
    said = _first_exposures(one.alert_id for one in lessons)
    return [Judged(one.anchor, one.accurate, *said[one.alert_id]) for one in lessons if one.alert_id in said]


def _first_exposures(alert_ids: Iterable[int]) -> dict[int, tuple[float, datetime]]:
    rows = Exposure.objects.filter(alert_id__in=list(alert_ids)).order_by("-pk")
    return {pk: (p, at) for pk, p, at in rows.values_list("alert_id", "probability", "alert__raised_at")}


def full_blocks(rows: Sequence[T], size: int) -> list[Sequence[T]]:
    """The rows in blocks of `size`; what does not fill one waits."""
    return [rows[low : low + size] for low in range(0, len(rows) - size + 1, size)]


def queues_watched() -> list[int]:
    """Every queue that lives; a replay's is watched only by the replay."""
    return list(Queue.objects.filter(throwaway=False).order_by("pk").values_list("pk", flat=True))
