"""The prior of a new queue, from other queues' verdicts."""

import math

import pytest

from scoring.experience import BINS, NONE, Tally, bin_of, experience, fit


def tally(
    intercept: float, gain: float, queue: int = 1, scorer: str = "llm", language: str = "zh", verdicts: int = 4_000
) -> Tally:
    """A queue whose labels follow the upstream score just so."""
    each = verdicts // BINS
    shares = [1 / (1 + math.exp(-(intercept + gain * ((n + 0.5) / BINS * 2 - 1)))) for n in range(BINS)]
    return Tally(queue, scorer, language, tuple(round(each * share) for share in shares), (each,) * BINS)


class TestFit:
    def test_it_finds_what_the_labels_follow(self) -> None:
        one = tally(-0.7, 2.0)
        assert fit(one.accurate, one.total) == pytest.approx((-0.7, 2.0), abs=0.05)

    def test_nothing_known_is_the_usual(self) -> None:
        assert fit([0] * BINS, [0] * BINS) == (0.0, 1.0)

    def test_labels_that_are_all_alike_give_a_bounded_answer(self) -> None:
        intercept, gain = fit([100] * BINS, [100] * BINS)
        assert 0 < intercept < 12 and abs(gain) < 12


class TestExperience:
    def test_nobody_to_ask_is_no_experience(self) -> None:
        assert experience([], "llm", "zh") == NONE

    def test_a_queue_that_knows_little_is_not_asked(self) -> None:
        assert experience([tally(1, 2, verdicts=40)], "llm", "zh") == NONE

    def test_queues_of_another_scorer_are_not_asked(self) -> None:
        assert experience([tally(1, 2, scorer="rules")], "llm", "zh") == NONE
        assert experience([tally(1, 2, scorer="")], "", "zh") == NONE

    def test_queues_that_agree_are_believed(self) -> None:
        found = experience([tally(1.0, 3.0, queue) for queue in range(6)], "llm", "zh")
        assert found.intercept == pytest.approx(1.0, abs=0.3) and found.gain == pytest.approx(3.0, abs=0.5)
        assert (found.queues, found.verdicts) == (6, 24_000)

    def test_queues_that_contradict_each_other_say_next_to_nothing(self) -> None:
        found = experience([tally(2.0, 1.0, 1), tally(-2.0, 1.0, 2)], "llm", "zh")
        assert abs(found.intercept) < 0.2

    def test_the_same_language_counts_for_more(self) -> None:
        queues = [tally(1.0, 1.0, 1, language="zh"), tally(-1.0, 1.0, 2, language="en")]
        assert experience(queues, "llm", "zh").intercept > experience(queues, "llm", "en").intercept

    def test_it_does_not_depend_on_the_order(self) -> None:
        queues = [tally(1.0, 2.0, 1), tally(0.4, 3.0, 2), tally(0.8, 1.0, 3)]
        assert experience(queues, "llm", "zh") == pytest.approx(experience(queues[::-1], "llm", "zh"))


class TestBins:
    @pytest.mark.parametrize(("score", "place"), [(0.0, 0), (0.049, 0), (0.05, 1), (0.999, 19), (1.0, 19)])
    def test_a_score_has_its_place(self, score: float, place: int) -> None:
        assert bin_of(score) == place
