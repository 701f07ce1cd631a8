"""Policies: the version in force, and a new version."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from django.db import connection, transaction
from django.utils.crypto import salted_hmac

from feedback.models import Queue
from feedback.people import Person
from feedback.selectors import head_of
from scoring import policy
from scoring.models import PolicyVersion, Stage
from scoring.quiet import Quiet
from scoring.services.quieting import quiet_of

# While a queue observes, half of its alerts are judged without the score: the apprentice is compared on those.
BLIND_AT_FIRST = 0.5


def policy_in_force(queue_id: int) -> policy.Policy:
    """The queue's newest policy version as the pure core reads it; a new queue starts by observing."""
    return rules_in_force(queue_id)[0]


def rules_in_force(queue_id: int) -> tuple[policy.Policy, tuple[Quiet, ...]]:
    """The newest policy version and the suppressions that people made: one query, and what it names is remembered."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, [queue_id, queue_id])
        version_id, suppression_id = cursor.fetchone()
    quiet = () if suppression_id is None else quiet_of(queue_id, suppression_id)
    return _stored_or_first(queue_id, version_id), quiet


def _stored_or_first(queue_id: int, version_id: int | None) -> policy.Policy:
    if version_id is None:
        first, _created = PolicyVersion.objects.get_or_create(
            queue_id=queue_id, version=1, defaults={"stage": Stage.OBSERVE, "blind_share": BLIND_AT_FIRST}
        )
        return _policy_of(first.pk)
    return _policy_of(version_id)


_NEWEST = """
    SELECT (SELECT id FROM scoring_policyversion WHERE queue_id = %s ORDER BY version DESC LIMIT 1),
           (SELECT max(id) FROM scoring_suppression WHERE queue_id = %s)
"""


@lru_cache(maxsize=1_000)
def _policy_of(version_id: int) -> policy.Policy:
    """By primary key: a version never changes, and no other ever gets its key. Every alert that is posted asks."""
    return as_policy(PolicyVersion.objects.select_related("queue").get(pk=version_id))


def as_policy(newest: PolicyVersion) -> policy.Policy:
    """A stored policy version as the pure core reads it.

    Who does not know this installation's secret cannot foresee a draw. A replay draws the same wherever it runs.
    """
    return policy.Policy(
        version=newest.version,
        stage=cast(policy.Stage, newest.stage),
        red_from=newest.red_from,
        orange_from=newest.orange_from,
        hide_below=newest.hide_below,
        audit_share=newest.audit_share,
        hard_rules=policy.rules_from(newest.hard_rules),
        audit_share_orange=newest.audit_share_orange,
        audit_share_red=newest.audit_share_red,
        drift=newest.drift,
        blind_share=newest.blind_share,
        secret="" if newest.queue.throwaway else salted_hmac("alertloop.policy", "draws").hexdigest(),
    )


# What a version takes over from the one before it, where a change does not say otherwise.
KEPT = (
    "stage", "red_from", "orange_from", "hide_below", "audit_share", "hard_rules", "target", "cap",
    "audit_share_orange", "audit_share_red", "drift", "blind_share", "adaptive",
)  # fmt: skip


def change_policy(*, queue: Queue, now: datetime, changed_by: Person | None = None, **changes: Any) -> PolicyVersion:
    """Append a policy version: the one in force with `changes`. Nothing is edited: every exposure keeps its why."""
    with transaction.atomic():
        Queue.objects.select_for_update(no_key=True).get(pk=queue.pk)
        old = PolicyVersion.objects.filter(queue=queue).order_by("-version").first()
        kept = {} if old is None else {name: getattr(old, name) for name in KEPT}
        new = PolicyVersion(
            queue=queue, version=1 + (old.version if old else 0), created_by_id=getattr(changed_by, "pk", None),
            created_at=now,
            **{**kept, "position": head_of(queue.pk), **changes},
        )  # fmt: skip
        new.full_clean()
        new.save(force_insert=True)
    return new
