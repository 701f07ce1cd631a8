"""A queue's history as evidence for its policy: what was done with its newest alerts, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from django.db import connection

from feedback.rules import Fact, label_of
from scoring.amended import amendments_of
from scoring.facts import facts_of_alerts
from scoring.models import PolicyVersion
from scoring.policy import HardRule, Policy, rules_from
from scoring.thresholds import Bools, Evidence

# What a simulation looks back on: the newest alerts, at most so many.
WINDOW = 20_000


@dataclass(frozen=True, slots=True)
class History:
    """The newest alerts of a queue, oldest first, as evidence; `since` is when the first of them was decided.

    `versions`: of the policy, that decided about them.
    """

    alert_ids: Sequence[int]
    evidence: Evidence
    since: datetime | None
    versions: frozenset[int] = frozenset()


# The first exposure of an alert is the draw that counts: one that a person raised again was not drawn.
_HISTORY = """
    SELECT x.alert_id, x.probability, x.propensity, x.decision <> 'hide', x.rule <> '', x.policy_version,
           x.decided_at
    FROM feedback_exposure x
    WHERE x.queue_id = %s AND NOT EXISTS (
        SELECT 1 FROM feedback_exposure earlier WHERE earlier.alert_id = x.alert_id AND earlier.id < x.id
    ) ORDER BY x.decided_at DESC, x.id DESC LIMIT %s
"""

_ENTRIES = """
    SELECT e.alert_id, e.position, e.value, e.source, e.judge_id, e.scorer_id,
           (SELECT r.position FROM feedback_ledgerentry r WHERE r.id = e.retracts_id), e.is_check
    FROM feedback_ledgerentry e WHERE e.alert_id = ANY(%s) ORDER BY e.position
"""


def history_of(queue_id: int, window: int = WINDOW) -> History:
    """The newest alerts with what was done with them and what the verdicts add up to."""
    with connection.cursor() as cursor:
        cursor.execute(_HISTORY, [queue_id, window])
        rows = cursor.fetchall()[::-1]
    ids, probability, propensity, shown, hard, versions, decided = zip(*rows, strict=True) if rows else [()] * 7
    labels = labels_of(queue_id, ids)
    evidence = Evidence(
        np.array(probability, float),
        np.array(propensity, float),
        np.array(shown, bool),
        np.array([labels.get(alert_id, np.nan) for alert_id in ids], float),
        np.array(hard, bool),
    )
    return History(ids, evidence, decided[0] if decided else None, frozenset(versions))


def evidence_under(queue_id: int, in_force: Policy, history: History) -> Evidence:
    """The evidence under the hard rules in force: what another version's rules showed is the threshold's by now.

    The texts are read only where one of the versions that decided had other rules.
    """
    decided = PolicyVersion.objects.filter(queue_id=queue_id, version__in=history.versions)
    if all(rules_from(rules) == in_force.hard_rules for rules in decided.values_list("hard_rules", flat=True)):
        return history.evidence
    return replace(history.evidence, hard=fall_under(in_force.hard_rules, history.alert_ids))


def labels_of(queue_id: int, alert_ids: Sequence[int]) -> dict[int, float]:
    """1.0 or 0.0 for each of the alerts that has a label. What a judge who is held back said makes none."""
    amendments = amendments_of(queue_id)
    grouped: dict[int, list[Fact]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_ENTRIES, [list(alert_ids)])
        for alert_id, position, value, source, judge, scorer, retracts, check in cursor.fetchall():
            author = judge if judge is not None else f"scorer:{scorer}"
            grouped.setdefault(alert_id, []).append(Fact(position, value, source, author, retracts, check=check))
    labels = {alert_id: label_of(amendments.believed(facts)) for alert_id, facts in grouped.items()}
    return {alert_id: float(label.accurate) for alert_id, label in labels.items() if label is not None}


def fall_under(rules: Sequence[HardRule], alert_ids: Sequence[int]) -> Bools:
    """Which of the alerts fall under one of the rules."""
    if not rules:
        return np.zeros(len(alert_ids), bool)
    facts = facts_of_alerts(alert_ids)
    return np.array([any(rule.applies_to(facts[pk]) for rule in rules) for pk in alert_ids], bool)
