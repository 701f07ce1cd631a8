"""What the policy lab says."""

import pytest

from scoring.policylab.words import condition
from scoring.stages import Asked, Condition


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
