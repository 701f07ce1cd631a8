"""What a card says of segments, wordings and scores: nothing that chance would say."""

import random
from collections.abc import Callable

import numpy as np
import pytest

from scoring.cards.reliability import reliability
from scoring.cards.segments import weak_segments
from scoring.cards.trial import Trial, weighted_share
from scoring.cards.wording import tell_tale_wordings
from scoring.shares import discoveries

Chance = Callable[[random.Random], float]


def trials(count: int, seed: int = 1, *, plan_a: float = 0.6, others: float = 0.6) -> list[Trial]:
    """Alerts of three plans, accurate with a probability; their scores mean nothing."""
    rng = random.Random(seed)
    made = []
    for number in range(count):
        plan = rng.choice("abc")
        accurate = rng.random() < (plan_a if plan == "a" else others)
        features = {"plan": plan, "ticket": f"T-{number}", "seats": number, "trial": rng.random() < 0.5}
        made.append(Trial(number, f"x-{number}", accurate, 1.0, rng.random(), features=features))
    return made


def texts(phrases: dict[str, float], count: int = 400, seed: int = 3) -> list[Trial]:
    """Alerts with a phrase each; the number is how likely it is accurate."""
    rng = random.Random(seed)
    made = []
    for number in range(count):
        phrase = rng.choice(list(phrases))
        text = f"客户{rng.choice('甲乙丙丁戊')}说：{phrase}，{rng.choice(['请尽快', '再联系', '看看吧'])}"
        made.append(Trial(number, f"x-{number}", rng.random() < phrases[phrase], text=text))
    return made


class TestDiscoveries:
    def test_the_published_example_names_the_first_four(self) -> None:
        # Benjamini and Hochberg (1995), section 3.2: fifteen tests of treatments of myocardial infarction.
        p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
             0.7590, 1.0]  # fmt: skip
        assert discoveries(p) == [True] * 4 + [False] * 11

    def test_of_nothing_nothing_is_named(self) -> None:
        assert discoveries([]) == []


class TestWeightedShare:
    def test_an_audited_alert_stands_for_those_it_was_drawn_from(self) -> None:
        share = weighted_share([Trial(1, "a", True), Trial(2, "b", False, 9.0)])
        assert share.value == pytest.approx(0.1)
        assert share.high > 0.5


class TestWeakSegments:
    def test_a_truth_value_is_written_as_scorers_send_it(self) -> None:
        rows = [Trial(i, str(i), i % 2 == 0 or i % 8 == 1, features={"vip": i % 2 == 0}) for i in range(200)]
        assert [(one.feature, one.value) for one in weak_segments(rows)] == [("vip", "false")]

    def test_the_segment_that_is_worse_is_named_beside_the_rest(self) -> None:
        (found,) = weak_segments(trials(900, plan_a=0.3))
        assert (found.feature, found.value) == ("plan", "a")
        assert found.share.high < found.rest.low

    def test_where_all_are_alike_none_is_named(self) -> None:
        named = [bool(weak_segments(trials(400, seed))) for seed in range(60)]
        assert np.mean(named) < 0.1

    def test_where_a_few_audits_stand_for_many_none_is_named_either(self) -> None:
        """One alert in twenty was drawn, stands for ten, and is false as a rule."""
        named = []
        for seed in range(60):
            rng = random.Random(seed)
            drawn = [rng.random() < 0.05 for _ in range(600)]
            rows = [
                Trial(n, str(n), rng.random() < (0.05 if audit else 0.5), 10.0 if audit else 1.0,
                      features={name: rng.choice("abcd") for name in ("plan", "region", "size")})
                for n, audit in enumerate(drawn)
            ]  # fmt: skip
            named.append(bool(weak_segments(rows)))
        assert np.mean(named) < 0.1

    def test_an_identifier_is_no_segment(self) -> None:
        assert all(one.feature == "plan" for one in weak_segments(trials(900, plan_a=0.1)))

    def test_a_few_alerts_are_none(self) -> None:
        assert weak_segments(trials(39, plan_a=0.0)) == []


class TestTellTaleWordings:
    def test_the_phrase_of_the_false_positives_is_named_whole(self) -> None:
        found = tell_tale_wordings(texts({"发票抬头写错": 0.1, "准备换一家": 0.9, "物流太慢": 0.6}))
        assert found[0].phrase.startswith("发票抬头写错")
        assert not any("换一家" in one.phrase for one in found)
        assert found[0].share < 0.2

    def test_words_of_other_scripts_are_phrases_too(self) -> None:
        rows = [
            Trial(i, str(i), i % 2 == 0, text="please cancel it" if i % 2 == 0 else "Wrong INVOICE address")
            for i in range(80)
        ]
        assert "wrong invoice address" in [one.phrase for one in tell_tale_wordings(rows)]

    def test_no_single_character_and_no_part_of_another_is_named(self) -> None:
        phrases = [one.phrase for one in tell_tale_wordings(texts({"发票抬头写错": 0.1, "准备换一家": 0.9}))]
        assert phrases and all(len(phrase) > 1 for phrase in phrases)
        assert not any(one != other and one in other for one in phrases for other in phrases)

    def test_where_wording_tells_nothing_none_is_named(self) -> None:
        named = [bool(tell_tale_wordings(texts({"发票": 0.5, "物流": 0.5}, 200, seed))) for seed in range(40)]
        assert np.mean(named) < 0.15

    @pytest.mark.parametrize("rows", [[], [Trial(1, "a", False)], [Trial(1, "a", True, text="好")]])
    def test_of_nothing_it_says_nothing(self, rows: list[Trial]) -> None:
        assert tell_tale_wordings(rows) == []


class TestReliability:
    def scored(self, slope: float, count: int = 3_000) -> list[Trial]:
        """The truth follows the scores with a slope of log-odds."""
        rng = np.random.default_rng(5)
        odds = rng.normal(size=count)
        truth = rng.random(count) < 1 / (1 + np.exp(-slope * odds))
        return [Trial(i, str(i), bool(truth[i]), 1.0, float(1 / (1 + np.exp(-odds[i])))) for i in range(count)]

    @pytest.mark.parametrize("slope", [0.4, 1.0, 2.0])
    def test_the_slope_is_the_one_that_made_the_labels(self, slope: float) -> None:
        found = reliability(self.scored(slope))
        assert found is not None
        assert found.slope == pytest.approx(slope, abs=0.15)

    def test_what_was_said_lies_in_the_bins_of_a_scorer_that_is_right(self) -> None:
        found = reliability(self.scored(1.0))
        assert found is not None
        assert sum(one.share.low <= one.said <= one.share.high for one in found.bins) >= 8
        assert found.brier < found.brier_of_average

    def test_the_error_is_the_mean_distance_of_all_bins_by_weight(self) -> None:
        low = [Trial(i, str(i), i < 10, 1.0, 0.2) for i in range(50)]
        high = [Trial(i, str(i), i % 2 == 0, 3.0, 0.8) for i in range(50)]
        found = reliability([*low, *high], bins=2)
        assert found is not None and found.outlier is not None
        assert found.error == pytest.approx((50 * 0.0 + 150 * 0.3) / 200)
        assert (found.outlier.said, found.outlier.share.n) == (pytest.approx(0.8), 50)

    def test_a_few_scores_tell_nothing(self) -> None:
        assert reliability(self.scored(1.0, 29)) is None

    def test_scores_that_are_all_the_same_have_no_slope(self) -> None:
        rows = [Trial(i, str(i), i % 3 == 0, 1.0, 0.7) for i in range(60)]
        found = reliability(rows)
        assert found is not None
        assert (found.slope, found.order.auc) == (None, 0.5)

    def test_labels_that_part_cleanly_have_no_slope(self) -> None:
        found = reliability([Trial(i, str(i), i >= 30, 1.0, i / 60) for i in range(60)])
        assert found is not None
        assert (found.slope, found.order.auc) == (None, 1.0)
