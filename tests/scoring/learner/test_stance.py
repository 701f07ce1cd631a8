"""How far the fast model leans on the slow one."""

from dataclasses import replace

import numpy as np
import pytest

from scoring.features import AlertFacts, extract
from scoring.learner.checkpoint_format import CheckpointCorrupt, pack, unpack
from scoring.learner.generation import TrainingLesson, train
from scoring.learner.stance import ALONE, BETWEEN, STANCES, Stance, mean_stance
from scoring.online_model import ModelConfig, OnlineModel

CONFIG = replace(ModelConfig(), slow_trees=10)


def taught(config: ModelConfig, interacts: bool) -> OnlineModel:
    """A model that leans on trees over two numbers, which matter together, or each by itself."""
    draw = np.random.default_rng(3)
    rows = draw.normal(size=(300, 2))
    odds = 3 * np.sign(rows[:, 0] * rows[:, 1]) if interacts else 1.2 * rows[:, 0] - 1.2 * rows[:, 1]
    labels = (draw.random(300) < 1 / (1 + np.exp(-odds))).tolist()
    facts = [AlertFacts("", {"a": float(a), "b": float(b)}, 0.5, "rule", "1", "kind") for a, b in rows]
    every = [extract(one, config) for one in facts]
    model = OnlineModel(config)
    for one, label in zip(every, labels, strict=True):
        model.learn(one, label)
    model.adopt(train([TrainingLesson(one, label) for one, label in zip(every, labels, strict=True)], config))
    return model


class TestTheMean:
    def test_of_equal_losses_counts_all_alike(self) -> None:
        assert mean_stance([Stance(1.0, 1.0), Stance(0.0, 0.01)], [7.0, 7.0], 4.0) == pytest.approx((0.5, 0.1))

    def test_leans_to_what_foretold_better(self) -> None:
        found = mean_stance([Stance(1.0, 1.0), Stance(0.0, 1.0)], [100.0, 104.0], 4.0)
        assert found.trust == pytest.approx(1 / (1 + np.exp(-1)))

    def test_is_the_best_where_it_is_clearly_so(self) -> None:
        losses = [300.0, 300.0, 90.0, *[300.0] * (len(BETWEEN) - 3)]
        assert mean_stance(BETWEEN, losses, 4.0) == pytest.approx(BETWEEN[2])

    def test_of_one_is_that_one(self) -> None:
        assert mean_stance([ALONE], [12.0], 4.0) == ALONE


class TestAModel:
    def test_leans_on_trees_that_see_what_it_cannot(self) -> None:
        assert taught(CONFIG, interacts=True).encoder.stance.trust > 0.9

    def test_leans_less_on_trees_that_see_no_more_than_it(self) -> None:
        assert taught(CONFIG, interacts=False).encoder.stance.trust < 0.7

    def test_takes_the_best_alone_where_it_was_frozen_so(self) -> None:
        model = taught(replace(CONFIG, stance_temper=0.0), interacts=False)
        assert model.encoder.stance in STANCES

    @pytest.mark.parametrize("said", [2, [1.0], [1.0, 0.0], [2.0, 1.0], [-0.1, 1.0], [0.5, "1"], [0.5, True], None])
    def test_refuses_a_stance_that_cannot_be(self, said: object) -> None:
        state, arrays = unpack(taught(CONFIG, interacts=True).dump())
        with pytest.raises(CheckpointCorrupt):
            OnlineModel.load(CONFIG, pack(state | {"stance": said}, arrays))
