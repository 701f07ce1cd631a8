"""A probability taken apart adds up again."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.explain.breakdown import Breakdown, breakdown_of, moves
from scoring.features import AlertFacts, extract
from scoring.learner.generation import TrainingLesson, train
from scoring.online_model import ModelConfig, OnlineModel
from tests.scoring.alerts import TINY, facts, lessons, taught, teach, world

EXACT = 1e-9


def with_generation(count: int, config: ModelConfig | None = None) -> OnlineModel:
    """A model that has learnt `count` lessons and leans on a generation trained on all but the last ten."""
    config = config or ModelConfig(slow_trees=20)
    given, model = world(count), OnlineModel(config)
    teach(model, given[:-10])
    model.adopt(
        train([TrainingLesson(extract(one, config), label, weight) for one, label, weight in given[:-10]], config)
    )
    teach(model, given[-10:])
    return model


@pytest.fixture(scope="module")
def model() -> OnlineModel:
    return with_generation(300)


def apart(model: OnlineModel, one: AlertFacts) -> Breakdown:
    return breakdown_of(model, one, extract(one, model.config))


def total(breakdown: Breakdown) -> float:
    return breakdown.baseline + sum(part.contribution for part in breakdown.parts)


class TestTheParts:
    def test_they_add_up_to_the_log_odds(self, model: OnlineModel) -> None:
        for one, _, _ in world(50, seed=7):
            assert abs(total(apart(model, one)) - model.log_odds(extract(one, model.config))) < EXACT

    @settings(deadline=None, max_examples=60)
    @given(st.lists(lessons, max_size=40), facts)
    def test_they_do_so_whatever_was_learnt(self, given: list[tuple[AlertFacts, bool, float]], one: AlertFacts) -> None:
        small = taught(TINY, given)
        assert abs(total(apart(small, one)) - small.log_odds(extract(one, TINY))) < EXACT

    @settings(deadline=None, max_examples=25)
    @given(facts)
    def test_they_do_so_for_alerts_unlike_all_that_was_learnt(self, one: AlertFacts) -> None:
        assert abs(total(apart(LEANING, one)) - LEANING.log_odds(extract(one, LEANING.config))) < EXACT

    def test_the_slow_generation_speaks_through_features(self, model: OnlineModel) -> None:
        one = world(1, seed=3)[0][0]
        parts = {(part.kind, part.name): part.contribution for part in apart(model, one).parts}
        slow = model.encoder.generation
        assert slow is not None and abs(parts["generation", "generation"]) < abs(
            slow.log_odds(extract(one, model.config))
        )

    def test_a_feature_that_the_alert_lacks_is_named(self, model: OnlineModel) -> None:
        bare = AlertFacts("太慢了", {"plan": "gold"}, 0.5, "rules", "1")
        assert {part.name for part in apart(model, bare).parts if part.kind == "absent"} == {"calls", "noise"}

    def test_a_scorer_without_a_version_is_named_once(self) -> None:
        raised = [AlertFacts("", {}, 0.5, name, version) for name in ("voice", "rules") for version in ("", "1")]
        small = taught(ModelConfig(), [(one, one.scorer == "voice", 1.0) for one in raised * 10])
        named = [
            {part.name: part.value for part in apart(small, one).parts if part.kind == "scorer"} for one in raised[:2]
        ]
        assert named == [{"scorer": "voice"}, {"scorer": "voice", "scorer_version": "voice 1"}]
        assert abs(total(apart(small, raised[0])) - small.log_odds(extract(raised[0], small.config))) < EXACT
        told = {one.name: one.value for one in small.reasons(raised[0], extract(raised[0], small.config), 9)}
        assert told["scorer_version"] == "voice"

    def test_the_probability_is_the_models(self, model: OnlineModel) -> None:
        one = world(1)[0][0]
        assert apart(model, one).probability == model.predict(extract(one, model.config))


class TestWhatMoved:
    def test_the_moves_add_up_to_the_difference(self, model: OnlineModel) -> None:
        later = OnlineModel.load(model.config, model.dump())
        teach(later, world(60, seed=9))
        for one, _, _ in world(20, seed=11):
            features = extract(one, model.config)
            before, after = apart(model, one), apart(later, one)
            found = moves(one, features, (model, before), (later, after))
            assert abs(sum(move.by for move in found) - (after.log_odds - before.log_odds)) < 1e-7

    def test_words_that_verdicts_spoke_against_are_named(self, model: OnlineModel) -> None:
        later = OnlineModel.load(model.config, model.dump())
        complaint = AlertFacts("价格 太贵了", {"calls": 5.0, "plan": "silver", "noise": 0.5}, 0.5, "rules", "1")
        teach(later, [(complaint, False, 1.0)] * 8)
        features = extract(complaint, model.config)
        found = moves(complaint, features, (model, apart(model, complaint)), (later, apart(later, complaint)))
        words = [move for move in found if move.reason.kind == "text"]
        assert words and words[0].by < 0 and str(words[0].reason.value) in complaint.text


LEANING = with_generation(120, ModelConfig(slow_trees=8, dense_slots=40, text_bits=10))
