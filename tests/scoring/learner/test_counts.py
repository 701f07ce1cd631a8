"""Rolling verdict counts."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.features import AlertFacts, Features, extract
from scoring.learner.checkpoint_format import CheckpointCorrupt
from scoring.learner.counts import CUSTOMERS, KNOWN, RULES, SCORERS, SEGMENTS, SIZE, Counts
from scoring.online_model import ModelConfig, OnlineModel
from tests.scoring.alerts import TINY, lessons, taught

CONFIG = ModelConfig()
Given = list[tuple[AlertFacts, bool, float]]


def alert(plan: str = "gold", customer: str = "", scorer: str = "rules", **features: str) -> Features:
    return extract(AlertFacts("", {"plan": plan, **features}, None, scorer, "1", customer), CONFIG)


def counts_of(given_: list[tuple[Features, bool]], config: ModelConfig = CONFIG) -> Counts:
    made = Counts(config)
    for features, label in given_:
        made.learn(features, label, 1.0)
    return made


class TestCounts:
    def test_say_nothing_before_the_first_verdict(self) -> None:
        assert Counts(CONFIG).features(alert()) == [0.0] * SIZE

    def test_tell_a_good_segment_from_a_bad_one(self) -> None:
        made = counts_of([(alert("gold"), True), (alert("iron"), False)] * 30)
        assert made.features(alert("gold"))[SEGMENTS] > 0.5 > -0.5 > made.features(alert("iron"))[SEGMENTS]

    def test_tell_a_scorer_that_is_mostly_wrong(self) -> None:
        made = counts_of([(alert(scorer="good"), True), (alert(scorer="bad"), False)] * 30)
        assert made.features(alert(scorer="good"))[SCORERS] > made.features(alert(scorer="bad"))[SCORERS] + 1

    def test_tell_rules_apart_by_a_feature_of_that_name(self) -> None:
        made = counts_of([(alert(rule="late"), True), (alert(rule="rude"), False)] * 30)
        assert made.features(alert(rule="late"))[RULES] > made.features(alert(rule="rude"))[RULES] + 1

    def test_remember_a_customer_whose_alerts_were_false(self) -> None:
        made = counts_of([(alert(customer="acme"), False), (alert(customer="other"), True)] * 10)
        assert made.features(alert(customer="acme"))[CUSTOMERS] < -0.3
        assert made.features(alert(customer="acme"))[KNOWN] == 1.0
        assert made.features(alert(customer="new"))[KNOWN] == 0.0

    def test_follow_a_segment_that_turns(self) -> None:
        config = replace(CONFIG, counts_span=20.0)
        made = counts_of([(alert("gold"), True), (alert("iron"), False)] * 60, config)
        for _ in range(60):
            made.learn(alert("gold"), False, 1.0)
            made.learn(alert("iron"), True, 1.0)
        assert made.features(alert("gold"))[SEGMENTS] < 0 < made.features(alert("iron"))[SEGMENTS]

    def test_are_bounded_and_keep_what_was_met_last(self) -> None:
        config = replace(CONFIG, counts_memory=20)
        made = counts_of([(alert(f"plan {number}", f"customer {number}"), True) for number in range(200)], config)
        assert len(made.table) == 20
        assert made.features(alert("", "customer 199"))[KNOWN] == 1.0
        assert made.features(alert("", "customer 3"))[KNOWN] == 0.0


class TestTheState:
    @settings(max_examples=40, deadline=None)
    @given(st.lists(lessons, max_size=40))
    def test_comes_back_with_the_model_and_stays_bounded(self, given_: Given) -> None:
        model = taught(TINY, given_)
        loaded = OnlineModel.load(TINY, model.dump())
        assert loaded.encoder.counts.dump()[0] == model.encoder.counts.dump()[0]
        assert len(loaded.encoder.counts.table) <= TINY.counts_memory

    @pytest.mark.parametrize("keys", [[["a"]], [["a", "b"], ["a", "b"]], None, [["a", 3]]], ids=str)
    def test_that_cannot_be_is_refused(self, keys: object) -> None:
        _, arrays = counts_of([(alert(), True)]).dump()
        shape = {name: array[: len(keys) if isinstance(keys, list) else 0] for name, array in arrays.items()}
        with pytest.raises(CheckpointCorrupt):
            Counts(CONFIG).restore(keys, shape)
