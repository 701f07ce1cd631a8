"""Keeping the figures of the lead's page in step with the ledger. A pull: nothing is lost or counted twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import Any

from django.db import connection, transaction
from django.db.models import OuterRef, Subquery, Sum

from feedback import rules
from feedback.locks import Lock, take_if_free
from feedback.models import Decision, Exposure, LedgerEntry, Queue
from feedback.selectors import entries_about, entries_since, head_of
from feedback.services import facts_of
from scoring.amended import NEWEST_AMENDMENT, amendments_of
from scoring.amendments import Amendments
from scoring.each import each
from scoring.lead.periods import monday_of, mondays
from scoring.lead.rollups import recount_blocks, recount_weeks
from scoring.models import FigureStanding, JudgedAlert, LearningBlock, WeeklyAgreement, WeeklyFigure

# An alert may be committed this long after the moment it carries; weeks are counted again until then.
LATE_COMMIT = timedelta(hours=1)
# New alerts alone (no verdict) show up after this long: counting a week costs more than reading the page.
FRESH_FOR = timedelta(seconds=60)
# Alerts that a week is taken to hold before it was counted for the first time.
UNCOUNTED_WEEK = 1_000


def follow_ledger(*, queue: Queue, now: datetime, entries: int = 2_000, alerts: int | None = None) -> FigureStanding:
    """Bring a queue's figures towards the head of its ledger: at most `entries` rows, about `alerts` counted alerts.

    1. Take the queue's lock, or leave the work to who holds it. 2. Where a judge was held back or let in, go back to
    the first of their verdicts that is about. 3. Label the alerts that the next rows are about. 4. Count the weeks and
    learning blocks they touch, newest first; the rest stay noted as stale.
    """
    with transaction.atomic():
        standing, _created = FigureStanding.objects.get_or_create(queue=queue)
        if queue.throwaway or not take_if_free(Lock.FIGURES, queue.pk):
            return standing
        standing = FigureStanding.objects.annotate(amended=NEWEST_AMENDMENT).get(pk=queue.pk)
        changed = (standing.amended or 0) > standing.amendment
        if changed:
            _go_back(standing, amendments_of(queue.pk))
        tail = entries_since(queue.pk, standing.position, entries)
        if not tail and not standing.stale_weeks and _is_fresh(standing, now) and not changed:
            return standing
        stale = {date.fromisoformat(day) for day in standing.stale_weeks} | _label(queue.pk, tail)
        stale |= _weeks_of_new_alerts(queue.pk, standing, now)
        newest = _affordable(queue.pk, sorted(stale, reverse=True), alerts)
        recount_weeks(queue.pk, newest)
        standing.position = tail[-1].position if tail else standing.position
        standing.stale_weeks = [day.isoformat() for day in sorted(stale.difference(newest))]
        standing.counted_at = now
        standing.save()
    return standing


def catch_up(*, queue: Queue, now: datetime) -> FigureStanding:
    """Follow the ledger to its head, however far that is, then count every stale week once. For workers."""
    head = head_of(queue.pk)
    before, standing = -1, follow_ledger(queue=queue, now=now, alerts=0)
    while before < standing.position < head:  # no progress: another process holds the lock and does the work
        before, standing = standing.position, follow_ledger(queue=queue, now=now, alerts=0)
    return follow_ledger(queue=queue, now=now)


def count_queues_behind(*, now: datetime) -> list[int]:
    """Catch up every queue whose figures are behind its ledger, or that got alerts since they were counted."""
    head = LedgerEntry.objects.filter(queue=OuterRef("pk")).order_by("-position").values("position")[:1]
    arrived = Exposure.objects.filter(queue=OuterRef("pk")).order_by("-decided_at").values("decided_at")[:1]
    queues = Queue.objects.filter(throwaway=False).select_related("figure_standing")
    queues = queues.annotate(head=Subquery(head), arrived=Subquery(arrived), amended=NEWEST_AMENDMENT)
    behind = [queue for queue in queues if _is_behind(queue)]
    return each(behind, lambda queue: int(catch_up(queue=queue, now=now).pk))


def _is_behind(queue: Any) -> bool:
    standing = getattr(queue, "figure_standing", None)
    if standing is None or standing.counted_at is None:
        return queue.head is not None or queue.arrived is not None
    has_news = queue.arrived is not None and queue.arrived > standing.counted_at
    follows = standing.position >= (queue.head or 0) and standing.amendment >= (queue.amended or 0)
    return has_news or bool(standing.stale_weeks) or not follows


def recount_figures(*, queue: Queue, now: datetime) -> FigureStanding:
    """Forget a queue's figures and make them again from facts."""
    with transaction.atomic():
        for rollup in (FigureStanding, JudgedAlert, LearningBlock, WeeklyAgreement, WeeklyFigure):
            rollup._default_manager.filter(queue=queue).delete()
    return catch_up(queue=queue, now=now)


# OFFSET 0 keeps the planner from walking the whole queue by date in search of the minimum.
_NEW_EXPOSURES = """
    SELECT min(decided_at), max(decided_at), max(id)
    FROM (SELECT id, decided_at FROM feedback_exposure WHERE queue_id = %s AND id > %s OFFSET 0) AS fresh
"""


def _affordable(queue_id: int, weeks: list[date], alerts: int | None) -> list[date]:
    """The first of the weeks that held no more than so many alerts when they were last counted."""
    if not alerts:
        return weeks if alerts is None else []
    known = WeeklyFigure.objects.filter(queue_id=queue_id, week__in=weeks).values_list("week").annotate(Sum("raised"))
    sizes = dict(known.order_by())
    costs = accumulate(sizes.get(week, UNCOUNTED_WEEK) for week in weeks)
    return [week for week, cost in zip(weeks, costs, strict=True) if cost <= alerts]


def _is_fresh(standing: FigureStanding, now: datetime) -> bool:
    return standing.counted_at is not None and standing.counted_at <= now < standing.counted_at + FRESH_FOR


def _weeks_of_new_alerts(queue_id: int, standing: FigureStanding, now: datetime) -> set[date]:
    """The weeks in which alerts may have arrived since the last count; notes how far exposures were seen.

    Exposures are found by id, whatever moment they carry (a history may be told in hindsight). Ids are not commit
    order, so the weeks of the last `LATE_COMMIT` before the last count are always among them.
    """
    with connection.cursor() as cursor:
        cursor.execute(_NEW_EXPOSURES, [queue_id, standing.exposure_id])
        first, last, newest = cursor.fetchone()
    standing.exposure_id = newest or standing.exposure_id
    found = set(mondays(first, last)) if newest else set()
    if standing.counted_at is not None:
        found |= set(mondays(min(standing.counted_at, now) - LATE_COMMIT, now))
    return found


def _go_back(standing: FigureStanding, amendments: Amendments) -> None:
    """Where a judge was held back or let in, label again from the first position that this is about."""
    reached = amendments.disbelieved_from(standing.amendment)
    standing.position = standing.position if reached is None else min(standing.position, reached)
    standing.amendment = amendments.number


def _label(queue_id: int, tail: Sequence[LedgerEntry]) -> set[date]:
    """Bring up to date the labels of the alerts that the entries are about; returns the weeks those arrived in."""
    alert_ids = list(dict.fromkeys(entry.alert_id for entry in tail))
    if not alert_ids:
        return set()
    known = JudgedAlert.objects.in_bulk(alert_ids)
    about, amendments = entries_about(alert_ids).items(), amendments_of(queue_id)
    labels = {alert_id: rules.label_of(amendments.believed(facts_of(entries))) for alert_id, entries in about}
    exposures = _first_exposures(alert_ids)
    judged = [
        _judged(exposures[alert_id], label)
        for alert_id, label in labels.items()
        if label is not None and alert_id in exposures
    ]
    JudgedAlert.objects.filter(pk__in=known.keys() - {row.alert_id for row in judged}).delete()
    JudgedAlert.objects.bulk_create(
        judged, update_conflicts=True, unique_fields=["alert"], update_fields=["accurate", "anchor"], batch_size=1_000
    )
    recount_blocks(queue_id, {row.anchor for row in judged} | {row.anchor for row in known.values()})
    return {monday_of(exposure.decided_at) for exposure in exposures.values()}


def _first_exposures(alert_ids: Iterable[int]) -> dict[int, Exposure]:
    """What was done with each alert when it arrived."""
    rows = Exposure.objects.filter(alert_id__in=list(alert_ids)).select_related("alert").order_by("-pk")
    rows = rows.only(
        "alert_id", "queue_id", "decision", "probability", "propensity", "decided_at",
        "alert__upstream_score", "alert__scorer_id", "alert__scorer_version",
    )  # fmt: skip
    return {row.alert_id: row for row in rows}


def _judged(exposure: Exposure, label: rules.Label) -> JudgedAlert:
    return JudgedAlert(
        alert_id=exposure.alert_id, queue_id=exposure.queue_id, accurate=label.accurate, anchor=label.anchor,
        probability=exposure.probability, upstream_score=exposure.alert.upstream_score, decided_at=exposure.decided_at,
        scorer_id=exposure.alert.scorer_id, scorer_version=exposure.alert.scorer_version,
        propensity=exposure.propensity, sampled=exposure.decision != Decision.HIDE,
    )  # fmt: skip
