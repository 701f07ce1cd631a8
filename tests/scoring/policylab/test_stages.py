"""When a queue may take its next step."""

import numpy as np
import pytest
from django.contrib.auth.models import User

from feedback.models import Alert, Queue, Value
from scoring.policylab.selectors import apprentice_of
from scoring.services.amending import hold_back
from scoring.stages import after, apprentice, conditions, is_step_up
from scoring.thresholds import Choice
from tests import factories
from tests.scoring.lead.history import NOW
from tests.scoring.policylab.histories import truth

ENOUGH = Choice(0.1, 0.8, "cap", 0.01, 0.012, 900, 300)


def blind(n: int, knows: bool = True) -> tuple[np.ndarray, np.ndarray]:
    chance, label = truth(n, 1)
    return (chance if knows else np.random.default_rng(1).random(n)), label == 1.0


class TestTheApprentice:
    def test_agrees_where_it_is_on_the_judges_side_of_one_half(self) -> None:
        score = apprentice(np.array([0.9, 0.6, 0.2, 0.4]), np.array([True, False, False, True]))
        assert (score.n, score.agreement.value) == (4, 0.5)

    def test_that_was_never_tested_has_no_score(self) -> None:
        score = apprentice(np.array([]), np.array([], bool))
        assert (score.n, score.agreement.value, score.order.auc) == (0, None, None)

    @pytest.mark.django_db
    def test_is_not_tested_by_who_is_held_back(self, history: Queue, rhea: User) -> None:
        assert apprentice_of(history.pk).n == 360
        hold_back(queue=history, since=100, until=None, judge=rhea, note="", by=None, now=NOW)
        assert apprentice_of(history.pk).n == 100

    @pytest.mark.django_db
    def test_is_not_tested_by_checks(self, history: Queue, tom: User) -> None:
        before = apprentice_of(history.pk)
        for alert in Alert.objects.filter(queue=history).order_by("pk")[:9]:
            factories.judge(alert, tom, Value.FALSE_POSITIVE, blind=True, is_check=True, now=NOW)
        assert apprentice_of(history.pk) == before


class TestConditions:
    def test_of_rank_are_met_by_an_apprentice_that_orders_blind_verdicts(self) -> None:
        assert all(one.met for one in conditions("observe", apprentice(*blind(60)), ENOUGH))

    def test_of_rank_ask_for_fifty_blind_verdicts(self) -> None:
        found = conditions("observe", apprentice(*blind(49)), ENOUGH)
        assert [one.asked for one in found if not one.met] == ["blind"]

    def test_are_not_met_by_one_that_guesses(self) -> None:
        found = conditions("observe", apprentice(*blind(200, knows=False)), ENOUGH)
        assert [one.asked for one in found if not one.met] == ["order"]

    def test_are_not_met_by_agreeing_that_nearly_all_is_false(self) -> None:
        accurate = np.zeros(100, bool)
        accurate[:3] = True
        found = conditions("observe", apprentice(np.full(100, 0.03), accurate), ENOUGH)
        assert [one.asked for one in found if not one.met] == ["order"]

    @pytest.mark.parametrize(
        ("choice", "lacking"),
        [
            (ENOUGH, []),
            (Choice(0.0, 0.8, "cap", 0, 0, 900, 300), ["cap"]),
            (Choice(0.0, 0.8, "evidence", 0, 0, 200, 100), ["judged", "cap"]),
            (Choice(0.0, 0.8, "evidence", 0, 0, 900, 3), ["accurate", "cap"]),
        ],
    )
    def test_of_suppress_ask_for_a_threshold_that_keeps_the_cap(self, choice: Choice, lacking: list[str]) -> None:
        found = conditions("rank", apprentice(*blind(400)), choice)
        assert [one.asked for one in found if not one.met] == lacking

    def test_there_are_none_after_the_last_stage(self) -> None:
        assert conditions("suppress", apprentice(*blind(10)), ENOUGH) == []
        assert after("suppress") is None


def test_a_step_up_is_one_that_lets_the_model_do_more() -> None:
    assert [is_step_up("rank", stage) for stage in ("observe", "rank", "suppress")] == [False, False, True]  # type: ignore[arg-type]
