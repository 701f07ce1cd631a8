"""The labelers of the demo workspace: they answer generated alerts through the product's own services."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from uuid import UUID, uuid5

from django.contrib.auth.models import User

from feedback.models import Queue, Value
from labeling.models import Question
from labeling.services import answer, claim_next, fill_questions
from scoring.demo.people import Person, members

_DECISIONS = UUID("0c0a8f52-6f0f-4d0c-b8f5-7f0c1c6c2f4e")
# Answers a labeler gives to a queue in one sitting, and how long one takes.
SITTING = 12
PACE = timedelta(seconds=14)


class DemoLabelers:
    """Whoever labels in the story, with their error rates. The same seed gives the same answers."""

    def __init__(self, *, seed: int) -> None:
        self.seed = seed

    def ask(self, *, queue: Queue, now: datetime) -> None:
        """Have questions ready."""
        fill_questions(queue=queue, now=now)

    def answer(self, *, queue: Queue, truths: Mapping[int, bool], now: datetime) -> int:
        """Each labeler of the queue answers up to a sitting's worth of questions; returns how many answers."""
        given = 0
        for person in members(queue.slug, "labeler"):
            labeler = User.objects.get(username=person.username)
            for turn in range(SITTING):
                lease = claim_next(queue=queue, labeler=labeler, now=now + turn * PACE)
                if lease is None:
                    break
                self._answer(lease.question, person, labeler, truths, now + (turn + 1) * PACE)
                given += 1
        return given

    def _answer(
        self, question: Question, person: Person, labeler: User, truths: Mapping[int, bool], now: datetime
    ) -> None:
        key = f"{self.seed}/{question.alert.external_id}/{person.username}"
        accurate = truths[question.alert_id] != (Random(key).random() < person.flips)
        value = Value.ACCURATE if accurate else Value.FALSE_POSITIVE
        answer(question=question, labeler=labeler, value=value, decision_id=uuid5(_DECISIONS, key), now=now)
