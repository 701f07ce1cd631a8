"""Reads of the policy lab: blind verdicts, and the versions of a queue's policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection

from feedback.models import Queue, Source
from feedback.people import Person
from scoring.amended import amendments_of
from scoring.models import PolicyVersion
from scoring.models.policies import Origin
from scoring.policy import Policy
from scoring.services.policies import policy_in_force
from scoring.stages import Apprentice, apprentice

BLIND_WINDOW = 1_000

_BLIND = """
    SELECT x.probability, e.value = 'accurate', e.judge_id, e.position
    FROM (
        SELECT alert_id, value, position, judge_id, id FROM feedback_ledgerentry
        WHERE queue_id = %(queue)s AND blind AND kind = 'verdict' AND value <> 'unsure' AND source = ANY(%(people)s)
            AND NOT is_check
        ORDER BY position DESC LIMIT %(newest)s
    ) AS e
    CROSS JOIN LATERAL (
        SELECT probability, position FROM feedback_exposure WHERE alert_id = e.alert_id ORDER BY id LIMIT 1
    ) AS x
    WHERE x.position > 0 AND NOT EXISTS (SELECT 1 FROM feedback_ledgerentry r WHERE r.retracts_id = e.id)
"""


def apprentice_of(queue_id: int) -> Apprentice:
    """How well the model agrees with the newest blind verdicts of reps and leads that still stand, none held back.

    No checks either: they are second looks at what was settled, which is no draw of what the model scores.
    """
    amendments = amendments_of(queue_id)
    people = [Source.REP, Source.LEAD]
    with connection.cursor() as cursor:
        cursor.execute(_BLIND, {"queue": queue_id, "people": people, "newest": BLIND_WINDOW})
        rows = [row for row in cursor.fetchall() if not amendments.suspends(*row[2:])]
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


def undone_by(queue: Queue, person: Person) -> PolicyVersion | None:
    """What was in force right before the newest change of a lead, if that was this person's own step; else None.

    What the worker made since does not count. To undo a step back is not offered: it goes further back instead.
    """
    made = PolicyVersion.objects.filter(queue=queue, origin__in=(Origin.LEAD, Origin.BACK)).order_by("-version").first()
    if made is None or made.origin != Origin.LEAD or made.created_by_id is None or made.created_by_id != person.pk:
        return None
    return PolicyVersion.objects.filter(queue=queue, version__lt=made.version).order_by("-version").first()


def versions_of(queue: Queue, before: int | None = None, limit: int = 20) -> list[PolicyVersion]:
    """The versions of a queue's policy, newest first, from the one before a number on."""
    found: Any = PolicyVersion.objects.filter(queue=queue).select_related("created_by").order_by("-version")
    return list((found if before is None else found.filter(version__lt=before))[:limit])
