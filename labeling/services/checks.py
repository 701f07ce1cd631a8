"""Checks among the questions: now and then a labeler is asked what was settled before, and cannot tell.

Drawing them, and what they say of a person, is the same for reps (feedback.services.checks). Here one becomes a
question that only its person is asked: under a lease like any other, and no part of what is kept ready.
"""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser

from feedback.models import Check, Exposure, LedgerEntry, Queue, Source
from feedback.selectors import head_of
from feedback.services import checks
from labeling.models import Because, Question, State

# A check is asked for the reason of one of so many questions asked last.
BESIDE = 50


def question_of_check(*, queue: Queue, labeler: AbstractBaseUser, now: datetime) -> Question | None:
    """The check that the labeler is to answer next, or None: then it is a question's turn.

    The caller serialises this labeler's claims.
    """
    check = checks.next_check(user=labeler, queue=queue, source=Source.LABELER, now=now)
    if check is None:
        return None
    return Question.objects.filter(check_row=check).first() or _ask(check, now)


def put_off(*, question: Question, now: datetime) -> None:
    """A check that was skipped does not come back by itself."""
    check = question.check_row
    if check is not None:
        checks.put_off(user=check.person, queue=question.queue, alert_id=check.alert_id, now=now)


def answered(*, question: Question, entry: LedgerEntry) -> None:
    """Keep which answer to a check was the first."""
    if question.check_row is not None:
        checks.answered(question.check_row, entry)


def _ask(check: Check, now: datetime) -> Question:
    exposure = Exposure.objects.filter(alert_id=check.alert_id).latest("pk")
    return Question.objects.create(
        queue_id=check.queue_id, alert_id=check.alert_id, check_row=check, state=State.CHECK,
        because=_because(check), overlap=1, utility=0.0, uncertainty=0.0, probability=exposure.probability,
        position=head_of(check.queue_id), asked_at=now,
    )  # fmt: skip


def _because(check: Check) -> str:
    """The reason of a question asked lately: a reason of its own would give a check away."""
    asked = Question.objects.filter(queue_id=check.queue_id).exclude(state=State.CHECK).order_by("-pk")
    reasons = list(asked.values_list("because", flat=True)[:BESIDE])
    place = int(checks.share_of("because", check.alert_id, check.person_id) * len(reasons))
    return reasons[place] if reasons else Because.RANDOM
