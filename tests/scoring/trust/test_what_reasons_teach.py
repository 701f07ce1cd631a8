"""A label that does not speak of the text: *already handled*, *not worth it*."""

import numpy as np
import pytest

from scoring.features import AlertFacts, Features, extract
from scoring.online_model import ModelConfig, OnlineModel

CONFIG = ModelConfig(early_replay=0)


def features(text: str = "we will cancel", **values: object) -> Features:
    return extract(AlertFacts(text, dict(values), 0.6, "llm", "1"), CONFIG)


@pytest.fixture
def model() -> OnlineModel:
    made = OnlineModel(CONFIG)
    for number in range(60):
        made.learn(features("we will cancel" if number % 2 else "thank you", plan="pro"), bool(number % 2), key=number)
    return made


class TestALabelThatDoesNotSpeakOfTheText:
    def test_it_moves_no_weight(self, model: OnlineModel) -> None:
        sparse, dense = model.weights.sparse.copy(), model.weights.dense.copy()
        model.learn(features(plan="pro"), False, text=False)
        assert np.array_equal(model.weights.sparse, sparse) and np.array_equal(model.weights.dense, dense)

    def test_the_probability_still_comes_to_mean_what_reps_say(self, model: OnlineModel) -> None:
        before = model.predict(features(plan="pro"))
        for number in range(40):
            model.learn(features(plan="pro"), False, key=100 + number, text=False)
        assert model.predict(features(plan="pro")) < before

    def test_an_alert_without_text_is_learnt_as_ever(self) -> None:
        spoken, silent = OnlineModel(CONFIG), OnlineModel(CONFIG)
        spoken.learn(features("", plan="pro"), False)
        silent.learn(features("", plan="pro"), False, text=False)
        assert np.array_equal(spoken.weights.dense, silent.weights.dense)

    def test_it_is_another_lesson_to_the_chain(self) -> None:
        spoken, silent = OnlineModel(CONFIG), OnlineModel(CONFIG)
        spoken.learn(features(), False)
        silent.learn(features(), False, text=False)
        assert spoken.chain != silent.chain

    def test_a_checkpoint_between_changes_nothing(self, model: OnlineModel) -> None:
        model.learn(features(), False, key=1, text=False)
        loaded = OnlineModel.load(CONFIG, model.dump())
        for each in (model, loaded):
            for number in range(60):
                each.learn(features(plan="free"), bool(number % 3), key=200 + number, text=bool(number % 2))
        assert loaded.digest() == model.digest()
