"""A slow model that cannot be trained: it keeps nothing waiting, is not tried at every sweep, and a lead is told."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from feedback.models import LedgerEntry, Queue, Scorer, Value
from feedback.services import retract_verdict
from scoring import services
from scoring.learner import generation
from scoring.lifecycle import challenging
from scoring.models import FailedTraining, Generation
from tests import factories
from tests.factories import NOON

DUE = (4, 6, 9)
PAGE = "/lead/churn/model/"


class Trainer:
    """Stands for scikit-learn: refuses until it is told not to, and counts."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.refuses = True
        self.train = generation.train

    def __call__(self, lessons: Any, config: Any) -> generation.Generation:
        self.asked.append(len(lessons))
        if self.refuses:
            raise ValueError("no such data")
        return self.train(lessons, config)


@pytest.fixture
def trainer(monkeypatch: pytest.MonkeyPatch) -> Trainer:
    made = Trainer()
    monkeypatch.setattr(generation, "train", made)
    monkeypatch.setattr(generation, "_due", lambda: frozenset(DUE))
    return made


def judged(queue: Queue, upstream: Scorer, person: User, count: int) -> list[LedgerEntry]:
    alerts = [factories.raise_alert(queue, upstream, f"refund {number}") for number in range(count)]
    values = (Value.ACCURATE, Value.FALSE_POSITIVE)
    return [factories.judge(alert, person, values[number % 2]) for number, alert in enumerate(alerts)]


@pytest.fixture
def entries(queue: Queue, upstream: Scorer, rhea: User, trainer: Trainer) -> list[LedgerEntry]:
    """Four verdicts, on which the first generation could not be trained."""
    found = judged(queue, upstream, rhea, 4)
    factories.raise_alert(queue, upstream, "refund, still open")
    reranked = services.learn(queue_id=queue.pk, now=NOON)
    assert reranked is not None and reranked.to_position == 4
    return found


@pytest.mark.django_db
class TestATrainingThatFailed:
    def test_is_remembered_and_the_queue_is_done(
        self, entries: list[LedgerEntry], trainer: Trainer, queue: Queue
    ) -> None:
        failed = FailedTraining.objects.get()
        assert (failed.learnt, failed.said, failed.failed_at) == (4, "no such data", NOON)
        assert services.behind() == []

    def test_is_not_tried_again_at_the_next_sweep_or_verdict(
        self, entries: list[LedgerEntry], trainer: Trainer, queue: Queue, upstream: Scorer, rhea: User
    ) -> None:
        services.learn(queue_id=queue.pk, now=NOON)
        judged(queue, upstream, rhea, 1)
        services.learn(queue_id=queue.pk, now=NOON + timedelta(hours=23))
        assert trainer.asked == [4]

    def test_is_tried_again_a_day_later(
        self, entries: list[LedgerEntry], trainer: Trainer, queue: Queue, upstream: Scorer, rhea: User
    ) -> None:
        judged(queue, upstream, rhea, 1)
        trainer.refuses = False
        services.learn(queue_id=queue.pk, now=NOON + timedelta(days=1))
        assert trainer.asked == [4, 4]
        assert Generation.objects.get().learnt == 4 and not FailedTraining.objects.exists()

    def test_is_tried_again_when_one_of_its_labels_changes(
        self, entries: list[LedgerEntry], trainer: Trainer, queue: Queue, upstream: Scorer, rhea: User
    ) -> None:
        retract_verdict(verdict=entries[0], judge=rhea, decision_id=uuid.uuid4(), now=NOON)
        judged(queue, upstream, rhea, 1)
        services.learn(queue_id=queue.pk, now=NOON)
        assert trainer.asked == [4, 4] and FailedTraining.objects.count() == 1

    def test_does_not_keep_the_next_generation_waiting(
        self, entries: list[LedgerEntry], trainer: Trainer, queue: Queue, upstream: Scorer, rhea: User
    ) -> None:
        judged(queue, upstream, rhea, 2)
        trainer.refuses = False
        services.learn(queue_id=queue.pk, now=NOON)
        assert trainer.asked == [4, 6]
        assert Generation.objects.get().learnt == 6

    def test_keeps_no_challenger_waiting(
        self, entries: list[LedgerEntry], trainer: Trainer, queue: Queue, lena: User
    ) -> None:
        challenger = challenging.start(queue=queue, preset="remember_longer", by=lena, now=NOON)
        challenging.challenge_all(now=NOON)
        challenging.challenge_all(now=NOON)
        challenger.refresh_from_db()
        assert challenger.position == 4 and trainer.asked == [4, 4]


@pytest.mark.django_db
class TestTheModelsPage:
    def said(self, client: Client, lena: User) -> str:
        client.force_login(lena)
        return client.get(PAGE).content.decode()

    def test_says_what_serves_when_it_is_tried_again_and_what_to_do(
        self, entries: list[LedgerEntry], client: Client, lena: User, queue: Queue
    ) -> None:
        page = self.said(client, lena)
        assert f"<h1>{queue.title}: the slow model could not be trained</h1>" in page
        assert "could not be trained on 4 labels" in page and "the fast one works alone" in page
        assert "and with 6 labels" in page and "worker’s log: no such data" in page

    def test_says_nothing_once_a_later_one_serves(
        self,
        entries: list[LedgerEntry],
        trainer: Trainer,
        client: Client,
        lena: User,
        queue: Queue,
        upstream: Scorer,
        rhea: User,
    ) -> None:
        judged(queue, upstream, rhea, 2)
        trainer.refuses = False
        services.learn(queue_id=queue.pk, now=NOON)
        assert FailedTraining.objects.exists()
        assert "could not be trained" not in self.said(client, lena)

    def test_does_not_say_that_it_is_being_trained_again_where_that_failed(
        self,
        entries: list[LedgerEntry],
        trainer: Trainer,
        client: Client,
        lena: User,
        queue: Queue,
        upstream: Scorer,
        rhea: User,
    ) -> None:
        trainer.refuses = False
        more = judged(queue, upstream, rhea, 3)
        services.learn(queue_id=queue.pk, now=NOON)
        trainer.refuses = True
        retract_verdict(verdict=more[0], judge=rhea, decision_id=uuid.uuid4(), now=NOON)
        assert "is being trained again" in self.said(client, lena)
        services.learn(queue_id=queue.pk, now=NOON)
        page = self.said(client, lena)
        assert "is being trained again" not in page and "could not be trained on 6 labels" in page
