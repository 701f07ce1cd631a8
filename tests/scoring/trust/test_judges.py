"""How far each judge can be believed."""

import csv
import gzip
import os
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from scoring.trust.judges import Opinion, Team, agreeing, reliability, surely_below

SHARED = Path(os.environ.get("ALERTLOOP_SHARED") or Path(__file__).resolve().parents[4] / "shared")


def panel(rates: dict[str, tuple[float, float]], items: int, seed: int = 1, each: int = 3) -> Iterator[Opinion]:
    """Opinions of judges with these (accurate, false) rates; alert i is accurate where i is even."""
    rng = Random(seed)
    for item in range(items):
        for judge in rng.sample(sorted(rates), min(each, len(rates))):
            right = rng.random() < rates[judge][item % 2]
            yield Opinion(item, judge, right == (item % 2 == 0))


def truths(items: int) -> dict[object, bool]:
    return {item: item % 2 == 0 for item in range(items)}


def honest(count: int, right: float = 0.9) -> dict[str, tuple[float, float]]:
    return {f"rep{number}": (right, right) for number in range(count)}


class TestWhatIsKnownOfAJudge:
    def test_without_opinions_everybody_is_the_team(self) -> None:
        team = reliability([], {})
        assert team.of("rhea") == team.usual and team.weight("rhea") == 1.0

    def test_an_alert_that_one_person_judged_says_nothing(self) -> None:
        team = reliability([Opinion(1, "rhea", True), Opinion(2, "tom", False)], {})
        assert team.judges == {} and team.truth == {}

    def test_a_known_truth_says_something_of_a_single_opinion(self) -> None:
        team = reliability([Opinion(1, "rhea", True)], {1: True})
        assert team.of("rhea").accurate.mean > team.of("tom").accurate.mean
        assert team.truth[1] == 1.0

    def test_both_ways_of_being_wrong_are_apart(self) -> None:
        rates = honest(4) | {"tom": (0.4, 0.95)}
        tom = reliability(panel(rates, 400), truths(400)).of("tom")
        assert tom.accurate.mean == pytest.approx(0.4, abs=0.1)
        assert tom.false.mean == pytest.approx(0.95, abs=0.05)

    def test_little_evidence_is_drawn_to_the_team(self) -> None:
        rows = [*panel(honest(5), 300), Opinion(1, "new", True)]
        team = reliability(rows, truths(300))
        assert abs(team.of("new").right.mean - team.usual.right.mean) < 0.08

    def test_only_the_last_opinion_of_a_judge_on_an_alert_counts(self) -> None:
        once = reliability([Opinion(1, "rhea", True)], {1: True})
        assert reliability([Opinion(1, "rhea", False), Opinion(1, "rhea", True)], {1: True}) == once

    @given(st.permutations(list(panel(honest(4) | {"tom": (0.3, 0.6)}, 12))))
    def test_the_order_of_the_opinions_is_no_evidence(self, rows: list[Opinion]) -> None:
        found, usual = reliability(rows, {0: True}), reliability(sorted(rows, key=str), {0: True})
        assert found.of("tom").right.mean == pytest.approx(usual.of("tom").right.mean, abs=1e-6)


class TestWithoutKnownAnswers:
    def test_who_is_careless_is_found_among_colleagues(self) -> None:
        team = reliability(panel(honest(6) | {"tom": (0.55, 0.6)}, 600), {})
        assert min(team.judges, key=lambda judge: team.of(judge).right.mean) == "tom"
        assert surely_below(team.of("tom").right, team.usual.right)
        assert not surely_below(team.of("rep1").right, team.usual.right)

    def test_who_says_the_opposite_of_everybody_is_below_a_coin(self) -> None:
        team = reliability(panel(honest(6) | {"mallory": (0.1, 0.1)}, 400), {})
        assert team.of("mallory").right.high < 0.3

    def test_the_truth_is_found_better_than_by_majority(self) -> None:
        rates = {"a": (0.97, 0.97), "b": (0.9, 0.9), "c": (0.6, 0.6), "d": (0.6, 0.55), "e": (0.6, 0.6)}
        rows = list(panel(rates, 500, each=5))
        team = reliability(rows, {})
        majority = {i: sum(1 if one.accurate else -1 for one in rows if one.item == i) > 0 for i in range(500)}
        right = sum((team.truth[i] > 0.5) == (i % 2 == 0) for i in range(500))
        assert right > sum(majority[i] == (i % 2 == 0) for i in range(500)) + 25


class TestTheInterval:
    @pytest.mark.parametrize("certain", [True, False])
    def test_it_covers_the_true_rate_in_at_least_93_of_100_judges(self, certain: bool) -> None:
        covered = []
        for seed in range(40):
            rng = Random(seed)
            rates = {f"rep{n}": (rng.betavariate(18, 2), rng.betavariate(16, 4)) for n in range(6)}
            team = reliability(panel(rates, 240, seed), truths(240) if certain else {})
            for judge, (accurate, false) in rates.items():
                covered.append(team.of(judge).accurate.low <= accurate <= team.of(judge).accurate.high)
                covered.append(team.of(judge).false.low <= false <= team.of(judge).false.high)
        assert sum(covered) / len(covered) >= 0.93

    def test_it_narrows_with_evidence(self) -> None:
        few, many = (reliability(panel(honest(4), n), truths(n)).of("rep1").accurate for n in (40, 800))
        assert many.high - many.low < (few.high - few.low) / 2


class TestTheWeight:
    def test_a_judge_like_the_team_weighs_1(self) -> None:
        team = reliability(panel(honest(5), 400), truths(400))
        assert all(team.weight(judge) > 0.85 for judge in honest(5))

    def test_a_coin_weighs_next_to_nothing(self) -> None:
        team = reliability(panel(honest(5) | {"coin": (0.5, 0.5)}, 600), truths(600))
        assert 0 < team.weight("coin") < 0.2

    @given(st.floats(0.02, 0.98), st.floats(0.02, 0.98), st.integers(0, 40))
    def test_it_is_above_0_and_at_most_1(self, accurate: float, false: float, items: int) -> None:
        team = reliability(panel(honest(2) | {"tom": (accurate, false)}, items), truths(items))
        assert all(0 < team.weight(judge) <= 1 for judge in ("rep0", "tom", "nobody"))


@pytest.mark.skipif(not (SHARED / "data").exists(), reason="the labelled streams are not here")
class TestOnRealAnnotators:
    @pytest.fixture
    def rows(self) -> list[tuple[Opinion, bool]]:
        with gzip.open(SHARED / "data" / "annot_d_product.csv.gz", "rt") as file:
            found = list(csv.DictReader(file))
        return [(Opinion(row["item"], row["annotator"], row["label"] == "1"), row["gold"] == "1") for row in found]

    def test_it_finds_the_truth_better_than_the_majority_does(self, rows: list[tuple[Opinion, bool]]) -> None:
        gold = {one.item: truth for one, truth in rows}
        truth = reliability([one for one, _ in rows], {}).truth
        assert sum((truth[item] > 0.5) == gold[item] for item in gold) / len(gold) > 0.93  # the majority: 0.897

    def test_it_ranks_annotators_as_gold_does(self, rows: list[tuple[Opinion, bool]]) -> None:
        team: Team = reliability([one for one, _ in rows], {})
        frequent = [judge for judge in team.judges if sum(one.judge == judge for one, _ in rows) >= 50]
        assert spearmanr([team.of(judge).right.mean for judge in frequent],
                         [balanced(rows, judge) for judge in frequent])[0] > 0.8  # fmt: skip


def balanced(rows: list[tuple[Opinion, bool]], judge: object) -> float:
    mine = [(one, gold) for one, gold in rows if one.judge == judge]
    sides = [[one.accurate == gold for one, gold in mine if gold is side] for side in (True, False)]
    return sum(sum(side) / len(side) if side else 0.5 for side in sides) / 2


def test_agreeing_counts_what_is_more_likely_true() -> None:
    said = [Opinion(1, "rhea", True), Opinion(2, "rhea", True), Opinion(3, "rhea", True)]
    assert agreeing({1: 0.9, 2: 0.2}, said) == 0.5
