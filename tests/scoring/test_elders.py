"""A new queue's first configuration: what it takes from the queues that were there before it."""

import pytest

from feedback.models import Queue, Scorer
from feedback.services import raise_alerts
from scoring.elders import first_configuration, language_of
from scoring.fold import configuration_of
from scoring.models import JudgedAlert
from tests import factories
from tests.factories import NOON, make_draft


@pytest.fixture
def elder(db: None, upstream: Scorer, other_queue: Queue) -> Queue:
    """A queue in which the upstream score says much: sixty labels of the same scorer, in Chinese."""
    upstream.queues.add(other_queue)
    drafts = [make_draft("配送太慢了", upstream_score=(n % 10) / 10) for n in range(60)]
    for draft, raised in zip(
        drafts, raise_alerts(queue=other_queue, scorer=upstream, drafts=drafts, now=NOON), strict=True
    ):
        accurate = (draft.upstream_score or 0) >= 0.5
        JudgedAlert.objects.create(
            alert_id=raised.alert_id, queue=other_queue, accurate=accurate, anchor=raised.alert_id, probability=0.5,
            upstream_score=draft.upstream_score, decided_at=NOON, scorer=upstream, scorer_version="", propensity=1.0,
            sampled=True,
        )  # fmt: skip
    return other_queue


class TestFirstConfiguration:
    def test_a_queue_alone_has_the_usual_one(self, queue: Queue) -> None:
        assert first_configuration(queue.pk)["experience_queues"] == 0

    def test_a_queue_with_an_elder_leans_on_it(self, queue: Queue, elder: Queue, upstream: Scorer) -> None:
        found = first_configuration(queue.pk)
        assert found["parameters"]["experience_verdicts"] == 60 and found["parameters"]["experience_gain"] > 1.2
        assert configuration_of(queue.pk).experience_queues == 1

    def test_it_is_frozen(self, queue: Queue, elder: Queue) -> None:
        before = configuration_of(queue.pk).parameters
        JudgedAlert.objects.all().delete()
        assert configuration_of(queue.pk).parameters == before

    def test_a_replay_reads_nobody(self, elder: Queue, upstream: Scorer) -> None:
        replay = Queue.objects.create(slug="replay", name="replay", throwaway=True)
        upstream.queues.add(replay)
        assert first_configuration(replay.pk)["experience_queues"] == 0

    def test_a_replay_is_read_by_nobody(self, queue: Queue, elder: Queue) -> None:
        replay = Queue.objects.create(slug="replay", name="replay", throwaway=True)
        JudgedAlert.objects.update(queue=replay)
        assert first_configuration(queue.pk)["experience_queues"] == 0


class TestLanguage:
    def test_it_is_that_of_the_first_texts(self, queue: Queue, upstream: Scorer, elder: Queue) -> None:
        factories.raise_alert(queue, upstream, "Where is my order?")
        assert (language_of(queue.pk), language_of(elder.pk)) == ("other", "zh")
