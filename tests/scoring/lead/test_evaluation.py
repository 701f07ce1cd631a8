"""Order, calibration and learning curves against known values."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import log_loss, roc_auc_score

from scoring.evaluation import (
    Block,
    Ordering,
    Told,
    calibration,
    entropy,
    is_better,
    learning_curve,
    log_loss_sum,
    ordering,
    outlier,
)
from scoring.shares import proportion


def scored(n: int, skill: float, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    random = np.random.default_rng(seed)
    truth = random.random(n) < 0.4
    return random.normal(size=n) + skill * truth, truth


class TestOrdering:
    @pytest.mark.parametrize("seed", range(5))
    def test_its_auc_is_scikit_learns(self, seed: int) -> None:
        scores, truth = scored(200, 1.0, seed)
        assert ordering(scores, truth).auc == pytest.approx(roc_auc_score(truth, scores))

    def test_a_tie_counts_a_half(self) -> None:
        assert ordering([0.5, 0.5, 0.5], [True, False, False]).auc == 0.5

    def test_without_a_pair_nothing_is_known(self) -> None:
        order = ordering([0.1, 0.9], [True, True])
        assert order.auc is None
        assert order.interval == (0.0, 1.0)

    def test_a_perfect_order_of_a_few_is_not_certain(self) -> None:
        order = ordering([0.1, 0.2, 0.8, 0.9], [False, False, True, True])
        assert order.auc == 1.0
        assert order.interval.low < 0.9

    def test_stretches_add_up_without_being_compared(self) -> None:
        early, late = ordering([0.9, 0.8], [True, False]), ordering([0.2, 0.1], [True, False])
        assert (early + late).auc == 1.0
        assert ordering([0.9, 0.8, 0.2, 0.1], [True, False, True, False]).auc == 0.75

    def test_its_interval_holds_the_truth(self) -> None:
        # Normal scores one standard deviation apart: AUC = Φ(1 / √2) = .7602.
        orders = [ordering(*scored(150, 1.0, seed)) for seed in range(1_000)]
        assert sum(order.interval.low <= 0.7602 <= order.interval.high for order in orders) >= 930


class TestIsBetter:
    def test_it_tells_orders_apart_where_the_samples_do(self) -> None:
        weak, strong = ordering(*scored(400, 0.2)), ordering(*scored(400, 2.0))
        assert is_better(strong, weak) is True
        assert is_better(weak, strong) is False

    def test_it_does_not_tell_small_samples_apart(self) -> None:
        assert is_better(ordering(*scored(20, 0.9, 1)), ordering(*scored(20, 1.1, 2))) is None

    def test_it_does_not_tell_what_is_unknown(self) -> None:
        assert is_better(Ordering(), ordering(*scored(400, 2.0))) is None


class TestLogLoss:
    def test_it_is_scikit_learns_summed(self) -> None:
        said, truth = np.array([0.9, 0.2, 0.6]), np.array([True, False, False])
        assert log_loss_sum(said, truth) == pytest.approx(3 * log_loss(truth, said))

    def test_being_sure_and_wrong_costs_much_and_not_everything(self) -> None:
        assert 10 < log_loss_sum([1.0], [False]) < 20

    def test_the_average_costs_its_entropy(self) -> None:
        assert entropy(0.5) == pytest.approx(np.log(2))
        assert entropy(0.0) == 0.0


class TestCalibration:
    def test_its_bins_hold_equal_counts_and_lose_nobody(self) -> None:
        said = np.linspace(0, 1, 105)
        found = calibration(said, said > 0.5)
        assert {each.n for each in found.bins} == {10, 11}
        assert sum(each.n for each in found.bins) == found.n == 105

    def test_its_error_is_the_mean_distance_from_what_was_said(self) -> None:
        said = np.array([0.2] * 50 + [0.8] * 50)
        truth = np.array([True] * 20 + [False] * 30 + [True] * 40 + [False] * 10)
        found = calibration(said, truth, bins=2)
        assert found.error == pytest.approx(0.5 * 0.2 + 0.5 * 0.0)
        assert found.outlier is not None
        assert (found.outlier.said, found.outlier.share.value) == (pytest.approx(0.2), pytest.approx(0.4))

    def test_honest_probabilities_err_by_chance_alone(self) -> None:
        random = np.random.default_rng(0)
        said = random.random((200, 500))
        found = [calibration(row, random.random(500) < row) for row in said]
        assert np.mean([each.error for each in found]) == pytest.approx(
            np.mean([each.chance for each in found]), rel=0.05
        )

    def test_few_alerts_make_few_bins(self) -> None:
        assert len(calibration([0.5] * 25, [True] * 25).bins) == 2
        assert calibration([], []).bins == ()

    def test_of_ten_bins_that_are_right_the_worst_is_rarely_named(self) -> None:
        random = np.random.default_rng(1)
        found = [calibration(row, random.random(300) < row) for row in random.random((200, 300))]
        outside = [any(not one.interval.low <= one.said <= one.interval.high for one in each.bins) for each in found]
        assert np.mean(outside) > 0.25
        assert np.mean([each.outlier is not None for each in found]) < 0.1

    def test_what_is_named_lies_outside_its_interval(self) -> None:
        random = np.random.default_rng(2)
        for row in random.random((200, 300)):
            named = calibration(row, random.random(300) < row**2).outlier
            assert named is None or not named.share.low <= named.said <= named.share.high

    @pytest.mark.parametrize(("said", "accurate", "named"), [(0.0, 0, False), (0.0, 1, True), (1.0, 49, True)])
    def test_a_score_that_leaves_no_doubt_is_wrong_with_the_first_alert(
        self, said: float, accurate: int, named: bool
    ) -> None:
        found = outlier([Told(said, proportion(accurate, 50), 50)])
        assert (found is not None) == named


class TestLearningCurve:
    def test_it_merges_blocks_into_stretches_of_about_equal_size(self) -> None:
        curve = learning_curve([Block(judged=90 + i % 3) for i in range(500)], points=20)
        assert 18 <= len(curve) <= 20
        assert max(point.block.judged for point in curve) < 1.3 * min(point.block.judged for point in curve)

    def test_it_loses_no_label(self) -> None:
        blocks = [Block(judged=i) for i in (100, 100, 7)]
        assert learning_curve(blocks, points=2)[-1].verdicts == 207
        assert sum(point.block.judged for point in learning_curve(blocks)) == 207

    def test_a_small_remainder_joins_the_last_stretch(self) -> None:
        curve = learning_curve([Block(judged=60), Block(judged=60), Block(judged=60), Block(judged=7)], points=3)
        assert [point.block.judged for point in curve] == [120, 67]

    def test_it_is_empty_before_the_first_label(self) -> None:
        assert learning_curve([]) == []
