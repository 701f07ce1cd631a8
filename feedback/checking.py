"""How often somebody is checked: the usual share, and more while little is known of them or much is doubted. Pure."""

from typing import Final

# Below so many checks nobody is known; after so many verdicts the usual share goes on all the same, for where nothing
# is settled nobody can be checked.
FIRST_CHECKS, FIRST_VERDICTS = 8, 100
CLOSER: Final = 5.0  # times as often


def share_of_checks(usual: float, *, had: int, judged: int, doubted: bool) -> float:
    """The share of what *next* brings that is a check, 0 to 1.

    `had`: checks that the person had in the queue. `judged`: their verdicts there, counted up to `FIRST_VERDICTS`.
    `doubted`: whether a suspicion grows.
    """
    closely = doubted or (had < FIRST_CHECKS and judged < FIRST_VERDICTS)
    return min(1.0, usual * CLOSER) if closely else usual
