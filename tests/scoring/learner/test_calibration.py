"""What a score means, learnt on line."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.learner.calibration import BANDS, Calibrator
from scoring.learner.checkpoint_format import CheckpointCorrupt
from scoring.learner.model_config import ModelConfig

scores = st.floats(-40, 40)
taught = st.lists(st.tuples(scores, st.booleans(), st.sampled_from([0.0, 0.3, 1.0, 5.0])), max_size=80)


def calibrator_of(given_: list[tuple[float, bool, float]]) -> Calibrator:
    made = Calibrator(ModelConfig())
    for raw, label, weight in given_:
        made.learn(raw, label, weight)
    return made


def overconfident(count: int) -> list[tuple[float, bool, float]]:
    """Scores whose log-odds are twice as far from 0 as they should be."""
    draw = random.Random(4)
    raws = [draw.gauss(0.5, 2.5) for _ in range(count)]
    return [(raw, draw.random() < 1 / (1 + math.exp(-raw / 2)), 1.0) for raw in raws]


class TestTheOrder:
    @given(taught, scores, scores)
    def test_of_alerts_never_changes(self, given_: list[tuple[float, bool, float]], one: float, other: float) -> None:
        made = calibrator_of(given_)
        low, high = sorted((one, other))
        assert made.log_odds(low) <= made.log_odds(high)

    @given(taught, st.lists(scores, min_size=1, max_size=20))
    def test_and_the_log_odds_are_the_same_for_many_as_for_one(
        self, given_: list[tuple[float, bool, float]], raws: list[float]
    ) -> None:
        made = calibrator_of(given_)
        many = made.log_odds_many(np.array(raws))
        assert many.tolist() == pytest.approx([made.log_odds(raw) for raw in raws], abs=1e-9)


class TestLearning:
    def test_begins_by_believing_the_score(self) -> None:
        assert Calibrator(ModelConfig()).log_odds(1.7) == pytest.approx(1.7)

    def test_flattens_scores_that_are_too_sure(self) -> None:
        made = calibrator_of(overconfident(1_500))
        assert made.log_odds(4.0) == pytest.approx(2.0, abs=0.7)
        assert made.log_odds(-4.0) == pytest.approx(-2.0, abs=0.7)

    def test_moves_little_on_the_first_labels(self) -> None:
        made = calibrator_of([(2.0, False, 1.0)] * 5)
        assert made.log_odds(2.0) > 0.5

    def test_forgets_slowly_what_is_long_ago(self) -> None:
        made = calibrator_of(overconfident(1_500))
        before = made.log_odds(4.0)
        for raw, _, _ in overconfident(3_000):
            made.learn(raw, random.Random(raw).random() < 1 / (1 + math.exp(-raw)), 1.0)
        assert made.log_odds(4.0) > before + 0.7

    def test_with_no_weight_learns_nothing(self) -> None:
        made = calibrator_of([(3.0, False, 0.0)] * 20)
        assert made.log_odds(3.0) == pytest.approx(3.0)


class TestReliability:
    def test_is_what_became_of_recent_alerts_with_such_a_score(self) -> None:
        made = Calibrator(ModelConfig())
        for number in range(200):
            made.learn(0.0, number % 4 == 0, 1.0)
        near = made.at(1 / (1 + math.exp(-made.log_odds(0.0))))
        assert near.n > 20 and near.observed == pytest.approx(0.25, abs=0.05)

    def test_says_nothing_where_nothing_was(self) -> None:
        assert Calibrator(ModelConfig()).at(0.93) == (0.0, 0.93, 0.93)


class TestTheState:
    @given(taught)
    def test_comes_back_as_it_was(self, given_: list[tuple[float, bool, float]]) -> None:
        made, loaded = calibrator_of(given_), Calibrator(ModelConfig())
        loaded.restore(made.dump())
        for one in (made, loaded):
            one.learn(0.4, True, 1.0)
        assert [array.tobytes() for array in loaded.dump().values()] == [a.tobytes() for a in made.dump().values()]

    def test_that_turns_the_order_is_refused(self) -> None:
        arrays = Calibrator(ModelConfig()).dump()
        arrays["calibration"] = np.array([-1.0, 1.0, 0.0])
        with pytest.raises(CheckpointCorrupt):
            Calibrator(ModelConfig()).restore(arrays)

    def test_with_a_band_below_nothing_is_refused(self) -> None:
        arrays = Calibrator(ModelConfig()).dump()
        arrays["calibration_bands"] = np.full(3 * BANDS, -1.0)
        with pytest.raises(CheckpointCorrupt):
            Calibrator(ModelConfig()).restore(arrays)
