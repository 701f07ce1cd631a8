"""Remembering judged alerts for the search. A pull: it follows the ledger, and nothing is lost or kept twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, Subquery

from feedback import rules
from feedback.locks import Lock, take_if_free
from feedback.models import LedgerEntry, Queue
from feedback.selectors import facts_touched, head_of
from scoring import nearest
from scoring.amended import NEWEST_AMENDMENT, amendments_of
from scoring.each import each
from scoring.facts import facts_of_alerts
from scoring.features import extract
from scoring.models import MemoryStanding, RememberedAlert
from scoring.replica import replica_of

# Ledger rows followed in one transaction.
STRIDE = 1_000


def remember(*, queue_id: int, strides: int | None = None) -> int:
    """Follow a queue's ledger to its head, or so many strides of it; returns the position that was reached.

    An alert that got a label is remembered under the model of now, one that lost its label is forgotten.
    """
    head, reached = head_of(queue_id), -1
    while strides is None or strides > 0:
        before, reached = reached, _follow(queue_id)
        if not before < reached < head:  # no progress: another process holds the lock and does the work
            break
        strides = None if strides is None else strides - 1
    return reached


def remember_behind(*, strides: int = 5) -> list[int]:
    """Go some way in every queue whose memory is behind its ledger; returns those queues."""
    head = LedgerEntry.objects.filter(queue=OuterRef("pk")).order_by("-position").values("position")[:1]
    rows = Queue.objects.filter(throwaway=False).annotate(head=Subquery(head), amended=NEWEST_AMENDMENT)
    reached = MemoryStanding.objects.filter(version=nearest.VERSION).values_list("queue", "position", "amendment")
    known = {pk: (position, amendment) for pk, position, amendment in reached}
    behind = [one.pk for one in rows.exclude(head=None) if _is_behind(one, *known.get(one.pk, (-1, -1)))]
    each(behind, lambda queue_id: remember(queue_id=queue_id, strides=strides))
    return behind


def _is_behind(queue: Any, position: int, amendment: int) -> bool:
    return bool(position < queue.head or amendment < (queue.amended or 0))


def _follow(queue_id: int) -> int:
    """One stride. 1. Take the queue's turn, or leave. 2. Where a judge was held back or let in, go back to there.

    3. Read what the next rows say. 4. Remember and forget.
    """
    with transaction.atomic():
        standing, _created = MemoryStanding.objects.get_or_create(queue_id=queue_id)
        if not take_if_free(Lock.MEMORY, queue_id):
            return standing.position
        standing.refresh_from_db()
        if standing.version != nearest.VERSION:
            RememberedAlert.objects.filter(queue_id=queue_id).delete()
            standing.position, standing.version, standing.taught = 0, nearest.VERSION, {}
        amendments = amendments_of(queue_id)
        reached = amendments.disbelieved_from(standing.amendment)
        standing.position = standing.position if reached is None else min(standing.position, reached)
        standing.amendment = amendments.number
        head = head_of(queue_id)
        high = min(head, standing.position + STRIDE)
        facts = facts_touched(queue_id, standing.position, high, head)
        changes = _remember(queue_id, {pk: amendments.believed(about) for pk, about in facts.items()})
        changes.update(standing.taught)
        standing.taught = dict(changes)
        standing.position = high
        standing.save()
    return high


def _remember(queue_id: int, facts: Mapping[int, Sequence[rules.Fact]]) -> Counter[str]:
    """Remember the alerts that have a label now, forget the others; returns how the labels of each source changed.

    What is remembered as it is now keeps its signature, however often its rows are read.
    """
    labels = {alert_id: label for alert_id, about in facts.items() if (label := rules.label_of(about)) is not None}
    told = {pk: (label.accurate, label.anchor, _source(label, facts[pk])) for pk, label in labels.items()}
    rows = RememberedAlert.objects.filter(pk__in=list(facts))
    known = {row[0]: row[1:] for row in rows.values_list("alert_id", "accurate", "anchor", "source")}
    rows.exclude(pk__in=list(told)).delete()
    signatures = _signatures(queue_id, [pk for pk in told if told[pk] != known.get(pk)])
    made = [
        RememberedAlert(
            alert_id=pk, queue_id=queue_id, accurate=told[pk][0], anchor=told[pk][1], source=told[pk][2],
            signature=signature,
        )
        for pk, signature in signatures.items()
    ]  # fmt: skip
    fields = ["accurate", "anchor", "source", "signature"]
    RememberedAlert.objects.bulk_create(made, update_conflicts=True, unique_fields=["alert"], update_fields=fields)
    after = Counter(source for _accurate, _anchor, source in told.values())
    after.subtract(source for _accurate, _anchor, source in known.values())
    return after


def _source(label: rules.Label, facts: Iterable[rules.Fact]) -> str:
    """Where a label comes from: the source of the verdict it hangs on."""
    return next(fact.source for fact in facts if fact.position == label.anchor)


def _signatures(queue_id: int, alert_ids: list[int]) -> dict[int, bytes]:
    """Signatures by alert, as the queue's model weighs words now."""
    facts = facts_of_alerts(alert_ids)
    with replica_of(queue_id).hold() as belief:
        features = {alert_id: extract(one, belief.config) for alert_id, one in facts.items()}
        sparse = belief.model.weights.sparse
        return {pk: nearest.signature(nearest.profile_of(one, sparse)) for pk, one in features.items()}
