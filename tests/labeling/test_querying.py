"""Which alerts to ask people about."""

from collections import Counter

import numpy as np
import pytest

from labeling.nearness import as_rows
from labeling.querying import NEAR_DUPLICATE, Candidate, Pick, Wish, choose
from scoring.features import AlertFacts, FeatureConfig, Features, extract


def features(text: str = "", **values: str | float) -> Features:
    return extract(AlertFacts(text, values, None, "rules", "1"), FeatureConfig())


class Belief:
    """A model that reads its belief off the feature `chance`."""

    def predict(self, seen: Features) -> float:
        return dict(seen.numbers).get("chance", 0.5)


def pool(count: int = 200, **hints: str) -> list[Candidate]:
    """Alerts that differ in their words; the model believes from 0 to 1 of them."""
    texts = [" ".join(f"word{(number * step) % 997}" for step in (3, 7, 11, 13)) for number in range(count)]
    return [
        Candidate(number, features(text, chance=number / count), hints.get(f"a{number}", ""))
        for number, text in enumerate(texts)
    ]


def ask(candidates: list[Candidate], seen: list[Features] | None = None, **wish: object) -> list[Pick]:
    fields = {"count": 20, "learnt": 100, "seed": "s", **wish}
    return choose(candidates, Belief(), Wish(**fields), seen or [])  # type: ignore[arg-type]


class TestChoosingQuestions:
    def test_it_chooses_as_many_as_are_wanted_each_once(self) -> None:
        picks = ask(pool())
        assert len({pick.alert_id for pick in picks}) == 20

    def test_it_takes_what_there_is_of_a_small_pool(self) -> None:
        assert len(ask(pool(3))) == 3
        assert ask([]) == []

    def test_the_same_pool_in_any_order_gives_the_same_questions(self) -> None:
        assert ask(pool()) == ask(pool()[::-1])

    def test_another_seed_draws_other_random_checks(self) -> None:
        def drawn(seed: str) -> set[int]:
            return {pick.alert_id for pick in ask(pool(), seed=seed) if pick.because == "random"}

        assert drawn("one") != drawn("two")

    def test_most_questions_are_about_what_the_model_is_least_sure_of(self) -> None:
        picks = [pick for pick in ask(pool(1_000)) if pick.because == "uncertain"]
        assert len(picks) == 15
        assert min(pick.uncertainty for pick in picks) >= 0.25  # the less certain half

    def test_the_least_sure_first_strategy_asks_about_those_alone(self) -> None:
        picks = ask(pool(1_000), strategy="uncertain", random_share=0.0)
        assert min(pick.uncertainty for pick in picks) > 0.48

    def test_a_share_is_drawn_at_random(self) -> None:
        assert Counter(pick.because for pick in ask(pool(), random_share=0.4))["random"] == 8

    def test_what_is_here_for_its_doubt_is_no_random_check(self) -> None:
        doubtful = [Candidate(one.alert_id, one.features, drawn=one.alert_id % 2 == 0) for one in pool()]
        checks = [pick.alert_id for pick in ask(doubtful, random_share=0.5) if pick.because == "random"]
        assert len(checks) == 10
        assert all(alert_id % 2 == 0 for alert_id in checks)

    def test_the_most_useful_one_has_the_largest_utility(self) -> None:
        utilities = [pick.utility for pick in ask(pool())]
        assert utilities == sorted(utilities, reverse=True)
        assert all(0 < utility <= 1 for utility in utilities)

    def test_ties_go_by_alert_id(self) -> None:
        same = [Candidate(number, features(f"text {number} {number * 31}", chance=0.5)) for number in range(40)]
        picks = ask(same, strategy="uncertain", random_share=0.0, count=5)
        assert [pick.alert_id for pick in picks] == [0, 1, 2, 3, 4]

    def test_it_keeps_the_three_figures_apart(self) -> None:
        for pick in ask(pool()):
            assert pick.probability == pick.alert_id / 200
            assert pick.uncertainty == pytest.approx(min(pick.probability, 1 - pick.probability))


class TestNearDuplicates:
    def test_of_alerts_that_say_the_same_one_is_asked_about(self) -> None:
        copies = [Candidate(1_000 + number, features("cancel my plan please", chance=0.5)) for number in range(50)]
        asked = [pick.alert_id for pick in ask(pool() + copies)]
        assert sum(alert_id >= 1_000 for alert_id in asked) == 1

    def test_what_was_judged_before_is_not_asked_again(self) -> None:
        copies = [Candidate(1_000 + number, features("cancel my plan please", chance=0.5)) for number in range(50)]
        picks = ask(pool() + copies, seen=[features("cancel my plan please", chance=0.5)])
        assert all(pick.alert_id < 1_000 for pick in picks)

    def test_a_table_row_that_differs_is_no_duplicate(self) -> None:
        rows = as_rows([features("", plan="pro", calls=3.0), features("", plan="free", calls=40.0)])
        assert (rows @ rows.T).toarray()[0, 1] < NEAR_DUPLICATE


class TestSecondLooks:
    def test_alerts_with_a_hint_come_first_with_their_reason(self) -> None:
        picks = ask(pool(200, a7="rep_unsure", a199="disagreement"))
        assert {(pick.alert_id, pick.because) for pick in picks[:2]} == {(7, "rep_unsure"), (199, "disagreement")}

    def test_they_get_no_more_than_their_share(self) -> None:
        picks = ask(pool(200, **{f"a{number}": "rep_unsure" for number in range(100)}), second_look_share=0.1)
        assert Counter(pick.because for pick in picks)["rep_unsure"] == 2

    def test_an_alert_with_a_hint_is_asked_about_for_no_other_reason(self) -> None:
        picks = ask(pool(200, a100="rep_unsure"), second_look_share=0.0)
        assert 100 not in {pick.alert_id for pick in picks}

    def test_they_are_asked_about_although_they_were_judged(self) -> None:
        candidates = pool(200, a7="rep_unsure")
        assert 7 in {pick.alert_id for pick in ask(candidates, seen=[candidates[7].features])}


class TestAModelThatHasLearntNothing:
    def test_it_still_gets_questions_and_the_reason_says_so(self) -> None:
        because = Counter(pick.because for pick in ask(pool(), learnt=0))
        assert because.keys() == {"cold", "random"}

    def test_the_questions_differ_from_each_other(self) -> None:
        copies = [Candidate(1_000 + number, features("one and the same", chance=0.5)) for number in range(500)]
        asked = [pick.alert_id for pick in ask(pool() + copies, learnt=0)]
        assert sum(alert_id >= 1_000 for alert_id in asked) <= 1


class TestStrategies:
    @pytest.mark.parametrize("strategy", ["mixed", "uncertain", "diverse", "random"])
    def test_each_fills_the_wish(self, strategy: str) -> None:
        assert len(ask(pool(), strategy=strategy)) == 20

    def test_at_random_asks_for_no_other_reason(self) -> None:
        assert {pick.because for pick in ask(pool(), strategy="random")} == {"random"}

    def test_diverse_is_spread_wider_than_uncertain(self) -> None:
        def spread(strategy: str) -> float:
            picks = ask(pool(1_000), strategy=strategy, random_share=0.0)
            return float(np.std([pick.probability for pick in picks]))

        assert spread("diverse") > spread("uncertain")


class TestRowsForDistances:
    def test_every_row_has_length_one(self) -> None:
        rows = as_rows([features("some words"), features("", plan="pro", calls=3.0), features("both", calls=9.0)])
        assert np.allclose(np.asarray(rows.multiply(rows).sum(axis=1)).ravel(), 1.0)

    def test_no_alerts_are_no_rows(self) -> None:
        assert as_rows([]).shape[0] == 0
