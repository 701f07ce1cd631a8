"""Two models on the same alerts."""

import random

import numpy as np
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from scoring.lifecycle.comparison import compare


def judged(count: int, seed: int, skill: tuple[float, float]) -> tuple[list[float], list[float], list[bool]]:
    """Probabilities of two models that see the same evidence, one of them with more noise."""
    rng = random.Random(seed)
    truth = [rng.random() < 0.3 for _ in range(count)]
    evidence = [rng.gauss(1.0 if one else 0.0, 1.0) for one in truth]
    said = [[1 / (1 + np.exp(-(e + rng.gauss(0, noise) - 0.8))) for e in evidence] for noise in skill]
    return said[0], said[1], truth


class TestCompare:
    def test_the_areas_are_those_of_a_known_library(self) -> None:
        first, second, truth = judged(500, 1, (1.0, 0.2))
        found = compare(first, second, truth)
        assert found is not None and found.alerts == 500 and found.accurate == sum(truth)
        assert found.auc.champion == pytest.approx(roc_auc_score(truth, first))
        assert found.auc.challenger == pytest.approx(roc_auc_score(truth, second))
        assert found.log_loss.challenger == pytest.approx(log_loss(truth, second))

    def test_a_model_compared_with_itself_differs_by_nothing(self) -> None:
        first, _second, truth = judged(200, 2, (1.0, 1.0))
        found = compare(first, first, truth)
        assert found is not None and (found.auc.low, found.auc.high, found.log_loss.value) == (0.0, 0.0, 0.0)

    def test_a_better_model_is_clearly_better(self) -> None:
        found = compare(*judged(1500, 3, (2.0, 0.1)))
        assert found is not None and found.auc.low > 0 and found.auc.is_clear and found.log_loss.high < 0

    def test_the_interval_of_equals_covers_nothing_19_times_of_20(self) -> None:
        found = [compare(*judged(300, seed, (1.0, 1.0))) for seed in range(300)]
        missed = sum(one is not None and one.auc.is_clear for one in found)
        assert missed <= 27  # 99.9 % of the time, were it 1 in 20

    def test_ties_count_half(self) -> None:
        found = compare([0.5] * 40, [0.5] * 40, [True, False] * 20)
        assert found is not None and found.auc.champion == 0.5

    @pytest.mark.parametrize("accurate", [0, 5, 36])
    def test_too_few_of_one_kind_are_not_compared(self, accurate: int) -> None:
        assert compare([0.5] * 40, [0.5] * 40, [n < accurate for n in range(40)]) is None
