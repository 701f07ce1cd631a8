"""The worker's part of a policy: thresholds and audits that follow the queue, each move a version with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction

from feedback.models import Queue
from feedback.selectors import head_of
from scoring.evidence import evidence_under, history_of
from scoring.following import follow, has_drifted
from scoring.lifecycle.selectors import drift_level
from scoring.models import PolicyVersion
from scoring.models.policies import Origin
from scoring.policy import Policy
from scoring.services.policies import change_policy, policy_in_force
from scoring.thresholds import Goal

# Ledger rows between two looks: choosing a threshold reads the queue's newest 20,000 alerts.
LOOK_EVERY = 50
_looked: dict[int, int] = {}


def follow_queue(*, queue_id: int, now: datetime) -> PolicyVersion | None:
    """Append the version that a hiding policy has to become, if it may follow its queue and has to.

    1. Nothing where the policy does not hide, or this process looked a few verdicts ago and the queue drifts as it did.
    2. Choose on the queue's history, where a lead lets thresholds move; audits follow drift in any case. 3. Append
    under the queue's lock, unless somebody else changed the policy meanwhile.
    """
    in_force = policy_in_force(queue_id)
    if in_force.stage != "suppress":
        return None
    head, drift = head_of(queue_id), drift_level(queue_id)
    if head < _looked.get(queue_id, 0) + LOOK_EVERY and not has_drifted(in_force, drift):
        return None
    version = PolicyVersion.objects.get(queue_id=queue_id, version=in_force.version)
    made = _followed(version, in_force, drift, now) if version.adaptive else _audited(version, in_force, drift, now)
    _looked[queue_id] = head
    return made


def _followed(version: PolicyVersion, in_force: Policy, drift: float, now: datetime) -> PolicyVersion | None:
    """Thresholds chosen again, and audits with them."""
    goal, history = Goal(version.target, version.cap), history_of(version.queue_id)
    found = follow(in_force, goal, evidence_under(version.queue_id, in_force, history), drift)
    if found is None:
        return None
    origin = Origin.DRIFT if found.because == "drift" else Origin.THRESHOLD
    return _append(version, found.policy, origin, found.choice.promised(), now)


def _audited(version: PolicyVersion, in_force: Policy, drift: float, now: datetime) -> PolicyVersion | None:
    """A lead keeps the thresholds where they are; more is checked all the same while the queue drifts."""
    if not has_drifted(in_force, drift):
        return None
    return _append(version, replace(in_force, drift=drift), Origin.DRIFT, version.expected, now)


def _append(
    before: PolicyVersion, wanted: Policy, origin: Origin, expected: Mapping[str, Any], now: datetime
) -> PolicyVersion | None:
    with transaction.atomic():
        queue = Queue.objects.select_for_update(no_key=True).get(pk=before.queue_id)
        if policy_in_force(queue.pk).version != before.version:
            return None
        return change_policy(
            queue=queue,
            now=now,
            origin=origin,
            hide_below=wanted.hide_below,
            orange_from=wanted.orange_from,
            red_from=wanted.red_from,
            drift=wanted.drift,
            expected=dict(expected),
        )
