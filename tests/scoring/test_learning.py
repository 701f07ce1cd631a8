"""The worker's part: learn, keep a checkpoint, re-rank what is open, and say what moved."""

import uuid
from datetime import timedelta
from unittest.mock import Mock

import numpy as np
import pytest
from billiard.exceptions import SoftTimeLimitExceeded
from django.contrib.auth.models import User

from feedback.models import Alert, OpenAlert, Queue, Scorer, Value
from feedback.services import retract_verdict
from feedback.services.standing import BLIND_AGAIN
from scoring import board, checkpoints, policy, selectors, services
from scoring.facts import facts_of_alerts
from scoring.models import Checkpoint, Reranking, Stage
from scoring.replica import forget_replicas
from scoring.services import learning
from tests.factories import NOON, judge, raise_alert

OVER = SoftTimeLimitExceeded()


@pytest.fixture
def alerts(queue: Queue, upstream: Scorer) -> list[Alert]:
    services.change_policy(queue=queue, now=NOON, stage=Stage.RANK)
    return [raise_alert(queue, upstream, "cancel our plan") for _ in range(4)]


@pytest.fixture
def two_steps(alerts: list[Alert], rhea: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four verdicts to learn, two at a time, each step kept."""
    monkeypatch.setattr(learning, "STEP", 2)
    monkeypatch.setattr(checkpoints, "EVERY_ROWS", 1)
    for alert in alerts:
        judge(alert, rhea)


@pytest.mark.django_db
class TestLearn:
    def test_alerts_like_the_judged_one_move(self, alerts: list[Alert], rhea: User, queue: Queue) -> None:
        judge(alerts[0], rhea, Value.FALSE_POSITIVE)
        reranking = services.learn(queue_id=queue.pk, now=NOON)
        assert reranking is not None and (reranking.moved, reranking.open_alerts) == (3, 3)

    def test_what_is_hidden_moves_but_is_not_counted_as_moved(
        self, alerts: list[Alert], rhea: User, queue: Queue
    ) -> None:
        OpenAlert.objects.filter(alert__in=alerts[2:]).update(visible=False, tier=2)
        OpenAlert.objects.filter(alert=alerts[1]).update(tier=2)
        judge(alerts[0], rhea, Value.FALSE_POSITIVE)
        reranking = services.learn(queue_id=queue.pk, now=NOON)
        assert reranking is not None and (reranking.moved, reranking.open_alerts) == (1, 3)
        assert (reranking.lowered_tier, reranking.left_red) == (1, 1)
        assert set(OpenAlert.objects.values_list("position", flat=True)) == {1}

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
        services.change_policy(queue=queue, now=NOON, red_from=0.0001, orange_from=0.0001, hide_below=0.0)
        assert services.behind() == [queue.pk]
        services.learn(queue_id=queue.pk, now=NOON)
        assert set(OpenAlert.objects.values_list("tier", flat=True)) == {2}
        assert services.behind() == []

    def test_it_keeps_a_checkpoint(self, alerts: list[Alert], rhea: User, queue: Queue) -> None:
        judge(alerts[0], rhea)
        services.learn(queue_id=queue.pk, now=NOON)
        assert Checkpoint.objects.get().position == 1

    def test_a_long_way_is_learnt_in_steps_each_kept(self, two_steps: None, queue: Queue) -> None:
        services.learn(queue_id=queue.pk, now=NOON)
        assert sorted(Checkpoint.objects.values_list("position", flat=True)) == [2, 4]

    def test_what_was_broken_off_goes_on_where_it_stopped(
        self, two_steps: None, queue: Queue, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as second_step:
            second_step.setattr(learning.log, "info", Mock(side_effect=OVER))
            with pytest.raises(SoftTimeLimitExceeded):
                services.learn(queue_id=queue.pk, now=NOON)
        forget_replicas()
        assert Checkpoint.objects.get().position == 2
        ranked = services.learn(queue_id=queue.pk, now=NOON)
        assert ranked is not None and ranked.to_position == 4

    def test_a_board_that_broke_off_half_refreshed_is_made_anew(
        self, alerts: list[Alert], rhea: User, queue: Queue, upstream: Scorer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        judge(alerts[0], rhea)
        services.learn(queue_id=queue.pk, now=NOON)
        judge(alerts[1], rhea)
        new = [raise_alert(queue, upstream) for _ in range(2)]
        monkeypatch.setattr(board, "STRIDE", 1)
        with monkeypatch.context() as reading:
            reading.setattr(board, "facts_of_alerts", Mock(side_effect=[facts_of_alerts([new[0].pk]), OVER]))
            with pytest.raises(SoftTimeLimitExceeded):
                services.learn(queue_id=queue.pk, now=NOON)
        judge(new[0], rhea)
        ranked = services.learn(queue_id=queue.pk, now=NOON)
        assert ranked is not None and ranked.open_alerts == 3

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


@pytest.mark.django_db
class TestABlindAlert:
    """Neither its tier nor its probability is on screen, and its place in the list gives neither away."""

    @pytest.fixture
    def blind(self, queue: Queue, upstream: Scorer, rhea: User, monkeypatch: pytest.MonkeyPatch) -> list[Alert]:
        """Alerts that are judged blind; the queue ranks and has learnt that what they say is accurate."""
        monkeypatch.setattr("scoring.services.intake.BLIND_FROM", 1)
        services.change_policy(queue=queue, now=NOON, stage=Stage.RANK, blind_share=1.0)
        for _ in range(3):
            judge(raise_alert(queue, upstream, "cancel our plan"), rhea)
        services.learn(queue_id=queue.pk, now=NOON)
        return [raise_alert(queue, upstream, "cancel our plan") for _ in range(8)]

    @staticmethod
    def places() -> dict[int, float]:
        return dict(OpenAlert.objects.values_list("alert_id", "urgency"))

    def test_stands_from_the_first_where_a_draw_puts_it(self, blind: list[Alert], queue: Queue) -> None:
        in_force, ids = services.policy_in_force(queue.pk), [alert.pk for alert in blind]
        drawn = policy.blind_urgencies(in_force, np.array(ids), np.full(len(ids), 0.6))
        assert self.places() == dict(zip(ids, drawn.tolist(), strict=True))
        assert len(set(OpenAlert.objects.values_list("probability", flat=True))) == 1

    def test_does_not_move_when_its_probability_does(self, blind: list[Alert], rhea: User, queue: Queue) -> None:
        before = self.places()
        judge(blind[0], rhea, Value.FALSE_POSITIVE)
        reranking = services.learn(queue_id=queue.pk, now=NOON)
        assert reranking is not None and reranking.moved == 7
        assert self.places() == {pk: place for pk, place in before.items() if pk != blind[0].pk}

    def test_that_is_open_again_comes_back_to_its_place(self, blind: list[Alert], rhea: User, queue: Queue) -> None:
        before = self.places()
        entry = judge(blind[0], rhea)
        services.learn(queue_id=queue.pk, now=NOON)
        retract_verdict(verdict=entry, judge=rhea, decision_id=uuid.uuid4(), now=NOON)
        assert self.places()[blind[0].pk] == BLIND_AGAIN
        services.learn(queue_id=queue.pk, now=NOON)
        assert self.places() == before

    def test_that_is_an_audit_stands_no_lower_than_what_is_shown(
        self, queue: Queue, upstream: Scorer, rhea: User
    ) -> None:
        services.change_policy(
            queue=queue, now=NOON, stage=Stage.SUPPRESS, hide_below=0.8, orange_from=0.8, red_from=0.9, audit_share=1.0
        )
        raise_alert(queue, upstream, "cancel our plan")
        (audit,) = OpenAlert.objects.all()
        assert audit.blind and audit.visible
        assert audit.probability < 0.8 <= audit.urgency % 1
