"""Thresholds that a queue's history supports."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.thresholds import LEAST_JUDGED, Choice, Evidence, Goal, choose, recalibrate
from tests.scoring.policylab.histories import all_shown, drawn, said, truth

CAP = 0.015


def lost_to_come(choice: Choice, shift: float, slope: float, audit: float = 0.1, base: float = 0.0) -> float:
    """Of the accurate alerts still to come, the share that the chosen threshold will hide: by the truth."""
    chance, _ = truth(200_000, 999, base)
    hidden = (said(chance, shift, slope) < choice.hide_below) * (1 - audit)
    return float((chance * hidden).sum() / chance.sum())


class TestTheCap:
    @pytest.mark.parametrize(
        ("shift", "slope"), [(0.0, 1.0), (-1.5, 1.0), (1.5, 1.0), (0.0, 2.0), (0.0, 0.5)],
        ids=["calibrated", "too low", "too high", "too sure", "too careful"],
    )  # fmt: skip
    def test_holds_for_alerts_to_come_whatever_the_calibration(self, shift: float, slope: float) -> None:
        lost = []
        for seed in range(30):
            chance, label = truth(3_000, seed)
            choice = choose(all_shown(said(chance, shift, slope), label), Goal(1.0, CAP), 0.1)
            lost.append(lost_to_come(choice, shift, slope))
        assert np.mean(np.array(lost) > CAP) <= 0.2
        assert np.mean(lost) <= CAP

    def test_is_used_rather_than_left(self) -> None:
        chance, label = truth(3_000, 1)
        assert lost_to_come(choose(all_shown(chance, label), Goal(1.0, CAP), 0.1), 0, 1) > CAP / 3

    def test_holds_where_most_was_hidden_before(self) -> None:
        lost = []
        for seed in range(30):
            chance, label = truth(4_000, seed)
            choice = choose(drawn(chance, label, 0.1, 0.1, seed), Goal(1.0, CAP), 0.1)
            lost.append(lost_to_come(choice, 0, 1))
        assert np.mean(lost) <= CAP * 1.15

    def test_is_charged_with_what_was_hidden_beyond_it(self) -> None:
        chance, label = truth(4_000, 3)
        careful, wild = (choose(drawn(chance, label, below, 0.2, 5), Goal(1.0, CAP), 0.2) for below in (0.02, 0.3))
        assert wild.hide_below < careful.hide_below

    def test_is_not_opened_by_a_handful_of_audits_that_found_nothing(self) -> None:
        """Forty false audits stand for four hundred alerts, but are no four hundred verdicts."""
        chance, label = truth(1_200, 3)
        history = drawn(chance, label, 0.08, 0.1, 5)
        history.label[history.sampled & (history.propensity < 1)] = 0.0
        choice = choose(history, Goal(1.0, CAP), 0.1)
        assert 0 < lost_to_come(choice, 0, 1) <= CAP * 1.15

    @given(st.integers(0, 50), st.floats(0.002, 0.1), st.floats(0.002, 0.1))
    @settings(max_examples=25, deadline=None)
    def test_that_is_higher_never_hides_less(self, seed: int, one: float, other: float) -> None:
        chance, label = truth(1_500, seed)
        history = all_shown(chance, label)
        low, high = (choose(history, Goal(1.0, cap), 0.1) for cap in sorted((one, other)))
        assert low.hide_below <= high.hide_below

    def test_expected_loss_stays_below_its_limit_and_that_below_the_cap(self) -> None:
        chance, label = truth(3_000, 7)
        choice = choose(all_shown(chance, label), Goal(1.0, CAP), 0.1)
        assert 0 < choice.expected < choice.upper <= CAP


class TestTheTarget:
    def test_is_reached_with_the_least_hiding(self) -> None:
        chance, label = truth(4_000, 2)
        choice = choose(all_shown(chance, label), Goal(0.52, 0.2), 0.1)
        shown = chance >= choice.hide_below
        assert choice.bound == "target"
        assert label[shown].mean() == pytest.approx(0.52, abs=0.02)

    def test_that_is_met_already_hides_nothing_worth_naming(self) -> None:
        chance, label = truth(4_000, 2)
        choice = choose(all_shown(chance, label), Goal(0.3, 0.2), 0.1)
        assert (chance < choice.hide_below).mean() < 0.01

    def test_gives_red_the_alerts_that_reach_it(self) -> None:
        chance, label = truth(4_000, 2)
        red = chance >= choose(all_shown(chance, label), Goal(0.8, 0.01), 0.1).red_from
        assert label[red].mean() == pytest.approx(0.8, abs=0.03)

    def test_never_hides_what_is_more_likely_real(self) -> None:
        chance, label = truth(4_000, 2, base=3)
        choice = choose(all_shown(chance, label), Goal(1.0, 0.2), 0.1)
        assert (choice.bound, choice.hide_below) == ("highest", 0.5)


class TestTooLittleEvidence:
    @pytest.mark.parametrize("n", [0, 1, LEAST_JUDGED - 1])
    def test_of_few_verdicts_hides_nothing(self, n: int) -> None:
        chance, label = truth(n, 1)
        choice = choose(all_shown(chance, label), Goal(1.0, CAP), 0.1)
        assert (choice.hide_below, choice.bound) == (0.0, "evidence")

    def test_of_few_real_ones_hides_nothing(self) -> None:
        chance, _ = truth(2_000, 1)
        label = np.zeros(2_000)
        label[:5] = 1
        assert choose(all_shown(chance, label), Goal(1.0, CAP), 0.1).bound == "evidence"

    def test_alerts_without_a_verdict_are_no_evidence(self) -> None:
        chance, label = truth(2_000, 1)
        label[LEAST_JUDGED - 1 :] = np.nan
        assert choose(all_shown(chance, label), Goal(1.0, CAP), 0.1).judged == LEAST_JUDGED - 1


class TestWeights:
    def test_stand_for_every_alert_that_was_raised(self) -> None:
        chance, label = truth(3_000, 4)
        assert drawn(chance, label, 0.1, 0.2, 4).weight.sum() == pytest.approx(3_000)

    def test_of_an_audited_alert_is_what_it_stands_for(self) -> None:
        chance, label = truth(30_000, 4)
        history = drawn(chance, label, 0.1, 0.2, 4)
        audited = history.sampled & (history.propensity < 1)
        assert history.weight[audited].mean() == pytest.approx(5, rel=0.05)

    def test_of_what_nobody_judged_is_nothing(self) -> None:
        chance, label = truth(100, 4)
        history = drawn(chance, label, 0.5, 0.2, 4)
        assert not history.weight[np.isnan(history.label)].any()


class TestRecalibration:
    @pytest.mark.parametrize(("shift", "slope"), [(0.0, 1.0), (1.0, 1.0), (0.0, 2.0)])
    def test_finds_the_line_the_model_is_off_by(self, shift: float, slope: float) -> None:
        chance, label = truth(20_000, 5)
        intercept, found = recalibrate(said(chance, shift, slope), label, np.ones(20_000))
        assert (intercept, found) == pytest.approx((-shift / slope, 1 / slope), abs=0.08)

    @given(st.integers(1, 40), st.integers(0, 1_000))
    @settings(max_examples=40, deadline=None)
    def test_of_any_few_verdicts_is_finite_and_keeps_the_order(self, n: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        line = recalibrate(rng.random(n), (rng.random(n) < 0.5).astype(float), rng.random(n) * 10)
        assert np.isfinite(line).all()
        assert line[1] > 0


class TestAHistory:
    def test_of_the_newest_alerts_is_its_end(self) -> None:
        chance, label = truth(50, 1)
        history = all_shown(chance, label)
        assert history.newest(10).probability.tolist() == chance[-10:].tolist()
        assert history.newest(100) is history

    def test_that_is_empty_has_no_weights(self) -> None:
        nothing = Evidence(*(np.array([]) for _ in range(2)), np.array([], bool), np.array([]), np.array([], bool))  # type: ignore[arg-type]
        assert len(nothing.weight) == 0


@pytest.mark.parametrize(("target", "cap"), [(0, 0.01), (1.1, 0.01), (0.8, 0), (0.8, 0.3)])
def test_a_goal_out_of_range_cannot_be(target: float, cap: float) -> None:
    with pytest.raises(ValueError, match="must be"):
        Goal(target, cap)
