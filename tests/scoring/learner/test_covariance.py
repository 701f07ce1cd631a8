"""The dense weights: one pass lands near the batch fit."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.features import AlertFacts, extract
from scoring.learner.covariance import Covariance, prior_covariance, prior_variances
from scoring.learner.state import Floats, Vector
from scoring.online_model import ModelConfig, OnlineModel
from tests.scoring.alerts import TINY, taught, world

NO_TEXT = np.zeros(0, dtype=np.int32), np.zeros(0)


class TestTheCovariance:
    def test_is_symmetric_to_the_bit_and_nowhere_negative(self) -> None:
        model = taught(ModelConfig(), world(300))
        matrix = model.optimizer.covariance.matrix
        assert (matrix == matrix.T).all()
        assert (np.diag(matrix) >= 0).all()

    def test_shrinks_with_what_is_learnt(self) -> None:
        few, many = taught(ModelConfig(), world(60)), taught(ModelConfig(), world(600))
        slot = few.encoder.registry.first_slots[few.encoder.registry.columns["calls"]]
        assert many.optimizer.covariance.matrix[slot, slot] < few.optimizer.covariance.matrix[slot, slot]

    def test_has_room_for_what_comes_later(self) -> None:
        model = taught(TINY, world(30))
        late = extract(AlertFacts("", {"late": 4.0}, 0.5, "rules", "1"), TINY)
        model.learn(late, True)
        assert len(model.optimizer.covariance.matrix) == model.encoder.registry.size

    def test_begins_with_neighbouring_bins_alike(self) -> None:
        model = taught(ModelConfig(), world(50))
        first = int(model.encoder.registry.first_slots[0]) + 1
        prior = prior_covariance(model.encoder)
        near, far = prior[first + 3, first + 4], prior[first, first + 9]
        assert near > 0 > far
        assert prior_variances(model.encoder)[first] == 0.0


def stepped(size: int, rows: list[Vector]) -> tuple[Covariance, Floats]:
    """A covariance after some steps, and what textbook arithmetic makes of the same steps."""
    covariance, plain = Covariance(), np.eye(size)
    covariance.set(plain)
    for row in rows:
        covariance.step(row, 0.5, 0.25, 1e-6)
        x = np.zeros(size)
        x[row.dense] = row.dense_values
        plain = plain - np.outer(plain @ x, plain @ x) * 0.25 / (1 + 0.25 * x @ plain @ x) + 1e-6 * np.eye(size)
    return covariance, plain


class TestAStep:
    @settings(max_examples=40, deadline=None)
    @given(st.integers(1, 400), st.integers(0, 2**32))
    def test_is_the_textbook_one_and_symmetric_to_the_bit_whatever_the_size(self, size: int, seed: int) -> None:
        draw = np.random.default_rng(seed)
        chosen = [np.sort(draw.choice(size, draw.integers(1, min(size, 30) + 1), replace=False)) for _ in range(5)]
        covariance, plain = stepped(size, [Vector(slots, draw.normal(size=len(slots)), *NO_TEXT) for slots in chosen])
        assert (covariance.matrix == covariance.matrix.T).all()
        assert np.allclose(covariance.matrix, plain, rtol=0, atol=1e-12)

    def test_leaves_a_weight_without_a_variance_where_it_is(self) -> None:
        covariance = Covariance()
        covariance.set(np.diag([1.0, 0.0]))
        change = covariance.step(Vector(np.array([0, 1]), np.ones(2), *NO_TEXT), 0.5, 0.25, 1e-6)
        assert change[0] != 0.0 and change[1] == 0.0
        assert covariance.matrix[1, 1] == 0.0


class TestOnePass:
    def test_lands_near_the_batch_fit(self) -> None:
        linear_model = pytest.importorskip("sklearn.linear_model")
        draw = random.Random(3)
        rows = [[draw.gauss(0, 1) for _ in range(4)] for _ in range(1_500)]
        labels = [draw.random() < 1 / (1 + np.exp(-(r[0] - 0.5 * r[1] + 0.3 * r[2] - 1))) for r in rows]
        model = OnlineModel(
            ModelConfig(
                step_variance=1e-9,
                slope_variance=3.0,
                drift_variance=0.0,
                prior_gain=0.0,
                counts_variance=0.0,
                calibration_slope_variance=0.0,
                calibration_shift_variance=0.0,
            )
        )
        alerts = [
            extract(AlertFacts("", dict(zip("abcd", row, strict=True)), None, "r", "1"), model.config) for row in rows
        ]
        for alert, label in zip(alerts[:1_000], labels, strict=False):
            model.learn(alert, bool(label))
        batch = linear_model.LogisticRegression(C=3.0).fit(rows[:1_000], labels[:1_000])
        ours = np.array([model.predict(alert) for alert in alerts[1_000:]])
        assert np.abs(ours - batch.predict_proba(rows[1_000:])[:, 1]).mean() < 0.01
