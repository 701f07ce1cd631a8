"""The worker's tasks: nudges that cost nothing to lose and little to repeat."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from feedback.models import Alert, Queue, Scorer
from scoring import services, tasks
from scoring.models import Reranking
from tests.factories import judge, raise_alert


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What was nudged, with the seconds it was put off."""
    nudges: list[tuple[Any, ...]] = []
    monkeypatch.setattr(
        tasks, "nudge", lambda task, *args, after_seconds=0.0: nudges.append((task, *args, after_seconds))
    )
    monkeypatch.setattr(tasks, "_rested", {})
    return nudges


class TestLearn:
    def test_it_learns_and_re_ranks(self, alert: Alert, rhea: User, queue: Queue, sent: list[Any]) -> None:
        judge(alert, rhea)
        tasks.learn(queue.pk)
        assert (Reranking.objects.get().to_position, sent) == (1, [])

    def test_a_queue_that_rests_is_put_off(self, alert: Alert, rhea: User, queue: Queue, sent: list[Any]) -> None:
        judge(alert, rhea)
        tasks._rested[queue.pk] = float("inf")
        tasks.learn(queue.pk)
        assert sent == [(tasks.LEARN, queue.pk, float("inf"))]
        assert not Reranking.objects.exists()

    def test_what_came_meanwhile_is_looked_at_again(
        self, queue: Queue, upstream: Scorer, rhea: User, sent: list[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        learn = services.learn

        def slow(**about: Any) -> Reranking | None:
            done = learn(**about)
            judge(raise_alert(queue, upstream), rhea)  # its own nudge found the turn taken
            return done

        monkeypatch.setattr(services, "learn", slow)
        judge(raise_alert(queue, upstream), rhea)
        tasks.learn(queue.pk)
        assert [nudged[:2] for nudged in sent] == [(tasks.LEARN, queue.pk)]


class TestSweep:
    def test_it_finds_the_queue_that_no_nudge_reached(
        self, alert: Alert, rhea: User, queue: Queue, sent: list[Any]
    ) -> None:
        judge(alert, rhea)
        tasks.sweep()
        assert sent == [(tasks.LEARN, queue.pk, 0.0)]

    def test_a_queue_that_is_up_to_date_is_left_alone(self, queue: Queue, sent: list[Any]) -> None:
        tasks.sweep()
        assert sent == []
