"""How often somebody is checked."""

import pytest

from feedback.checking import CLOSER, FIRST_CHECKS, FIRST_VERDICTS, share_of_checks


@pytest.mark.parametrize(
    ("had", "judged", "doubted", "share"),
    [
        (0, 1, False, 0.04 * CLOSER),
        (FIRST_CHECKS - 1, FIRST_VERDICTS - 1, False, 0.04 * CLOSER),
        (FIRST_CHECKS, 1, False, 0.04),
        (0, FIRST_VERDICTS, False, 0.04),  # nothing was settled that they could have been asked
        (50, FIRST_VERDICTS, True, 0.04 * CLOSER),
    ],
)
def test_more_often_while_little_is_known_or_much_is_doubted(
    had: int, judged: int, doubted: bool, share: float
) -> None:
    assert share_of_checks(0.04, had=had, judged=judged, doubted=doubted) == pytest.approx(share)


@pytest.mark.parametrize(("usual", "share"), [(0.0, 0.0), (0.2, 1.0), (1.0, 1.0)])
def test_never_more_than_all_nor_any_where_they_are_switched_off(usual: float, share: float) -> None:
    assert share_of_checks(usual, had=0, judged=1, doubted=True) == share
