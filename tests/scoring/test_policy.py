"""What a queue does with a probability."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.features import AlertFacts
from scoring.policy import (
    FeatureRule,
    PhraseRule,
    Policy,
    RuleInvalid,
    blind_urgencies,
    decide,
    draw,
    rules_from,
    tiers,
    urgencies,
    urgency,
)
from tests.scoring.alerts import facts

CALM = AlertFacts("一切都好", {"value": 10, "vip": True}, 0.4, "rules", "1")
SUPPRESS = Policy(version=3, stage="suppress", hide_below=0.2, audit_share=0.25)
probabilities = st.floats(0, 1)


class TestBeforeSuppress:
    @given(probabilities, facts, st.sampled_from(["observe", "rank"]))
    def test_nothing_is_hidden(self, probability: float, alert: AlertFacts, stage: str) -> None:
        found = decide(probability, alert, replace(SUPPRESS, stage=stage), "k")  # type: ignore[arg-type]
        assert (found.decision, found.propensity) == ("show", 1.0)


class TestSuppress:
    @given(st.floats(0.2, 1))
    def test_shows_what_is_likely_enough(self, probability: float) -> None:
        assert decide(probability, CALM, SUPPRESS, "k").decision == "show"

    @given(st.floats(0, 0.2, exclude_max=True), st.text())
    def test_hides_or_audits_the_rest_with_the_audit_share_as_propensity(self, probability: float, key: str) -> None:
        found = decide(probability, CALM, SUPPRESS, key)
        assert found.decision in {"hide", "audit"}
        assert found.propensity == 0.25

    def test_audits_the_share_it_says(self) -> None:
        decisions = [decide(0.1, CALM, SUPPRESS, str(number)).decision for number in range(4_000)]
        assert decisions.count("audit") / 4_000 == pytest.approx(0.25, abs=0.03)

    def test_draws_the_same_again(self) -> None:
        assert [draw(str(n), 1) for n in range(50)] == [draw(str(n), 1) for n in range(50)]

    def test_draws_anew_for_another_policy_version(self) -> None:
        one, two = (np.array([draw(str(n), version) for n in range(2_000)]) for version in (1, 2))
        assert abs(np.corrcoef(one, two)[0, 1]) < 0.1

    def test_draws_what_nobody_foresees_who_lacks_the_secret(self) -> None:
        known, secret = replace(SUPPRESS, blind_share=0.5), replace(SUPPRESS, blind_share=0.5, secret="s")
        for probability in (0.1, 0.9):  # an audit, and an alert without its score
            one, two = ([decide(probability, CALM, it, str(n)) for n in range(2_000)] for it in (known, secret))
            drawn = np.array([[it.decision == "audit" or it.blind for it in some] for some in (one, two)])
            assert abs(np.corrcoef(drawn)[0, 1]) < 0.1
            assert drawn[1].mean() == pytest.approx(drawn[0].mean(), abs=0.05)

    def test_draws_whatever_the_probability(self) -> None:
        audited = [
            {n for n in range(500) if decide(p, CALM, SUPPRESS, str(n)).decision == "audit"} for p in (0.0, 0.19)
        ]
        assert audited[0] == audited[1]

    def test_audits_all_where_told(self) -> None:
        assert decide(0.0, CALM, replace(SUPPRESS, audit_share=1.0), "k").decision == "audit"

    @given(st.floats(0.01, 1), st.floats(0, 1), st.sampled_from(["yellow", "orange", "red"]))
    def test_audits_more_the_more_the_queue_drifts_and_never_nothing(
        self, share: float, drift: float, tier: str
    ) -> None:
        calm = replace(SUPPRESS, audit_share=share, audit_share_orange=share, audit_share_red=share)
        assert 0 < calm.audited(tier) <= replace(calm, drift=drift).audited(tier) <= 1  # type: ignore[arg-type]


class TestAHardRule:
    PHRASE = PhraseRule("leaving", "我要退订")
    VALUE = FeatureRule("large customer", "value", 10_000)

    @given(probabilities)
    def test_shows_an_alert_with_the_phrase_in_red(self, probability: float) -> None:
        alert = replace(CALM, text="你好，我要退订！")
        found = decide(probability, alert, replace(SUPPRESS, hard_rules=(self.PHRASE,)), "k")
        assert (found.decision, found.propensity, found.tier, found.rule) == ("show", 1.0, "red", "leaving")

    @pytest.mark.parametrize("value", [10_000, 10_000.0, 10**400])
    def test_shows_a_customer_from_a_value_upwards(self, value: float) -> None:
        alert = replace(CALM, features={"value": value})
        assert decide(0.0, alert, replace(SUPPRESS, hard_rules=(self.VALUE,)), "k").rule == "large customer"

    @pytest.mark.parametrize("value", [9_999.9, "99999", True, None, float("nan")])
    def test_leaves_other_customers_to_the_model(self, value: object) -> None:
        alert = replace(CALM, features={"value": value})  # type: ignore[dict-item]
        assert decide(0.0, alert, replace(SUPPRESS, hard_rules=(self.VALUE,)), "k").rule is None

    def test_that_comes_first_gives_the_name(self) -> None:
        alert = replace(CALM, text="我要退订", features={"value": 20_000})
        assert decide(0.0, alert, replace(SUPPRESS, hard_rules=(self.VALUE, self.PHRASE)), "k").rule == "large customer"


class TestRulesFromData:
    def test_are_read(self) -> None:
        data: list[dict[str, object]] = [
            {"name": "a", "phrase": "cancel"},
            {"name": "b", "feature": "value", "at_least": 3},
        ]
        assert rules_from(data) == (PhraseRule("a", "cancel"), FeatureRule("b", "value", 3.0))

    @pytest.mark.parametrize(
        "entry",
        [
            {}, {"name": "a"}, {"phrase": "x"}, {"name": "a", "phrase": " \u200b"}, {"name": "a", "feature": "f"},
            {"name": "a", "feature": "f", "at_least": "3"}, {"name": "a", "feature": "f", "at_least": True},
            {"name": "a", "feature": "f", "at_least": math.nan}, {"name": 3, "phrase": "x"},
        ],
        ids=str,
    )  # fmt: skip
    def test_that_cannot_be_are_refused_with_their_number(self, entry: dict[str, object]) -> None:
        with pytest.raises(RuleInvalid, match="Rule 2"):
            rules_from([{"name": "fine", "phrase": "x"}, dict(entry)])


class TestAPolicy:
    @pytest.mark.parametrize(
        "wrong",
        [
            {"red_from": 0.4},
            {"hide_below": 0.6},
            {"hide_below": -0.1},
            {"audit_share": 1.1},
            {"red_from": 1.1},
            {"audit_share": 0.0},
            {"audit_share_red": 0.0},
            {"drift": 1.1},
            {"blind_share": -0.1},
        ],
        ids=str,
    )
    def test_with_thresholds_out_of_order_cannot_be(self, wrong: dict[str, float]) -> None:
        with pytest.raises(ValueError, match="must be"):
            Policy(version=1, **wrong)  # type: ignore[arg-type]


class TestTiers:
    @pytest.mark.parametrize(
        ("probability", "tier"), [(0.0, "yellow"), (0.499, "yellow"), (0.5, "orange"), (0.8, "red"), (1.0, "red")]
    )
    def test_begin_at_their_thresholds(self, probability: float, tier: str) -> None:
        assert decide(probability, CALM, Policy(version=1), "k").tier == tier

    def test_of_many_are_numbered_by_urgency(self) -> None:
        assert tiers(np.array([0.9, 0.1, 0.6]), Policy(version=1)).tolist() == [2, 0, 1]


class TestUrgency:
    @given(probabilities, probabilities)
    def test_is_tier_then_probability(self, one: float, other: float) -> None:
        keys = [urgency("rank", decide(p, CALM, Policy(version=1), "k").tier, p, None) for p in (one, other)]
        assert (keys[0] < keys[1]) == (one < other) or math.isclose(keys[0], keys[1])

    def test_puts_a_hard_rule_above_what_the_model_finds_orange(self) -> None:
        assert urgency("suppress", "red", 0.01, None) > urgency("suppress", "orange", 0.79, None)

    def test_in_observe_is_the_upstream_score_alone(self) -> None:
        assert urgency("observe", "red", 0.99, 0.2) == 0.2
        assert urgency("observe", "red", 0.99, None) == 0.5

    @given(st.sampled_from(["observe", "rank", "suppress"]), probabilities, st.one_of(st.none(), probabilities))
    def test_of_many_is_that_of_each(self, stage: str, probability: float, upstream: float | None) -> None:
        one = urgency(stage, "orange", probability, upstream)  # type: ignore[arg-type]
        given_ = np.array([math.nan if upstream is None else upstream])
        assert urgencies(stage, np.array([1]), np.array([probability]), given_)[0] == one  # type: ignore[arg-type]


class TestThePlaceOfABlindAlert:
    ids = np.arange(1, 20_001)
    none = np.full(20_000, math.nan)

    def test_is_among_all_that_is_shown(self) -> None:
        placed = blind_urgencies(Policy(version=1, stage="rank"), self.ids, self.none)
        shares = [float(((placed >= tier) & (placed < tier + 1)).mean()) for tier in range(3)]
        assert shares == pytest.approx([0.5, 0.3, 0.2], abs=0.02)

    def test_is_above_what_the_policy_hides(self) -> None:
        placed = blind_urgencies(Policy(version=1, stage="suppress", hide_below=0.3), self.ids, self.none)
        assert placed.min() >= 0.3

    def test_is_spread_evenly_over_neighbouring_ids(self) -> None:
        placed = blind_urgencies(Policy(version=1, stage="rank", red_from=1, orange_from=1), self.ids, self.none)
        assert np.histogram(placed, bins=10, range=(0, 1))[0] == pytest.approx(np.full(10, 2000), abs=200)
        assert abs(np.corrcoef(placed[:-1], placed[1:])[0, 1]) < 0.03

    def test_stays_while_the_policy_does(self) -> None:
        policy = Policy(version=1, stage="rank")
        alone = blind_urgencies(policy, self.ids[7:8], self.none[7:8])
        assert alone[0] == blind_urgencies(policy, self.ids, self.none)[7]

    def test_in_observe_is_the_scorers_like_everybodys(self) -> None:
        placed = blind_urgencies(Policy(version=1), np.array([1, 2]), np.array([0.2, math.nan]))
        assert placed.tolist() == [0.2, 0.5]
