"""The worker's part: learn, keep a checkpoint, re-rank what is open, and say what moved."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from feedback.models import Alert, OpenAlert, Queue, Scorer, Value
from scoring import checkpoints, selectors, services
from scoring.models import Checkpoint, Reranking, Stage
from scoring.services import learning
from tests.factories import NOON, judge, raise_alert


@pytest.fixture
def alerts(queue: Queue, upstream: Scorer) -> list[Alert]:
    services.change_policy(queue=queue, stage=Stage.RANK)
    return [raise_alert(queue, upstream, "cancel our plan") for _ in range(4)]


@pytest.mark.django_db
class TestLearn:
    def test_alerts_like_the_judged_one_move(self, alerts: list[Alert], rhea: User, queue: Queue) -> None:
        judge(alerts[0], rhea, Value.FALSE_POSITIVE)
        reranking = services.learn(queue_id=queue.pk, now=NOON)
        assert reranking is not None and (reranking.moved, reranking.open_alerts) == (3, 3)

    def test_the_standing_is_what_the_model_says_now(self, alerts: list[Alert], rhea: User, queue: Queue) -> None:
        judge(alerts[0], rhea, Value.FALSE_POSITIVE)
        services.learn(queue_id=queue.pk, now=NOON)
        standing = OpenAlert.objects.get(alert=alerts[1])
        assert standing.probability == pytest.approx(selectors.explanation_of(alerts[1]).probability, abs=1e-9)
        assert standing.position == 1

    def test_an_alert_that_did_not_move_is_not_written(self, alerts: list[Alert], ada: User, queue: Queue) -> None:
        judge(alerts[0], ada, Value.UNSURE, "labeler")
        reranking = services.learn(queue_id=queue.pk, now=NOON)
        assert reranking is not None and reranking.moved == 0
        assert set(OpenAlert.objects.values_list("position", flat=True)) == {0}

    def test_nothing_new_is_nothing_to_do(self, alerts: list[Alert], rhea: User, queue: Queue) -> None:
        judge(alerts[0], rhea)
        services.learn(queue_id=queue.pk, now=NOON)
        assert services.learn(queue_id=queue.pk, now=NOON) is None

    def test_a_new_policy_re_ranks_without_a_verdict(self, alerts: list[Alert], queue: Queue) -> None:
        services.change_policy(queue=queue, red_from=0.0001, orange_from=0.0001, hide_below=0.0)
        assert services.behind() == [queue.pk]
        services.learn(queue_id=queue.pk, now=NOON)
        assert set(OpenAlert.objects.values_list("tier", flat=True)) == {2}
        assert services.behind() == []

    def test_it_keeps_a_checkpoint(self, alerts: list[Alert], rhea: User, queue: Queue) -> None:
        judge(alerts[0], rhea)
        services.learn(queue_id=queue.pk, now=NOON)
        assert Checkpoint.objects.get().position == 1

    def test_a_long_way_is_learnt_in_steps_each_kept(
        self, alerts: list[Alert], rhea: User, queue: Queue, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(learning, "STEP", 2)
        monkeypatch.setattr(checkpoints, "EVERY_ROWS", 1)
        for alert in alerts:
            judge(alert, rhea)
        services.learn(queue_id=queue.pk, now=NOON)
        assert sorted(Checkpoint.objects.values_list("position", flat=True)) == [2, 4]

    def test_a_queue_that_was_erased_is_nothing_to_do(self, db: None) -> None:
        assert services.learn(queue_id=987654, now=NOON) is None


@pytest.mark.django_db
class TestReceipt:
    def test_it_waits_for_the_worker(self, alerts: list[Alert], rhea: User) -> None:
        assert not selectors.receipt_of(judge(alerts[0], rhea)).ready

    def test_it_says_what_moved(self, alerts: list[Alert], rhea: User, queue: Queue) -> None:
        entry = judge(alerts[0], rhea, Value.FALSE_POSITIVE)
        services.learn(queue_id=queue.pk, now=NOON)
        receipt = selectors.receipt_of(entry)
        assert (receipt.ready, receipt.moved, receipt.together_with) == (True, 3, 0)

    def test_it_says_when_other_verdicts_moved_them_too(self, alerts: list[Alert], rhea: User, queue: Queue) -> None:
        entry = judge(alerts[0], rhea)
        judge(alerts[1], rhea)
        services.learn(queue_id=queue.pk, now=NOON)
        assert selectors.receipt_of(entry).together_with == 1


@pytest.mark.django_db
class TestLag:
    def test_it_counts_the_rows_that_were_not_ranked_for(self, alerts: list[Alert], rhea: User, queue: Queue) -> None:
        judge(alerts[0], rhea)
        assert selectors.learner_lag() == {queue.slug: 1}
        services.learn(queue_id=queue.pk, now=NOON)
        assert selectors.learner_lag() == {queue.slug: 0}


@pytest.mark.django_db
class TestPrune:
    def test_old_re_rankings_go_and_the_newest_stays(self, alerts: list[Alert], rhea: User, queue: Queue) -> None:
        for alert in alerts[:2]:
            judge(alert, rhea)
            services.learn(queue_id=queue.pk, now=NOON)
        assert services.prune(now=NOON + timedelta(days=60)) == 1
        assert Reranking.objects.get().to_position == 2
