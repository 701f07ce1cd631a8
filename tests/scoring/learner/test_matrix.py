"""The open alerts as a matrix."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.features import AlertFacts, extract
from scoring.learner.generation import TrainingLesson, train
from scoring.online_model import ModelConfig, OnlineModel, OpenMatrix
from tests.scoring.alerts import TINY, facts, lessons, taught, world


def matrix_of(alerts: dict[int, AlertFacts], config: ModelConfig) -> OpenMatrix:
    matrix = OpenMatrix(config)
    for key, alert in alerts.items():
        matrix.add(key, extract(alert, config))
    return matrix


def one_by_one(model: OnlineModel, alerts: dict[int, AlertFacts]) -> list[float]:
    return [model.predict(extract(alerts[key], model.config)) for key in sorted(alerts)]


class TestTheProduct:
    @settings(max_examples=60, deadline=None)
    @given(st.lists(lessons, max_size=40), st.dictionaries(st.integers(0, 99), facts, max_size=30))
    def test_is_what_predict_says_of_each(self, given_: list, alerts: dict[int, AlertFacts]) -> None:  # type: ignore[type-arg]
        model = taught(TINY, given_)
        found = model.predict_matrix(matrix_of(alerts, TINY))
        assert np.allclose(found, one_by_one(model, alerts), rtol=0, atol=1e-9)

    def test_is_what_predict_says_with_a_generation_too(self) -> None:
        given_, model = world(70), taught(TINY, world(70))
        lessons_ = [TrainingLesson(extract(alert, TINY), label) for alert, label, _ in given_]
        alerts = {key: alert for key, (alert, _, _) in enumerate(world(30, seed=2))}
        matrix = matrix_of(alerts, TINY)
        for learnt in (50, 66):  # the matrix must not keep what an older generation said
            model.adopt(train(lessons_[:learnt], TINY))
            assert np.allclose(model.predict_matrix(matrix), one_by_one(model, alerts), rtol=0, atol=1e-9)

    @settings(max_examples=40, deadline=None)
    @given(st.dictionaries(st.integers(0, 200), facts, max_size=40), st.sets(st.integers(0, 200)))
    def test_forgets_what_was_removed(self, alerts: dict[int, AlertFacts], gone: set[int]) -> None:
        model, matrix = taught(TINY, world(30)), matrix_of(alerts, TINY)
        matrix.remove(gone)
        left = {key: alert for key, alert in alerts.items() if key not in gone}
        assert matrix.keys().tolist() == sorted(left)
        assert np.allclose(model.predict_matrix(matrix), one_by_one(model, left), rtol=0, atol=1e-9)

    def test_follows_a_model_that_goes_on_learning(self) -> None:
        alerts = {number: alert for number, (alert, _, _) in enumerate(world(100))}
        model, matrix = OnlineModel(TINY), matrix_of(alerts, TINY)
        for alert, label, weight in world(50, seed=1):
            model.learn(extract(alert, TINY), label, weight)
            assert np.allclose(model.predict_matrix(matrix), one_by_one(model, alerts), rtol=0, atol=1e-9)

    def test_of_nothing_is_nothing(self) -> None:
        assert OnlineModel(TINY).predict_matrix(OpenMatrix(TINY)).shape == (0,)


class TestAMatrix:
    def test_holds_the_last_of_two_alerts_with_one_key(self) -> None:
        first, second = world(2)[0][0], world(2)[1][0]
        model, matrix = taught(TINY, world(30)), matrix_of({7: first}, TINY)
        matrix.add(7, extract(second, TINY))
        assert len(matrix) == 1
        assert model.predict_matrix(matrix)[0] == pytest.approx(model.predict(extract(second, TINY)), abs=1e-9)

    def test_takes_a_removed_alert_back(self) -> None:
        alerts = {number: alert for number, (alert, _, _) in enumerate(world(20))}
        model, matrix = taught(TINY, world(30)), matrix_of(alerts, TINY)
        matrix.remove([3])
        matrix.add(3, extract(alerts[3], TINY))
        assert np.allclose(model.predict_matrix(matrix), one_by_one(model, alerts), rtol=0, atol=1e-9)

    def test_does_not_grow_with_what_came_and_went(self) -> None:
        matrix = OpenMatrix(TINY)
        for number in range(3_000):
            alert = AlertFacts("太慢了", {f"n{number}": 1.0, "plan": str(number)}, 0.5, "rules", "1")
            matrix.add(number, extract(alert, TINY))
            matrix.remove([number - 50])
        assert len(matrix) == 50
        assert len(matrix._names) < 500 and len(matrix._categories) < 500

    @pytest.mark.slow
    def test_of_a_hundred_thousand_alerts_is_scored_within_a_second(self) -> None:
        config = ModelConfig()
        model, matrix = taught(config, world(100)), OpenMatrix(config)
        rows = [extract(alert, config) for alert, _, _ in world(1_000)]
        for number in range(100_000):
            matrix.add(number, rows[number % 1_000])
        started = time.process_time()
        model.predict_matrix(matrix)
        assert time.process_time() - started < 1.0
