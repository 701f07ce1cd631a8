"""What a scorer may read back: its own alerts with their history, and the verdicts about them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from django.db.models import QuerySet

from feedback import rules
from feedback.models import Alert, Exposure, LedgerEntry, OpenAlert, Queue, Tier
from feedback.selectors import head_of
from feedback.services import facts_of
from scoring.api.authentication import Caller
from scoring.api.problems import Problem, Refusal
from scoring.api.schemas import (
    AlertOut,
    ExplanationOut,
    ExposureOut,
    ReasonOut,
    SimilarOut,
    SuppressionOut,
    VerdictOut,
    VerdictPage,
    VerdictQuery,
)
from scoring.explain.selectors import details_of
from scoring.explain.similar import SimilarAlert
from scoring.models import Suppression
from scoring.quiet import suppression_in

# Rows of the ledger looked through for one answer, so that a scorer with few alerts costs no more than one with many.
WINDOW = 20_000


def read_alert(caller: Caller, external_id: str) -> AlertOut:
    """The caller's alert with its exposures and ledger entries. Raises `Problem` where it has none with this id."""
    mine = Alert.objects.filter(scorer=caller.scorer, external_id=external_id).select_related(
        "queue", "customer", "scorer"
    )
    alert = None if "\x00" in external_id else mine.first()
    if alert is None:
        raise Problem(Refusal.NOT_FOUND, f"This scorer has no alert {external_id!r}.")
    entries = list(alert.entries.order_by("position"))
    return AlertOut(
        external_id=alert.external_id,
        queue=alert.queue.slug,
        customer_id=alert.customer.external_id,
        text=alert.text,
        features=alert.features,
        evidence=alert.evidence,
        upstream_score=alert.upstream_score,
        channel=alert.channel,
        scorer_version=alert.scorer_version,
        raised_at=alert.raised_at,
        received_at=alert.received_at,
        open=OpenAlert.objects.filter(alert=alert).exists(),
        label=_label(entries),
        exposures=_exposures(alert),
        verdicts=_verdicts((entry, external_id) for entry in entries),
        explanation=_explanation(alert),
    )


def read_verdicts(caller: Caller, query: VerdictQuery) -> VerdictPage:
    """The ledger's entries about the caller's alerts after a position, in order.

    Positions are commit order, so a reader that passes `next` on misses nothing and sees nothing twice.
    """
    queue = caller.queue(query.queue)
    head = head_of(queue.pk)
    end = min(head, query.after + WINDOW)
    rows = _own_entries(queue, caller, query.after, end)[: query.limit]
    entries = [(entry, entry.alert.external_id) for entry in rows]
    reached = entries[-1][0].position if len(entries) == query.limit else max(end, query.after)
    return VerdictPage(queue=queue.slug, verdicts=_verdicts(entries), next=reached, more=reached < head)


def _own_entries(queue: Queue, caller: Caller, after: int, end: int) -> QuerySet[LedgerEntry]:
    tail = LedgerEntry.objects.filter(queue=queue, position__gt=after, position__lte=end, alert__scorer=caller.scorer)
    return tail.select_related("alert", "retracts").order_by("position")


def _exposures(alert: Alert) -> list[ExposureOut]:
    rows = list(alert.exposures.order_by("pk"))
    named = Suppression.objects.in_bulk([pk for one in rows if (pk := suppression_in(one.cause)) is not None])
    return [_exposure(one, named.get(suppression_in(one.cause) or 0)) for one in rows]


def _exposure(exposure: Exposure, suppression: Suppression | None) -> ExposureOut:
    return ExposureOut(
        decision=exposure.decision,
        tier=Tier(exposure.tier).name.lower(),
        probability=exposure.probability,
        propensity=exposure.propensity,
        policy_version=exposure.policy_version,
        position=exposure.position,
        rule=exposure.rule,
        suppression=_suppression(suppression),
        decided_at=exposure.decided_at,
    )


def _suppression(row: Suppression | None) -> SuppressionOut | None:
    if row is None:
        return None
    assert row.until is not None  # the database refuses a suppression without an end
    return SuppressionOut(id=row.pk, scope=row.scope, until=row.until)


def _explanation(alert: Alert) -> ExplanationOut:
    found = details_of(alert)
    return ExplanationOut(
        probability=found.probability,
        position=found.passport.position,
        log_odds=found.log_odds,
        baseline=found.baseline,
        reasons=[ReasonOut(**asdict(part)) for part in found.parts],
        rest=found.rest,
        verdicts=found.passport.verdicts,
        observed=found.passport.observed,
        similar=[_similar(one, alert) for one in found.similar.alerts],
    )


def _similar(one: SimilarAlert, to: Alert) -> SimilarOut:
    """Another scorer's id is that scorer's own business."""
    return SimilarOut(
        external_id=one.external_id if one.scorer_id == to.scorer_id else None,
        similarity=one.similarity,
        label=rules.ACCURATE if one.accurate else rules.FALSE_POSITIVE,
        decided_at=one.decided_at,
    )


def _verdicts(entries: Iterable[tuple[LedgerEntry, str]]) -> list[VerdictOut]:
    return [
        VerdictOut(
            position=entry.position,
            external_id=external_id,
            kind=entry.kind,
            value=entry.value or None,
            source=entry.source,
            reason=entry.reason,
            retracts=entry.retracts.position if entry.retracts else None,
            recorded_at=entry.recorded_at,
        )
        for entry, external_id in entries
    ]


def _label(entries: list[LedgerEntry]) -> str | None:
    label = rules.label_of(facts_of(entries))
    return None if label is None else rules.ACCURATE if label.accurate else rules.FALSE_POSITIVE
