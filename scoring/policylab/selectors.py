"""Reads of the policy lab: a queue's history as evidence, blind verdicts, and the versions of its policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection

from feedback.models import Queue, Source
from feedback.rules import Fact, label_of
from scoring.facts import facts_of_alerts
from scoring.models import PolicyVersion
from scoring.policy import HardRule, Policy
from scoring.services.policies import policy_in_force
from scoring.stages import Apprentice, apprentice
from scoring.thresholds import Bools, Evidence

# What a simulation looks back on: the newest alerts, at most so many.
WINDOW = 20_000
BLIND_WINDOW = 1_000
# Alerts whose text is held against a hard rule that is being edited.
TRIED = 500


@dataclass(frozen=True, slots=True)
class History:
    """The newest alerts of a queue, oldest first, as evidence; `since` is when the first of them was decided."""

    alert_ids: Sequence[int]
    evidence: Evidence
    since: datetime | None


# The first exposure of an alert is the draw that counts: one that a person raised again was not drawn.
_HISTORY = """
    SELECT x.alert_id, x.probability, x.propensity, x.decision <> 'hide', x.rule <> '', x.decided_at
    FROM feedback_exposure x
    WHERE x.queue_id = %s AND NOT EXISTS (
        SELECT 1 FROM feedback_exposure earlier WHERE earlier.alert_id = x.alert_id AND earlier.id < x.id
    ) ORDER BY x.decided_at DESC, x.id DESC LIMIT %s
"""

_ENTRIES = """
    SELECT e.alert_id, e.position, e.value, e.source, e.judge_id, e.scorer_id,
           (SELECT r.position FROM feedback_ledgerentry r WHERE r.id = e.retracts_id)
    FROM feedback_ledgerentry e WHERE e.alert_id = ANY(%s) ORDER BY e.position
"""


def history_of(queue_id: int, window: int = WINDOW) -> History:
    """The newest alerts with what was done with them and what the verdicts add up to."""
    with connection.cursor() as cursor:
        cursor.execute(_HISTORY, [queue_id, window])
        rows = cursor.fetchall()[::-1]
    ids, probability, propensity, shown, hard, decided = zip(*rows, strict=True) if rows else [()] * 6
    labels = labels_of(ids)
    evidence = Evidence(
        np.array(probability, float),
        np.array(propensity, float),
        np.array(shown, bool),
        np.array([labels.get(alert_id, np.nan) for alert_id in ids], float),
        np.array(hard, bool),
    )
    return History(ids, evidence, decided[0] if decided else None)


def labels_of(alert_ids: Sequence[int]) -> dict[int, float]:
    """1.0 or 0.0 for each of the alerts that has a label."""
    grouped: dict[int, list[Fact]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_ENTRIES, [list(alert_ids)])
        for alert_id, position, value, source, judge, scorer, retracts in cursor.fetchall():
            author = judge if judge is not None else f"scorer:{scorer}"
            grouped.setdefault(alert_id, []).append(Fact(position, value, source, author, retracts))
    labels = {alert_id: label_of(facts) for alert_id, facts in grouped.items()}
    return {alert_id: float(label.accurate) for alert_id, label in labels.items() if label is not None}


def fall_under(rules: Sequence[HardRule], alert_ids: Sequence[int]) -> Bools:
    """Which of the alerts fall under one of the rules."""
    if not rules:
        return np.zeros(len(alert_ids), bool)
    facts = facts_of_alerts(alert_ids)
    return np.array([any(rule.applies_to(facts[pk]) for rule in rules) for pk in alert_ids], bool)


_BLIND = """
    SELECT x.probability, e.value = 'accurate'
    FROM (
        SELECT alert_id, value, position, id FROM feedback_ledgerentry
        WHERE queue_id = %(queue)s AND blind AND kind = 'verdict' AND value <> 'unsure' AND source = ANY(%(people)s)
        ORDER BY position DESC LIMIT %(newest)s
    ) AS e
    CROSS JOIN LATERAL (
        SELECT probability, position FROM feedback_exposure WHERE alert_id = e.alert_id ORDER BY id LIMIT 1
    ) AS x
    WHERE x.position > 0 AND NOT EXISTS (SELECT 1 FROM feedback_ledgerentry r WHERE r.retracts_id = e.id)
"""


def apprentice_of(queue_id: int) -> Apprentice:
    """How well the model agrees with the newest blind verdicts of reps and leads that still stand."""
    people = [Source.REP, Source.LEAD]
    with connection.cursor() as cursor:
        cursor.execute(_BLIND, {"queue": queue_id, "people": people, "newest": BLIND_WINDOW})
        rows = cursor.fetchall()
    return apprentice(np.array([row[0] for row in rows], float), np.array([row[1] for row in rows], bool))


@dataclass(frozen=True, slots=True)
class InForce:
    """The version in force as it is stored and as the pure core reads it."""

    version: PolicyVersion
    policy: Policy


def in_force(queue: Queue) -> InForce:
    """The queue's newest version; a new queue gets its first one."""
    policy = policy_in_force(queue.pk)
    return InForce(PolicyVersion.objects.select_related("created_by").get(queue=queue, version=policy.version), policy)


def versions_of(queue: Queue, before: int | None = None, limit: int = 20) -> list[PolicyVersion]:
    """The versions of a queue's policy, newest first, from the one before a number on."""
    found: Any = PolicyVersion.objects.filter(queue=queue).select_related("created_by").order_by("-version")
    return list((found if before is None else found.filter(version__lt=before))[:limit])
