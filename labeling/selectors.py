"""What the labeler's page shows."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import F

from feedback.models import Membership, Queue, Role
from feedback.reach import midnight_before, reach_of
from feedback.services.pauses import pause_of
from labeling.agreement import Agreement, agreement
from labeling.models import Hold, Lease, Question, QuestionPlan, State
from labeling.plans import plan_of
from labeling.services.answers import UNDO_REACH

LABEL_ROLES = (Role.LABELER, Role.LEAD)
STRIP_LENGTH = 10
# Answers that agreement with colleagues is counted over.
AGREEMENT_OVER = 200

_SHOWN = ("question__alert__customer", "question__alert__scorer", "answer")


@dataclass(frozen=True, slots=True)
class Progress:
    """A labeler's day in a queue, checks and all: they are work like the rest.

    `seconds` is the median time a question took; `agreed` is over the last answers.
    """

    answered: int
    goal: int
    seconds: float | None
    agreed: Agreement | None


@dataclass(frozen=True, slots=True)
class Taught:
    """What the model has learnt of a labeler's answers of today, and the verdicts of others that it took in with them.

    What was taken back is in neither.
    """

    learnt: int
    others: int


@dataclass(frozen=True, slots=True)
class Page:
    """The labeler's page: a question under their lease (or an earlier one, `changing`), and how they are doing.

    The ids are made for the forms of this page, so that a form sent twice is one decision.
    """

    queue: Queue
    plan: QuestionPlan
    lease: Lease | None
    changing: bool
    strip: list[Lease]
    progress: Progress
    taught: Taught | None
    skipped: int
    pause: Membership | None
    decision_id: uuid.UUID = field(default_factory=uuid.uuid4)
    undo_id: uuid.UUID = field(default_factory=uuid.uuid4)

    @property
    def heartbeat_seconds(self) -> int:
        """How often an open page says that its question is still being looked at."""
        return max(3, self.plan.lease_seconds // 4)

    @property
    def last(self) -> Lease | None:
        """What Undo would take back: the act on the question shown, otherwise the last one."""
        if self.changing:
            return self.lease
        return self.strip[-1] if self.strip else None


def labeled_queues() -> list[int]:
    """Ids of the queues that somebody labels."""
    labels = Membership.objects.filter(role__in=LABEL_ROLES, paused_at=None, queue__throwaway=False)
    return sorted(set(labels.values_list("queue_id", flat=True)))


def question_in(queue: Queue, question_id: int) -> Question:
    """A question of a queue. Raises `Question.DoesNotExist` where it is another queue's."""
    return Question.objects.select_related("alert").get(pk=question_id, queue=queue)


def lease_on(queue: Queue, user: User, question_id: int) -> Lease:
    """What a labeler did with a question. Raises `Lease.DoesNotExist` where they never had it."""
    return Lease.objects.select_related(*_SHOWN).get(question=question_id, queue=queue, labeler_id=user.pk)


def page_for(queue: Queue, user: User, lease: Lease | None, now: datetime, *, changing: bool = False) -> Page:
    """The page around a lease that the labeler just claimed or, `changing`, around an earlier one."""
    plan = plan_of(queue.pk)
    midnight = midnight_before(now)
    shown = lease if lease is None or changing else lease_on(queue, user, lease.question_id)
    progress = _progress(queue.pk, user.pk, midnight, plan.daily_goal)
    return Page(
        queue=queue, plan=plan, lease=shown, changing=changing, strip=_strip(queue.pk, user.pk), progress=progress,
        taught=_taught(queue.pk, user.pk, midnight) if progress.answered else None,
        skipped=_skipped(queue.pk, user.pk) if lease is None else 0,
        pause=pause_of(queue_id=queue.pk, person=user, roles=LABEL_ROLES) if lease is None else None,
    )  # fmt: skip


def may_undo(queue: Queue, user: User, now: datetime) -> bool:
    """Whether the undo key would still take something back."""
    strip = _strip(queue.pk, user.pk)
    return bool(strip) and strip[-1].acted_at >= reach_of(now, UNDO_REACH)


def _strip(queue_id: int, user_id: int) -> list[Lease]:
    """A labeler's last answers and skips, oldest first."""
    ended = Lease.objects.filter(queue_id=queue_id, labeler_id=user_id, state__in=[Hold.ANSWERED, Hold.SKIPPED])
    return list(ended.select_related("answer").order_by(F("ended_at").desc())[:STRIP_LENGTH])[::-1]


def _skipped(queue_id: int, user_id: int) -> int:
    """How many questions that still want an answer this labeler has skipped."""
    waiting = Lease.objects.filter(
        queue_id=queue_id, labeler_id=user_id, state=Hold.SKIPPED, question__state__in=[State.OPEN, State.CHECK]
    )
    return waiting.count()


_TODAY = """
    SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM ended_at - leased_at))
    FROM labeling_lease
    WHERE labeler_id = %s AND queue_id = %s AND state = 'answered' AND ended_at >= %s
"""

_PAIRS = """
    WITH mine AS (
        SELECT question_id, answer_id FROM labeling_lease
        WHERE labeler_id = %s AND queue_id = %s AND state = 'answered' ORDER BY ended_at DESC LIMIT %s
    )
    SELECT ours.value, theirs.value FROM mine
    JOIN labeling_lease other ON other.question_id = mine.question_id AND other.answer_id <> mine.answer_id
    JOIN feedback_ledgerentry ours ON ours.id = mine.answer_id
    JOIN feedback_ledgerentry theirs ON theirs.id = other.answer_id
    WHERE NOT EXISTS (SELECT FROM feedback_ledgerentry r WHERE r.retracts_id IN (ours.id, theirs.id))
"""


def _progress(queue_id: int, user_id: int, midnight: datetime, goal: int) -> Progress:
    with connection.cursor() as cursor:
        cursor.execute(_TODAY, [user_id, queue_id, midnight])
        answered, seconds = cursor.fetchone()
        cursor.execute(_PAIRS, [user_id, queue_id, AGREEMENT_OVER])
        return Progress(answered, goal, seconds, agreement(cursor.fetchall()))


_TAUGHT = """
    WITH mine AS (
        SELECT e.position FROM labeling_lease l JOIN feedback_ledgerentry e ON e.id = l.answer_id
        WHERE l.labeler_id = %(labeler)s AND l.queue_id = %(queue)s AND l.state = 'answered' AND l.ended_at >= %(since)s
          AND NOT e.is_check AND NOT EXISTS (SELECT FROM feedback_ledgerentry r WHERE r.retracts_id = e.id)
    ), covering AS (
        SELECT DISTINCT r.from_position, r.to_position FROM scoring_reranking r
        WHERE r.queue_id = %(queue)s AND r.to_position >= (SELECT min(position) FROM mine)
          AND EXISTS (SELECT 1 FROM mine WHERE position > r.from_position AND position <= r.to_position)
    ), learnt AS (
        SELECT count(*) AS answers FROM mine
        WHERE EXISTS (SELECT 1 FROM covering WHERE mine.position > from_position AND mine.position <= to_position)
    )
    SELECT learnt.answers, (
        SELECT count(*) FROM covering
        JOIN feedback_ledgerentry e ON e.position > from_position AND e.position <= to_position
        WHERE e.queue_id = %(queue)s AND e.kind = 'verdict' AND e.judge_id IS DISTINCT FROM %(labeler)s
          AND NOT EXISTS (SELECT FROM feedback_ledgerentry r WHERE r.retracts_id = e.id)
    ) FROM learnt
"""


def _taught(queue_id: int, user_id: int, midnight: datetime) -> Taught | None:
    """What of today's answers was learnt, or None while none has been: checks never are."""
    with connection.cursor() as cursor:
        cursor.execute(_TAUGHT, {"labeler": user_id, "queue": queue_id, "since": midnight})
        learnt, others = cursor.fetchone()
    return Taught(learnt, others) if learnt else None
