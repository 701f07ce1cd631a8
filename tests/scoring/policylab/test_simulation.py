"""What a policy would have done with a history."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.policy import Policy
from scoring.simulation import rare_count, simulate
from scoring.thresholds import Evidence
from tests.scoring.policylab.histories import all_shown, drawn, truth

HIDES = Policy(version=1, stage="suppress", hide_below=0.15, audit_share=0.2)


class TestSimulation:
    def test_of_a_policy_that_hides_nothing_shows_everything(self) -> None:
        chance, label = truth(1_000, 1)
        found = simulate(all_shown(chance, label), Policy(version=1, stage="rank"))
        assert (found.shown, found.hidden, found.lost.value, found.lost_count) == (1_000, 0, 0.0, (0.0, 0.0))
        assert found.precision.value == pytest.approx(label.mean())

    def test_counts_what_would_be_hidden_less_the_audits(self) -> None:
        chance, label = truth(1_000, 1)
        found = simulate(all_shown(chance, label), HIDES)
        assert found.hidden == pytest.approx((chance < 0.15).sum() * 0.8)
        assert found.lost_expected == pytest.approx(label[chance < 0.15].sum() * 0.8)
        assert found.spared == pytest.approx((1 - label[chance < 0.15]).sum() * 0.8)

    def test_never_hides_what_a_hard_rule_shows(self) -> None:
        chance, label = truth(1_000, 1)
        history = all_shown(chance, label)
        ruled = Evidence(history.probability, history.propensity, history.shown, history.label, np.ones(1_000, bool))
        assert simulate(ruled, HIDES).hidden == 0

    def test_says_the_same_of_a_history_that_was_hidden_in_part_as_of_all_of_it(self) -> None:
        whole, part = [], []
        for seed in range(20):
            chance, label = truth(4_000, seed)
            whole.append(simulate(all_shown(chance, label), HIDES).lost.value)
            part.append(simulate(drawn(chance, label, 0.15, 0.2, seed), HIDES).lost.value)
        assert np.mean(part) == pytest.approx(np.mean(whole), rel=0.1)

    def test_has_intervals_that_hold_the_truth(self) -> None:
        held = {"lost": 0, "precision": 0, "count": 0}
        for seed in range(300):
            chance, label = truth(2_000, seed)
            found = simulate(drawn(chance, label, 0.15, 0.2, seed), HIDES)
            below = chance < 0.15
            lost = 0.8 * label[below].sum()
            kept = label.sum() - lost
            precision = kept / (2_000 - 0.8 * below.sum())
            held["lost"] += found.lost.low <= lost / label.sum() <= found.lost.high
            held["precision"] += found.precision.low <= precision <= found.precision.high
            held["count"] += found.lost_count.low <= lost <= found.lost_count.high
        assert {name: times >= 0.93 * 300 for name, times in held.items()} == dict.fromkeys(held, True)

    @given(st.integers(0, 1_000), st.floats(0, 0.5), st.floats(0.01, 1))
    @settings(max_examples=40, deadline=None)
    def test_adds_up(self, seed: int, below: float, audit: float) -> None:
        chance, label = truth(200, seed)
        tried = Policy(version=1, stage="suppress", hide_below=below, audit_share=audit)
        found = simulate(all_shown(chance, label), tried)
        assert found.shown + found.hidden == pytest.approx(200)
        assert found.spared is not None and found.lost_expected + found.spared == pytest.approx(found.hidden)

    @pytest.mark.parametrize("seed", range(5))
    def test_adds_up_where_a_part_was_hidden_and_a_part_has_no_verdict(self, seed: int) -> None:
        chance, label = truth(2_000, seed)
        history = drawn(chance, label, 0.15, 0.2, seed)
        label_known = np.where(np.arange(2_000) % 3 == 0, np.nan, history.label)
        found = simulate(replace(history, label=label_known), HIDES)
        assert found.spared is not None
        assert found.lost_expected + found.spared == pytest.approx(found.hidden)
        mirrored = (found.hidden - found.lost_count.high, found.hidden - found.lost_count.low)
        assert found.spared_count == pytest.approx(mirrored)

    def test_without_a_verdict_tells_nothing_of_what_it_hides(self) -> None:
        chance, label = truth(500, 1)
        found = simulate(replace(all_shown(chance, label), label=np.full(500, np.nan)), HIDES)
        assert (found.spared, found.lost_count) == (None, (0, found.hidden))

    def test_of_an_empty_history_knows_nothing(self) -> None:
        found = simulate(all_shown(np.array([]), np.array([])), HIDES)
        assert (found.raised, found.precision.value, found.lost.value, found.shown_share) == (0, None, None, None)


class TestACountOfRareAlerts:
    def test_with_equal_weights_has_the_exact_poisson_limits(self) -> None:
        found = rare_count(np.ones(10), np.array([1.0] * 3 + [0.0] * 7))
        assert found == pytest.approx((0.6187, 8.7673), abs=1e-3)  # Garwood (1936), three events

    def test_of_none_found_reaches_as_far_as_the_heaviest_weight_allows(self) -> None:
        assert rare_count(np.full(20, 5.0), np.zeros(20)) == pytest.approx((0, 5 * 3.6889), abs=1e-3)
