"""What the policy lab says."""

from typing import Any

import pytest

from feedback.models import Queue
from scoring.models import PolicyVersion
from scoring.policylab.words import chosen, condition, now_in_force
from scoring.stages import Asked, Condition
from scoring.thresholds import Choice


class TestACondition:
    @pytest.mark.parametrize(
        ("asked", "text"),
        [
            ("blind", "472 verdicts given without the score on screen; it takes 300"),
            ("judged", "472 judged alerts to choose a threshold on; it takes 300"),
            ("accurate", "472 real ones among them; it takes 300"),
        ],
    )
    def test_that_is_met_says_what_there_is_and_what_it_takes(self, asked: Asked, text: str) -> None:
        assert condition(Condition(asked, 472, 300, met=True)) == text

    def test_that_is_not_says_how_far_it_is(self) -> None:
        assert condition(Condition("judged", 12, 300, met=False)).startswith("12 of 300 judged alerts")


class TestAThreshold:
    @pytest.mark.parametrize(
        ("allowed", "text"),
        [
            (0.032, "So far less than the cap of 2.0% was hidden, so up to 3.2% of what comes may be."),
            (0.005, "So far more than the cap of 2.0% was hidden, so no more than 0.5% of what comes may be."),
            (0.02, ""),
        ],
    )
    def test_says_why_its_limit_is_not_the_cap(self, allowed: float, text: str) -> None:
        said = chosen(Choice(0.2, 0.8, "cap", 0.01, allowed, 900, 300, cap=0.02, allowed=allowed))
        assert said.partition("limit ")[2].partition(" ")[2] == text

    def test_of_the_target_says_nothing_of_a_cap_that_it_keeps(self) -> None:
        assert "So far" not in chosen(Choice(0.2, 0.8, "target", 0.01, 0.015, 900, 300, cap=0.02, allowed=0.032))
        assert "So far" in chosen(Choice(0.2, 0.8, "target", 0.01, 0.025, 900, 300, cap=0.02, allowed=0.032))

    def test_that_is_none_says_why(self) -> None:
        said = chosen(Choice(0.0, 0.8, "cap", 0.0, 0.0, 900, 300, cap=0.02, allowed=0.005))
        assert said.startswith("No threshold keeps the cap") and "no more than 0.5%" in said


class TestWhatIsInForceNow:
    @pytest.mark.parametrize(
        ("fields", "hides"),
        [
            ({"stage": "suppress", "hide_below": 0.062}, "It hides below 6.2%; the cap is 2.0% of the real ones."),
            ({"stage": "suppress", "hide_below": 0.0}, "no threshold is known that keeps the cap of 2.0%."),
            ({"stage": "rank", "hide_below": 0.062}, "stage rank. It hides nothing."),
        ],
    )
    def test_says_what_it_hides(self, fields: dict[str, Any], hides: str) -> None:
        assert now_in_force(PolicyVersion(queue=Queue(name="Churn"), version=4, cap=0.02, **fields)).endswith(hides)
