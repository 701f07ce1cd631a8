"""The contract that every model keeps, in the manner of River's estimator checks, and what this one promises beyond."""

import hashlib
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from river import linear_model, optim

from scoring.features import AlertFacts, extract
from scoring.learner.generation import TrainingLesson, train
from scoring.learner.layout import vectors
from scoring.online_model import CheckpointCorrupt, ConfigInvalid, ModelConfig, OnlineModel, library_versions
from tests.scoring.alerts import TINY, facts, lessons, taught, teach, world

Given = list[tuple[AlertFacts, bool, float]]
few = settings(max_examples=40, deadline=None)
sequences = st.lists(lessons, max_size=60)


class TestTheContract:
    @few
    @given(facts)
    def test_it_works_before_any_learning(self, alert: AlertFacts) -> None:
        assert 0.0 < OnlineModel(TINY).predict(extract(alert, TINY)) < 1.0

    @few
    @given(sequences, facts)
    def test_it_gives_a_probability_for_anything(self, given: Given, alert: AlertFacts) -> None:
        assert 0.0 < taught(TINY, given).predict(extract(alert, TINY)) < 1.0

    @few
    @given(sequences, st.lists(facts, max_size=5))
    def test_predicting_changes_nothing(self, given: Given, alerts: list[AlertFacts]) -> None:
        model = taught(TINY, given)
        before = model.dump()
        for alert in alerts:
            features = extract(alert, TINY)
            model.predict(features), model.reasons(alert, features), model.highlights(alert, features)
        assert model.dump() == before

    @few
    @given(sequences)
    def test_the_order_of_features_does_not_matter(self, given: Given) -> None:
        turned = [
            (replace(alert, features=dict(reversed(list(alert.features.items())))), label, w)
            for alert, label, w in given
        ]
        assert taught(TINY, given).dump() == taught(TINY, turned).dump()

    @few
    @given(sequences)
    def test_it_does_not_change_its_input(self, given: Given) -> None:
        model = OnlineModel(TINY)
        for alert, label, weight in given:
            features = extract(alert, TINY)
            before = repr(features)
            model.learn(features, label, weight)
            assert repr(features) == before

    @pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf")])
    def test_it_refuses_a_weight_that_is_none(self, weight: float) -> None:
        model = taught(TINY, world(5))
        before = model.dump()
        with pytest.raises(ValueError, match="weight"):
            model.learn(extract(world(1)[0][0], TINY), True, weight)
        assert model.dump() == before


class TestForeseenLessons:
    @few
    @given(sequences, st.data())
    def test_are_learnt_to_the_same_bit(self, given: Given, data: st.DataObject) -> None:
        model, features = OnlineModel(TINY), [extract(alert, TINY) for alert, _, _ in given]
        for low in range(0, len(given), 7):
            model.foresee(features[low : low + 7])
            left_out = data.draw(st.integers(0, 9))  # then the next one is not what was foreseen
            for at in range(low, min(low + 7, len(given))):
                one = extract(given[at][0], TINY) if at - low == left_out else features[at]
                model.learn(one, given[at][1], given[at][2])
        assert model.dump() == taught(TINY, given).dump()

    def test_are_learnt_to_the_same_bit_across_a_cut_of_the_bins_and_a_generation(self) -> None:
        lessons, models = world(230), [OnlineModel(ModelConfig()), OnlineModel(ModelConfig())]
        features = [extract(alert, ModelConfig()) for alert, _, _ in lessons]
        given = zip(features, lessons, strict=True)
        generation = train([TrainingLesson(one, label) for one, (_, label, _) in given][:150], ModelConfig())
        models[0].foresee(features)
        for at, (_, label, weight) in enumerate(lessons):
            for model in models:
                model.learn(features[at], label, weight, key=at)
                if at == 160:
                    model.adopt(generation)
        assert models[0].dump() == models[1].dump()


class TestRememberedLessons:
    @few
    @given(sequences)
    def test_are_laid_out_together_to_the_same_bit(self, given: Given) -> None:
        model = taught(TINY, given)
        rows = [lesson.row for lesson in model.memory.lessons]
        for together, row in zip(vectors(model.encoder, rows), rows, strict=True):
            alone = model.encoder.vector(row)
            for field in ("dense", "dense_values", "sparse", "sparse_values"):
                one, other = getattr(together, field), getattr(alone, field)
                assert one.dtype == other.dtype and one.tobytes() == other.tobytes(), field


class TestTheState:
    @few
    @given(st.lists(lessons, min_size=1, max_size=60), st.data())
    def test_is_the_same_wherever_it_was_stored_and_loaded(self, given: Given, data: st.DataObject) -> None:
        split = data.draw(st.integers(0, len(given)))
        model = OnlineModel.load(TINY, taught(TINY, given[:split]).dump())
        teach(model, given[split:])
        assert model.dump() == taught(TINY, given).dump()

    @few
    @given(sequences, facts)
    def test_predicts_the_same_after_loading(self, given: Given, alert: AlertFacts) -> None:
        model, features = taught(TINY, given), extract(alert, TINY)
        assert OnlineModel.load(TINY, model.dump()).predict(features) == model.predict(features)

    def test_is_the_same_in_another_process(self) -> None:
        code = (
            "from tests.scoring.alerts import *; from scoring.online_model import ModelConfig;"
            "print(taught(ModelConfig(), world(120)).digest())"
        )
        for seed in ("1", "2"):
            environment = {"PYTHONHASHSEED": seed, "PYTHONPATH": ".", "OPENBLAS_NUM_THREADS": seed}
            ran = subprocess.run(
                [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
            )
            assert ran.stdout.strip() == taught(ModelConfig(), world(120)).digest()

    def test_has_a_digest_that_one_label_changes(self) -> None:
        given = world(40)
        other = [*given[:-1], (given[-1][0], not given[-1][1], 1.0)]
        assert taught(TINY, given).digest() != taught(TINY, other).digest()

    def test_stays_small(self) -> None:
        model = taught(TINY, world(400))
        larger = taught(TINY, world(800))
        assert len(larger.dump()) < 1.2 * len(model.dump())

    def test_remembers_no_more_than_it_may(self) -> None:
        hostile = [
            (AlertFacts("", {f"n{i}": 1.0, f"c{i}": f"v{i}"}, None, "rules", str(i)), True, 1.0) for i in range(300)
        ]
        model = taught(TINY, hostile)
        assert len(model.memory.lessons) == TINY.memory
        assert model.encoder.registry.size <= TINY.dense_slots


@pytest.fixture(scope="module")
def stored() -> bytes:
    return taught(TINY, world(60)).dump()


class TestStoredBytes:
    @settings(max_examples=200, deadline=None)
    @given(st.data())
    def test_that_were_damaged_are_refused(self, stored: bytes, data: st.DataObject) -> None:
        damaged = bytearray(stored)
        damaged[data.draw(st.integers(0, len(stored) - 1))] ^= data.draw(st.integers(1, 255))
        with pytest.raises(CheckpointCorrupt):
            OnlineModel.load(TINY, bytes(damaged))

    @settings(max_examples=200, deadline=None)
    @given(st.data())
    def test_that_were_forged_are_refused_or_harmless(self, stored: bytes, data: st.DataObject) -> None:
        forged = bytearray(stored)
        for _ in range(data.draw(st.integers(1, 4))):
            forged[data.draw(st.integers(40, len(stored) - 1))] = data.draw(st.integers(0, 255))
        forged[8:40] = hashlib.sha256(forged[40:]).digest()
        try:
            model = OnlineModel.load(TINY, bytes(forged))
        except CheckpointCorrupt:
            return
        with np.errstate(all="ignore"):
            teach(model, world(3))

    @given(st.data())
    def test_that_were_cut_off_are_refused(self, stored: bytes, data: st.DataObject) -> None:
        with pytest.raises(CheckpointCorrupt):
            OnlineModel.load(TINY, stored[: data.draw(st.integers(0, len(stored) - 1))])

    @given(st.binary(max_size=400))
    def test_that_are_anything_else_are_refused(self, anything: bytes) -> None:
        with pytest.raises(CheckpointCorrupt):
            OnlineModel.load(TINY, anything)

    def test_of_another_configuration_are_refused(self, stored: bytes) -> None:
        with pytest.raises(CheckpointCorrupt, match="another configuration"):
            OnlineModel.load(replace(TINY, learning_rate=0.7), stored)

    def test_with_something_behind_them_are_refused(self, stored: bytes) -> None:
        with pytest.raises(CheckpointCorrupt, match="digest"):
            OnlineModel.load(TINY, stored + b"!")


class TestLearning:
    def test_ranks_better_than_the_upstream_score(self) -> None:
        model, held_out = taught(ModelConfig(), world(400)), world(400, seed=1)
        ours = [model.predict(extract(alert, model.config)) for alert, _, _ in held_out]
        theirs = [alert.upstream_score or 0.0 for alert, _, _ in held_out]
        labels = np.array([label for _, label, _ in held_out])
        assert auc(labels, ours) > auc(labels, theirs) + 0.1

    def test_moves_the_alert_that_was_judged(self) -> None:
        model = taught(ModelConfig(), world(50))
        features = extract(AlertFacts("从来没有见过的词", {}, 0.5, "rules", "1"), model.config)
        before = model.predict(features)
        model.learn(features, True)
        assert model.predict(features) > before

    def test_with_weight_nought_moves_no_dense_weight(self) -> None:
        model = taught(TINY, world(30))
        before = model.weights.dense.copy()
        model.learn(extract(world(1, seed=5)[0][0], TINY), True, 0.0)
        assert (model.weights.dense == before).all()

    def test_with_more_weight_moves_further(self) -> None:
        def moved(weight: float) -> float:
            model = taught(replace(ModelConfig(), replay=0, early_replay=0), world(60))
            features = extract(world(1, seed=7)[0][0], model.config)
            before = model.predict(features)
            model.learn(features, True, weight)
            return model.predict(features) - before

        assert 0 < moved(0.2) < moved(1.0) < moved(4.0)

    def test_before_the_first_verdict_follows_the_upstream_score(self) -> None:
        model = OnlineModel(ModelConfig())
        found = [model.predict(extract(AlertFacts("", {}, score, "r", "1"), model.config)) for score in (0.1, 0.5, 0.9)]
        assert found[0] < found[1] == 0.5 < found[2]


class TestBesideRiver:
    def test_text_is_learnt_as_rivers_own_regression_with_adagrad_learns_it(self) -> None:
        config = replace(
            ModelConfig(), intercept_variance=0.0, category_variance=0.0, slope_variance=0.0, step_variance=0.0,
            drift_variance=0.0, l2=0.0, replay=0, early_replay=0, prior_gain=0.0, counts_variance=0.0,
            calibration_slope_variance=0.0, calibration_shift_variance=0.0,
        )  # fmt: skip
        ours = OnlineModel(config)
        rivers = linear_model.LogisticRegression(
            optim.AdaGrad(config.learning_rate, config.smoothing), intercept_lr=0.0
        )
        for alert, label, _ in world(200):
            features = extract(alert, config)
            row = dict.fromkeys(features.text_ids.tolist(), features.text_value)
            theirs = rivers.predict_proba_one(row)[True]  # type: ignore[no-untyped-call]
            assert ours.predict(features) == pytest.approx(theirs, abs=1e-9)
            ours.learn(features, label)
            rivers.learn_one(row, label)


class TestAConfiguration:
    def test_survives_storage(self) -> None:
        assert ModelConfig.from_dict(TINY.to_dict()) == TINY

    @pytest.mark.parametrize(
        "parameters", [{"depth": 3}, {"bins": "ten"}, {"bins": 2.5}, {"l2": True}, {"version": 99}], ids=str
    )
    def test_that_cannot_be_is_refused(self, parameters: dict[str, object]) -> None:
        with pytest.raises(ConfigInvalid):
            ModelConfig.from_dict(parameters)

    def test_without_a_parameter_that_came_later_means_what_it_meant(self) -> None:
        later = ("slow_least_columns", "afresh", "stance_temper")
        before = {name: value for name, value in ModelConfig().to_dict().items() if name not in later}
        config = ModelConfig.from_dict(before)
        assert (config.slow_least_columns, config.afresh, config.stance_temper) == (0, 0, 0)
        assert config.to_dict() == before
        assert ModelConfig.from_dict(ModelConfig().to_dict()) == ModelConfig()

    def test_names_the_libraries_its_numbers_depend_on(self) -> None:
        assert library_versions().keys() == {"python", "river", "numpy", "scikit-learn"}


def auc(labels: np.ndarray, scores: list[float]) -> float:
    """The share of pairs of an accurate and a false alert that are in order."""
    of = np.array(scores)
    return float((of[labels][:, None] > of[~labels][None, :]).mean())
