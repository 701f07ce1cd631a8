"""Real annotators: does the estimate rank people as gold does, and does it find the truth better than the majority.

python -m bench.annotators
"""

from __future__ import annotations

import csv
import gzip
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from bench.ranking import SHARED
from scoring.trust.judges import Opinion, reliability


def main() -> None:
    """Read both sets, estimate, compare."""
    if not (SHARED / "data").exists():
        sys.exit(f"No streams in {SHARED}: set ALERTLOOP_SHARED to the folder that has data/ and tools/.")
    print_annotators()


def print_annotators() -> None:
    """Real annotators: the estimate beside gold, and the truth by majority, by weights and by the estimate."""
    for name in ("annot_d_product", "annot_convabuse"):
        with gzip.open(SHARED / "data" / f"{name}.csv.gz", "rt") as file:
            found = list(csv.DictReader(file))
        opinions = [Opinion(row["item"], row["annotator"], float(row["label"]) > 0) for row in found]
        team = reliability(opinions, {})
        votes: dict[Any, list[Opinion]] = defaultdict(list)
        for one in opinions:
            votes[one.item].append(one)
        print(f"{name}: {len(opinions)} labels of {len(team.judges)} people on {len(votes)} items")
        if "gold" in found[0]:
            _print_gold(team, votes, {row["item"]: row["gold"] == "1" for row in found})
        else:
            _print_held_out(opinions, votes)


def _print_gold(team: Any, votes: dict[Any, list[Opinion]], gold: dict[Any, bool]) -> None:
    def share(answer: Callable[[Any], float]) -> float:
        return sum((answer(item) > 0) == gold[item] for item in gold) / len(gold)

    def ballot(item: Any, weight: Callable[[Any], float]) -> float:
        return sum(weight(one.judge) * (1 if one.accurate else -1) for one in votes[item])

    mine: dict[Any, list[tuple[bool, bool]]] = defaultdict(list)
    for item, given in votes.items():
        for one in given:
            mine[one.judge].append((one.accurate, gold[item]))
    print(f"  accuracy: majority {share(lambda item: ballot(item, lambda _: 1.0)):.4f}, "
          f"weighted majority {share(lambda item: ballot(item, team.weight)):.4f}, "
          f"estimated truth {share(lambda item: team.truth[item] - 0.5):.4f}")  # fmt: skip
    for least in (1, 20, 50):
        judges = [judge for judge in team.judges if len(mine[judge]) >= least]
        real = [_balanced(mine[judge]) for judge in judges]
        rho = spearmanr([team.of(judge).right.mean for judge in judges], real)[0]
        found = [team.of(judge).right for judge in judges]
        covered = float(np.mean([one.low <= truth <= one.high for one, truth in zip(found, real, strict=True)]))
        print(f"  {len(judges)} people with {least} labels or more: Spearman {rho:.3f}, interval covers {covered:.2f}")


def _balanced(answers: Sequence[tuple[bool, bool]]) -> float:
    sides = [[said == truth for said, truth in answers if truth is side] for side in (True, False)]
    return float(np.mean([np.mean(side) if side else 0.5 for side in sides]))


def _print_held_out(opinions: Sequence[Opinion], votes: dict[Any, list[Opinion]]) -> None:
    """No gold: how often the reliability of one half of the items ranks people as the other half does."""
    halves = [reliability([one for one in opinions if int(str(one.item)) % 2 == half], {}) for half in (0, 1)]
    judges = sorted(halves[0].judges.keys() & halves[1].judges.keys(), key=str)
    ranks = [[half.of(judge).right.mean for judge in judges] for half in halves]
    print(f"  {len(judges)} people, split halves: Spearman {spearmanr(*ranks)[0]:.3f}; no gold")


if __name__ == "__main__":
    main()
