"""A generation takes effect: what a model was before lives on in what it remembers, and in nothing else."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.features import AlertFacts, Features, extract
from scoring.learner.generation import Generation, TrainingLesson, train
from scoring.online_model import ModelConfig, OnlineModel, Told
from tests.scoring.alerts import TINY, lessons, world

Given = list[tuple[AlertFacts, bool, float]]
SHORT = replace(ModelConfig(), memory=64, slow_trees=6)


def told(given: Given, config: ModelConfig) -> list[Told]:
    """What `OnlineModel.learn` is given; every fourth label does not speak of the text."""
    return [(extract(one, config), label, weight, at, at % 4 > 0) for at, (one, label, weight) in enumerate(given)]


def trained(some: Sequence[Told], config: ModelConfig) -> Generation:
    return train([TrainingLesson(one, label, weight, text) for one, label, weight, _key, text in some], config)


def learn(model: OnlineModel, some: Sequence[Told]) -> None:
    for one in some:
        model.learn(*one)


class TestALeap:
    @pytest.mark.parametrize("afresh", [0, 1])
    def test_ends_where_learning_every_lesson_ends(self, afresh: int) -> None:
        config = replace(SHORT, afresh=afresh)
        every = told(world(420), config)
        generations = {place: trained(every[:count], config) for place, count in ((110, 100), (230, 230), (330, 300))}
        slow, fast = OnlineModel(config), OnlineModel(config)
        for place, one in enumerate(every, 1):
            slow.learn(*one)
            if place in generations:
                slow.adopt(generations[place])
        fast.leap(every[:110], generations[110])
        learn(fast, every[110:150])
        if afresh:
            fast.leap(every[150:330], generations[330])  # past an adoption, which leaves nothing behind
        else:
            fast.leap(every[150:230], generations[230])
            fast.leap(every[230:330], generations[330])
        learn(fast, every[330:])
        assert fast.dump() == slow.dump()

    @settings(max_examples=30, deadline=None)
    @given(st.lists(lessons, min_size=1, max_size=50), st.data())
    def test_does_so_with_anything(self, given: Given, data: st.DataObject) -> None:
        every = told(given, TINY)
        at = data.draw(st.integers(1, len(every)))
        start = data.draw(st.integers(0, at))
        generation = trained(every[: data.draw(st.integers(1, at))], TINY)
        slow, fast = OnlineModel(TINY), OnlineModel(TINY)
        learn(slow, every[:at])
        slow.adopt(generation)
        learn(fast, every[:start])
        fast.foresee([features for features, *_ in every[start:]])
        fast.leap(every[start:at], generation)
        for model in (slow, fast):
            learn(model, every[at:])
        assert fast.dump() == slow.dump()

    def test_refuses_a_weight_that_is_none(self) -> None:
        features: Features = told(world(1), SHORT)[0][0]
        with pytest.raises(ValueError, match="upwards"):
            OnlineModel(SHORT).leap([(features, True, -1.0, 0, True)], trained(told(world(60), SHORT), SHORT))


class TestAModelThatBeginsAnew:
    def test_is_the_same_when_it_adopts_once_more(self) -> None:
        every = told(world(150), SHORT)
        generation, model = trained(every[:120], SHORT), OnlineModel(SHORT)
        learn(model, every)
        model.adopt(generation)
        once = model.dump()
        model.adopt(generation)
        assert model.dump() == once

    def test_goes_on_as_boldly_as_after_all_that_it_has_learnt(self) -> None:
        """The sums that shorten AdaGrad's steps stand for every lesson, not only for those that are remembered."""
        long, short = OnlineModel(replace(SHORT, memory=400)), OnlineModel(SHORT)
        for model in (long, short):
            every = told(world(400), model.config)
            learn(model, every)
            model.adopt(trained(every, model.config))
        sums = [float(model.optimizer.squares.sum()) for model in (long, short)]
        assert sums[1] == pytest.approx(sums[0], rel=0.35)

    def test_learns_texts_as_often_as_before_where_the_generation_has_no_words(self) -> None:
        """So with a queue where few alerts are accurate: words wait for twenty of each kind."""
        config = replace(SHORT, memory=400)
        every = [one for one in told(world(300), config) if not one[1] or one[3] % 16 == 0]
        generation, model = trained(every, config), OnlineModel(config)
        assert not len(generation.words.slots)
        learn(model, every)
        before = float(abs(model.weights.sparse).sum())
        model.adopt(generation)
        assert float(abs(model.weights.sparse).sum()) == pytest.approx(before, rel=0.25)

    def test_knows_what_its_scores_mean(self) -> None:
        every, model = told(world(300), SHORT), OnlineModel(SHORT)
        learn(model, every)
        before = model.calibrator.dump()
        model.adopt(trained(every, SHORT))
        after = model.calibrator.dump()
        assert all((after[name] != before[name]).any() for name in before)
        assert sum(band[0] for band in model.calibrator.bands) == pytest.approx(26, rel=0.05)  # two fifths of 64

    def test_keeps_what_it_always_kept_where_the_configuration_is_older(self) -> None:
        config = replace(SHORT, afresh=0)
        every, model = told(world(300), config), OnlineModel(config)
        learn(model, every)
        before = model.calibrator.dump()
        model.adopt(trained(every, config))
        assert all((model.calibrator.dump()[name] == before[name]).all() for name in before)
