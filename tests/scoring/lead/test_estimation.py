"""Shares and their intervals: known values, and how often the interval holds the truth."""

from collections.abc import Callable

import numpy as np
import pytest

from scoring.estimation import (
    Interval,
    Sample,
    Share,
    Stratum,
    clopper_pearson,
    hajek,
    missed_share,
    naive_precision,
    proportion,
    spared,
    trend,
    weighted_precision,
    wilson,
)

REPETITIONS = 3_000


def certain(raised: int, judged: int, accurate: int) -> Stratum:
    return Stratum(raised, raised, judged, accurate, judged, accurate, judged, accurate)


def drawn(raised: int, shown: int, judged: int, accurate: int, propensity: float) -> Stratum:
    w = 1 / propensity
    return Stratum(raised, shown, judged, accurate, judged * w, accurate * w, judged * w * w, accurate * w * w)


class TestWilson:
    @pytest.mark.parametrize(
        ("successes", "n", "low", "high"),
        # Newcombe (1998), table I, method 3.
        [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
    )
    def test_it_gives_the_published_limits(self, successes: int, n: int, low: float, high: float) -> None:
        assert wilson(successes, n) == pytest.approx((low, high), abs=5e-5)

    def test_nothing_is_known_of_an_empty_sample(self) -> None:
        assert wilson(0, 0) == Interval(0.0, 1.0)
        assert proportion(0, 0).value is None

    def test_it_stays_between_nothing_and_everything(self) -> None:
        assert wilson(0, 1).low == 0.0
        assert wilson(1, 1).high == 1.0


class TestClopperPearson:
    @pytest.mark.parametrize(
        ("successes", "n", "low", "high"),
        # Newcombe (1998), table I, method 5.
        [(81, 263, 0.2527, 0.3676), (15, 148, 0.0578, 0.1617), (0, 20, 0.0, 0.1684), (1, 29, 0.0009, 0.1776)],
    )
    def test_it_gives_the_published_limits(self, successes: int, n: int, low: float, high: float) -> None:
        assert clopper_pearson(successes, n) == pytest.approx((low, high), abs=5e-5)

    def test_nothing_is_known_of_an_empty_sample(self) -> None:
        assert clopper_pearson(0, 0) == Interval(0.0, 1.0)


class TestHajek:
    def test_at_equal_propensities_it_is_the_plain_share(self) -> None:
        share, plain = hajek(drawn(300, 30, 20, 5, 0.1)), proportion(5, 20)
        assert (share.value, share.low, share.high) == pytest.approx((plain.value, plain.low, plain.high))

    def test_a_rarely_shown_alert_stands_for_many(self) -> None:
        often, rarely = drawn(10, 10, 10, 10, 1.0), drawn(100, 10, 10, 0, 0.1)
        assert hajek(often + rarely).value == pytest.approx(10 / 110)

    def test_unequal_weights_widen_the_interval(self) -> None:
        mixed = hajek(drawn(30, 30, 30, 15, 1.0) + drawn(300, 30, 30, 15, 0.1))
        plain = proportion(30, 60)
        assert mixed.high - mixed.low > plain.high - plain.low

    def test_a_share_of_nothing_still_has_an_upper_limit(self) -> None:
        share = hajek(drawn(200, 20, 20, 0, 0.1))
        assert (share.value, share.low) == (0.0, 0.0)
        assert share.high == pytest.approx(0.1611, abs=5e-5)


class TestWeightedPrecision:
    def test_where_nothing_was_hidden_it_is_the_naive_figure(self) -> None:
        sample = Sample(certain=certain(100, 80, 60))
        naive, weighted = naive_precision(sample), weighted_precision(sample)
        assert (weighted.value, weighted.low, weighted.high) == pytest.approx((naive.value, naive.low, naive.high))

    def test_hiding_false_alerts_raises_the_naive_figure_only(self) -> None:
        sample = Sample(certain(100, 100, 80), drawn(100, 10, 10, 0, 0.1))
        assert naive_precision(sample).value == pytest.approx(80 / 110)
        assert weighted_precision(sample).value == pytest.approx(0.4)

    def test_audits_that_wait_for_a_verdict_do_not_tilt_it(self) -> None:
        all_judged = Sample(certain(100, 100, 80), drawn(100, 10, 10, 2, 0.1))
        half_judged = Sample(certain(100, 100, 80), drawn(100, 10, 5, 1, 0.1))
        assert weighted_precision(half_judged).value == pytest.approx(weighted_precision(all_judged).value)

    def test_it_is_unknown_while_no_audited_alert_is_judged(self) -> None:
        assert weighted_precision(Sample(certain(100, 100, 80), drawn(100, 10, 0, 0, 0.1))).value is None


class TestMissedShare:
    def test_it_counts_the_accurate_alerts_that_nobody_saw(self) -> None:
        # 80 accurate among the shown, 2 found by audits, 2 / 10 of 90 hidden ones.
        share = missed_share(Sample(certain(100, 100, 80), drawn(100, 10, 10, 2, 0.1)))
        assert share.value == pytest.approx(18 / (80 + 2 + 18))
        assert share.low < 0.18 < share.high

    def test_nothing_hidden_is_nothing_missed(self) -> None:
        assert missed_share(Sample(certain(100, 50, 40))) == Share(0.0, 0.0, 0.0, 0)

    def test_it_is_unknown_without_audits(self) -> None:
        assert missed_share(Sample(certain(100, 50, 40), drawn(10, 0, 0, 0, 0.1))).value is None


class TestSpared:
    def test_it_is_the_false_share_of_what_was_hidden(self) -> None:
        found = spared(Sample(certain(100, 100, 80), drawn(1000, 100, 100, 0, 0.1)))
        assert found is not None
        assert found.high == 900
        assert found.low == pytest.approx(900 * (1 - clopper_pearson(0, 90).high))


class TestTrend:
    @pytest.mark.parametrize(
        ("before", "after", "direction"),
        [
            ((50, 100), (80, 100), "rose"),
            ((80, 100), (50, 100), "fell"),
            ((50, 100), (56, 100), "unclear"),
            ((5_000, 10_000), (5_050, 10_000), "steady"),
            ((0, 0), (56, 100), "unclear"),
        ],
    )
    def test_it_claims_only_what_the_intervals_allow(
        self, before: tuple[int, int], after: tuple[int, int], direction: str
    ) -> None:
        assert trend(proportion(*before), proportion(*after)).direction == direction

    def test_its_limits_are_newcombes(self) -> None:
        # Newcombe (1998), comparing two proportions, example (a), method 10: 56/70 - 48/80, .0524 to .3339.
        before, after = proportion(48, 80), proportion(56, 70)
        assert trend(before, after).direction == "rose"


class Simulated:
    """Histories of a queue with known truth: 600 alerts always shown, 400 that a policy hides but for a tenth."""

    def __init__(self, seed: int, hidden_accurate: float, judged: tuple[float, float]) -> None:
        self.random = np.random.default_rng(seed)
        self.hidden_accurate, self.judged = hidden_accurate, judged

    def history(self) -> tuple[Sample, float, float]:
        """A sample with the true share of accurate alerts, and the true share of accurate ones that were hidden."""
        shown, low = self.random.random(600) < 0.8, self.random.random(400) < self.hidden_accurate
        audited = self.random.random(400) < 0.1
        seen = self.random.random(600) < self.judged[0], audited & (self.random.random(400) < self.judged[1])
        sample = Sample(
            certain(600, int(seen[0].sum()), int(shown[seen[0]].sum())),
            drawn(400, int(audited.sum()), int(seen[1].sum()), int(low[seen[1]].sum()), 0.1),
        )
        accurate = int(shown.sum() + low.sum())
        return sample, accurate / 1000, int(low[~audited].sum()) / accurate

    def coverage(self, estimate: Callable[[Sample], Share], which: int) -> float:
        """How often the interval holds the truth, among histories where something is known."""
        told = [(estimate(sample), truth[which]) for sample, *truth in (self.history() for _ in range(REPETITIONS))]
        known = [(share, truth) for share, truth in told if share.value is not None]
        assert len(known) > 0.9 * REPETITIONS
        return sum(share.low <= truth <= share.high for share, truth in known) / len(known)


@pytest.mark.parametrize("hidden_accurate", [0.02, 0.1, 0.3])
@pytest.mark.parametrize("judged", [(1.0, 1.0), (0.6, 0.3)])
class TestCoverage:
    def test_the_weighted_interval_holds_the_truth(self, hidden_accurate: float, judged: tuple[float, float]) -> None:
        simulated = Simulated(1, hidden_accurate, judged)
        assert simulated.coverage(weighted_precision, 0) >= 0.93

    def test_the_interval_of_what_was_missed_holds_the_truth(
        self, hidden_accurate: float, judged: tuple[float, float]
    ) -> None:
        simulated = Simulated(2, hidden_accurate, judged)
        assert simulated.coverage(missed_share, 1) >= 0.93

    def test_the_naive_interval_does_not(self, hidden_accurate: float, judged: tuple[float, float]) -> None:
        simulated = Simulated(3, hidden_accurate, judged)
        assert simulated.coverage(naive_precision, 0) < 0.5
