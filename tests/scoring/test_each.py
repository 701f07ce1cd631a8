"""A queue that fails keeps no other waiting."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from feedback.models import Queue, Scorer
from scoring.each import each
from scoring.lead import services as figures
from scoring.lifecycle import services as drift
from scoring.models import DriftStanding, FigureStanding, Vetting
from scoring.trust import services as trust
from tests.factories import NOON, judge, raise_alert


class TestEach:
    def test_gives_what_every_turn_gave(self) -> None:
        assert each([1, 2], lambda one: one + 1) == [2, 3]

    def test_lets_the_others_have_their_turn_and_then_fails(self) -> None:
        had: list[int] = []
        with pytest.raises(ZeroDivisionError):
            each([1, 0, 2], lambda one: had.append(1 // one))
        assert had == [1, 0]


@pytest.fixture
def two_queues(queue: Queue, other_queue: Queue, upstream: Scorer, rhea: User, mallory: User) -> tuple[Queue, Queue]:
    """Two queues with a verdict each, in the order of their ids."""
    upstream.queues.add(other_queue)
    judge(raise_alert(queue, upstream), rhea)
    judge(raise_alert(other_queue, upstream), mallory)
    first, second = sorted((queue, other_queue), key=lambda one: one.pk)
    return first, second


def broken(monkeypatch: pytest.MonkeyPatch, where: Any, name: str, queue: Queue) -> None:
    """Let a function fail for one queue."""
    before: Callable[..., Any] = getattr(where, name)

    def fails(**asked: Any) -> Any:
        if queue.pk in (asked.get("queue_id"), getattr(asked.get("queue"), "pk", None)):
            raise ZeroDivisionError
        return before(**asked)

    monkeypatch.setattr(where, name, fails)


class TestASweep:
    def test_looks_at_the_judges_of_the_next_queue(
        self, two_queues: tuple[Queue, Queue], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        broken(monkeypatch, trust, "vet_judges", two_queues[0])
        with pytest.raises(ZeroDivisionError):
            trust.vet_queues_behind(now=NOON)
        assert Vetting.objects.get().queue == two_queues[1]

    def test_counts_the_next_queue(self, two_queues: tuple[Queue, Queue], monkeypatch: pytest.MonkeyPatch) -> None:
        broken(monkeypatch, figures, "catch_up", two_queues[0])
        with pytest.raises(ZeroDivisionError):
            figures.count_queues_behind(now=NOON)
        assert FigureStanding.objects.get().queue == two_queues[1]

    def test_watches_the_next_queue(self, two_queues: tuple[Queue, Queue], monkeypatch: pytest.MonkeyPatch) -> None:
        broken(monkeypatch, drift, "watch", two_queues[0])
        with pytest.raises(ZeroDivisionError):
            drift.watch_queues(now=NOON)
        assert DriftStanding.objects.get().queue == two_queues[1]
