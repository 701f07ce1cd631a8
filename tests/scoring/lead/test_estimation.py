"""Shares and their intervals: known values, and how often the interval holds the truth."""

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import estimation as bench
from scoring.estimation import (
    Number,
    hidden_accurate,
    missed_share,
    naive_precision,
    recall,
    shown_precision,
    spared,
    strata_of,
    weighted_precision,
)
from scoring.sample import Cell, Counts, Sample, together
from scoring.shares import (
    Interval,
    Share,
    clopper_pearson,
    difference,
    proportion,
    trend,
    wilson,
)

HISTORIES = 100


def sample(*cells: tuple[Cell, Counts]) -> Sample:
    return Sample(dict(cells))


def certain(raised: int, judged: int, accurate: int, **cell: int) -> tuple[Cell, Counts]:
    return Cell(1.0, **cell), Counts(raised, raised, judged, accurate)


def drawn(raised: int, shown: int, judged: int, accurate: int, propensity: float = 0.1) -> tuple[Cell, Counts]:
    return Cell(propensity), Counts(raised, shown, judged, accurate)


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
        # Newcombe (1998), comparing two proportions, example (a), method 10: 56/70 - 48/80.
        limits = difference(proportion(56, 70), proportion(48, 80))
        assert limits == pytest.approx((0.0524, 0.3339), abs=5e-5)


class TestStrata:
    def test_each_holds_enough_judged_alerts_and_none_is_lost(self) -> None:
        cells = [certain(100, 7, 2, band=band, week=week) for band in range(10) for week in range(8)]
        strata = strata_of(sample(*cells), drawn=False)
        assert strata is not None
        assert strata.judged.min() >= 20
        assert (strata.raised.sum(), strata.judged.sum()) == (8_000, 560)

    def test_of_a_few_verdicts_there_is_one(self) -> None:
        strata = strata_of(sample(certain(9, 4, 1, band=2), certain(9, 5, 3, band=7)), drawn=False)
        assert strata is not None
        assert strata.share.tolist() == pytest.approx([4 / 9])

    def test_without_a_verdict_there_is_none(self) -> None:
        assert strata_of(sample(certain(9, 0, 0)), drawn=False) is None
        assert strata_of(sample(certain(9, 9, 0)), drawn=True) is None

    def test_an_alert_that_was_rarely_shown_stands_for_many(self) -> None:
        strata = strata_of(sample(drawn(20, 10, 10, 10, 0.5), drawn(100, 10, 10, 0, 0.1)), drawn=True)
        assert strata is not None
        assert strata.share.tolist() == pytest.approx([20 / 120])


class TestWeightedPrecision:
    def test_where_nothing_was_hidden_it_is_the_naive_figure(self) -> None:
        told = sample(certain(100, 80, 60))
        naive, weighted = naive_precision(told), weighted_precision(told)
        assert (weighted.value, weighted.low, weighted.high) == pytest.approx((naive.value, naive.low, naive.high))

    def test_hiding_false_alerts_raises_the_naive_figure_only(self) -> None:
        told = sample(certain(100, 100, 80), drawn(100, 10, 10, 0))
        assert naive_precision(told).value == pytest.approx(80 / 110)
        assert weighted_precision(told).value == pytest.approx(0.4)

    def test_audits_that_wait_for_a_verdict_do_not_tilt_it(self) -> None:
        all_judged = sample(certain(100, 100, 80), drawn(100, 10, 10, 2))
        half_judged = sample(certain(100, 100, 80), drawn(100, 10, 5, 1))
        assert weighted_precision(half_judged).value == pytest.approx(weighted_precision(all_judged).value)

    def test_reps_who_judge_the_red_ones_first_do_not_tilt_it(self) -> None:
        told = sample(certain(100, 90, 81, tier=2, band=8), certain(300, 30, 3, tier=0, band=2))
        assert naive_precision(told).value == pytest.approx(84 / 120)
        assert shown_precision(told).value == pytest.approx((90 + 30) / 400)

    def test_it_is_unknown_while_no_audited_alert_is_judged(self) -> None:
        assert weighted_precision(sample(certain(100, 100, 80), drawn(100, 10, 0, 0))).value is None

    def test_a_few_hidden_alerts_that_nobody_audited_widen_it_by_as_many(self) -> None:
        known = weighted_precision(sample(certain(950, 950, 380)))
        found = weighted_precision(sample(certain(950, 950, 380), drawn(50, 0, 0, 0)))
        assert (found.value, found.n) == (known.value, 950)
        assert (found.low, found.high) == pytest.approx((known.low * 0.95, known.high * 0.95 + 0.05))
        assert weighted_precision(sample(certain(950, 950, 380), drawn(51, 0, 0, 0))).value is None


class TestWhatWasHidden:
    def test_accurate_ones_are_counted_from_the_audits(self) -> None:
        told = sample(certain(100, 100, 80), drawn(100, 10, 10, 2))
        assert hidden_accurate(told).value == pytest.approx(18)
        assert missed_share(told).value == pytest.approx(18 / (80 + 2 + 18))
        assert recall(told).value == pytest.approx(0.82)

    def test_no_positive_among_the_audits_is_not_certainty(self) -> None:
        told = sample(certain(100, 100, 80), drawn(100, 10, 10, 0))
        lost = hidden_accurate(told)
        assert (lost.value, lost.low) == (0.0, 0.0)
        assert lost.high > 90 * 0.3
        assert recall(told).low < 0.8

    def test_without_a_judged_audit_it_may_be_anything(self) -> None:
        told = sample(certain(100, 50, 40), drawn(10, 1, 0, 0))
        assert hidden_accurate(told) == Number(None, 0.0, 9.0, 9)
        assert recall(told).value is None

    def test_audits_of_one_tier_say_nothing_of_another(self) -> None:
        audited = sample(drawn(200, 20, 20, 0))
        red = (Cell(propensity=0.1, tier=2, band=9), Counts(raised=12))
        before, after = hidden_accurate(audited), hidden_accurate(audited + sample(red))
        assert after.high > before.high + 11 and after.low == 0.0
        assert spared(audited + sample(red)).low < spared(audited).low + 1
        assert weighted_precision(audited + sample(red)).high > weighted_precision(audited).high + 12 / 212 - 0.02

    def test_nothing_hidden_is_nothing_missed(self) -> None:
        told = sample(certain(100, 50, 40))
        assert missed_share(told) == Share(0.0, 0.0, 0.0, 0)
        assert hidden_accurate(told) == Number(0.0, 0.0, 0.0, 0)

    def test_false_ones_among_the_hidden_were_spared(self) -> None:
        found = spared(sample(certain(100, 100, 80), drawn(1000, 100, 100, 0)))
        assert found.high == found.of == 900
        assert found.low == pytest.approx(900 * (1 - clopper_pearson(0, 90).high))

    def test_audits_at_two_shares_count_by_what_they_stand_for(self) -> None:
        told = sample(certain(100, 100, 80), drawn(1000, 20, 20, 0, 0.02), drawn(100, 20, 20, 10, 0.2))
        assert hidden_accurate(told).value == pytest.approx(80 * 0.5)


COUNTS = st.lists(st.integers(0, 60), min_size=4, max_size=4).map(
    lambda n: Counts(*(sum(n[: 4 - i]) for i in range(4)))
)
CELLS = st.builds(Cell, st.sampled_from([1.0, 0.2, 0.05]), st.integers(0, 2), st.integers(0, 9), st.integers(0, 3))


class TestAnySample:
    @given(st.dictionaries(CELLS, COUNTS, max_size=12))
    def test_a_figure_lies_within_its_interval_and_that_within_bounds(self, cells: dict[Cell, Counts]) -> None:
        told = Sample(cells)
        for share in (f(told) for f in (naive_precision, weighted_precision, shown_precision, recall)):
            assert 0 <= share.low <= share.high <= 1
            assert share.value is None or share.low - 1e-9 <= share.value <= share.high + 1e-9
        lost = hidden_accurate(told)
        assert 0 <= lost.low <= (lost.value or 0.0) + 1e-9
        assert (lost.value or 0.0) - 1e-9 <= lost.high <= lost.of == told.drawn.hidden

    @given(st.dictionaries(CELLS, COUNTS, max_size=12), st.randoms())
    def test_the_order_of_adding_up_changes_nothing(self, cells: dict[Cell, Counts], random: Random) -> None:
        parts = [Sample({cell: counts}) for cell, counts in cells.items()]
        random.shuffle(parts)
        assert weighted_precision(together(parts)) == weighted_precision(Sample(cells))


@pytest.fixture(scope="module", params=["rare", "red first", "all at once"])
def told(request: pytest.FixtureRequest) -> list[bench.Told]:
    """What histories of 1,000 alerts of a regime told."""
    return bench.simulate(bench.REGIMES[request.param], [1_000], range(HISTORIES))[1_000]


class TestCoverage:
    """A small run of bench/estimation.py, whose table is in docs/benchmarks.md."""

    @pytest.mark.parametrize("figure", bench.FIGURES)
    def test_the_interval_holds_the_truth(self, told: list[bench.Told], figure: str) -> None:
        held = [one.figures[bench.FIGURES.index(figure)] for one in told]
        assert np.mean([one.held for one in held if one.known]) >= 0.93

    def test_the_naive_interval_does_not(self, told: list[bench.Told]) -> None:
        assert np.mean([one.naive_held for one in told]) < 0.5
