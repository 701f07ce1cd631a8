"""The worker's part of a policy: thresholds and audits that follow the queue, each move a version with its reason."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from feedback.models import Queue
from feedback.selectors import head_of
from scoring.evidence import evidence_under, history_of
from scoring.following import Followed, follow, has_drifted
from scoring.lifecycle.selectors import drift_level
from scoring.models import PolicyVersion
from scoring.models.policies import Origin
from scoring.services.policies import change_policy, policy_in_force
from scoring.thresholds import Goal

# Ledger rows between two looks: choosing a threshold reads the queue's newest 20,000 alerts.
LOOK_EVERY = 50
_looked: dict[int, int] = {}


def follow_queue(*, queue_id: int, now: datetime) -> PolicyVersion | None:
    """Append the version that a hiding policy has to become, if it may follow its queue and has to.

    1. Nothing where the policy does not hide, or this process looked a few verdicts ago and the queue drifts as it did.
    2. Choose on the queue's history. 3. Append under the queue's lock, unless somebody else changed the policy
    meanwhile.
    """
    in_force = policy_in_force(queue_id)
    if in_force.stage != "suppress":
        return None
    head, drift = head_of(queue_id), drift_level(queue_id)
    if head < _looked.get(queue_id, 0) + LOOK_EVERY and not has_drifted(in_force, drift):
        return None
    version = PolicyVersion.objects.get(queue_id=queue_id, version=in_force.version)
    found = None
    if version.adaptive:
        goal = Goal(version.target, version.cap)
        found = follow(in_force, goal, evidence_under(queue_id, in_force, history_of(queue_id)), drift)
    made = None if found is None else _append(queue_id, found, now)
    _looked[queue_id] = head
    return made


def _append(queue_id: int, found: Followed, now: datetime) -> PolicyVersion | None:
    with transaction.atomic():
        queue = Queue.objects.select_for_update(no_key=True).get(pk=queue_id)
        if policy_in_force(queue_id).version != found.policy.version:
            return None
        return change_policy(
            queue=queue,
            now=now,
            origin=Origin.DRIFT if found.because == "drift" else Origin.THRESHOLD,
            hide_below=found.policy.hide_below,
            orange_from=found.policy.orange_from,
            red_from=found.policy.red_from,
            drift=found.policy.drift,
            expected=found.choice.promised(),
        )
