"""Do the honest figures hold the truth? Histories under known truth, decided by the product's policy, told by its code.

    python -m bench.estimation                       every regime, 500 histories each; minutes of one processor
    python -m bench.estimation plain rare --histories 100
    python -m bench.estimation --sizes 300 1000

In each history every alert has a true label, a probability that a model gave it (right, or wrong in a way that the
regime names), and goes through `policy.decide`; reps then judge some of what was shown. The estimates see only what
the product would. A figure's `held` is the share of histories whose 95 % interval holds the true figure of that very
history. Regimes: see `REGIMES`.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from scoring import policy
from scoring.estimation import Number, hidden_accurate, naive_precision, recall, shown_precision, weighted_precision
from scoring.features import AlertFacts
from scoring.sample import BANDS, Cell, Counts, Sample
from scoring.shares import Share

SIZES: Final = (300, 1_000, 3_000)
LARGE: Final = 10_000
WEEK: Final = 250  # alerts
BAR, ENOUGH = 0.93, 1_000  # the share of histories that must be held, from so many exposures on
FACTS: Final = AlertFacts("", {}, None, "simulated", "1")
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Regime:
    """How a history comes about. The scores of accurate and false alerts are two normals `apart` from each other."""

    about: str
    base: float = 0.3  # accurate alerts among all raised
    apart: float = 1.6  # 1.6: the model ranks at AUC .87
    believed: float | None = None  # how far apart the model believes them to be, where it is wrong about that
    audit: tuple[float, ...] = (0.1,)  # a history has as many policy versions, one after the other
    slope: float = 1.0  # of the log-odds that the model says: above 1 it is too sure
    offset: float = 0.0  # added to them: above 0 it believes too much
    later_base: float | None = None  # the base rate moves there, and the model does not notice
    judged: tuple[float, float, float] = (0.9, 0.9, 0.9)  # of what is shown in yellow, orange, red
    delay: float = 0.0  # mean, in alerts raised meanwhile, until a verdict comes
    large: bool = False  # also at 10,000 exposures


REGIMES: Final[dict[str, Regime]] = {
    "plain": Regime("calibrated, one in ten audited, 90 % judged", large=True),
    "few audits": Regime("audit share .02", audit=(0.02,)),
    "many audits": Regime("audit share .2", audit=(0.2,)),
    "rare": Regime("5 % of alerts are accurate, audit share .05", base=0.05, audit=(0.05,)),
    "common": Regime("70 % are accurate", base=0.7),
    "too sure": Regime("log-odds doubled: more accurate ones are hidden", slope=2.0),
    "too careful": Regime("log-odds halved and raised", slope=0.5, offset=0.3),
    "blind": Regime(
        "the score says nothing, and two thirds are hidden", apart=0.0, believed=1.6, offset=-2.0, audit=(0.05,)
    ),
    "drift": Regime("the base rate triples, unnoticed", base=0.15, later_base=0.45),
    "delay": Regime("verdicts come 150 alerts later, in the mean", delay=150.0),
    "red first": Regime("reps judge 95 % of red, 70 % of orange, 30 % of yellow", judged=(0.3, 0.7, 0.95)),
    "shares vary": Regime("audit share .02, then .2, then .05", audit=(0.02, 0.2, 0.05)),
    "all at once": Regime(
        "too sure, drift, delay, red first, shares vary", slope=1.5, base=0.2, later_base=0.35, delay=150.0,
        judged=(0.4, 0.7, 0.95), audit=(0.05, 0.1, 0.2), large=True,
    ),
}  # fmt: skip


@dataclass(slots=True)
class History:
    """The alerts of one history, as arrays in order of arrival.

    `cell` is the index of each alert's cell in `cells`, `due` the moment its verdict comes, inf for never.
    """

    accurate: NDArray[np.bool_]
    hidden: NDArray[np.bool_]
    cells: list[Cell]
    cell: NDArray[np.int64]
    due: Floats

    def sample(self, end: int) -> Sample:
        """What the product would count after the first `end` alerts."""
        seen, known = ~self.hidden[:end], ~self.hidden[:end] & (self.due[:end] <= end)
        chosen = (np.ones(end, dtype=bool), seen, known, known & self.accurate[:end])
        counts = np.array([np.bincount(self.cell[:end][one], minlength=len(self.cells)) for one in chosen]).T.tolist()
        return Sample({cell: Counts(*row) for cell, row in zip(self.cells, counts, strict=True) if row[0]})


def history(regime: Regime, size: int, seed: int) -> History:
    """One history of `size` alerts."""
    random = np.random.default_rng(seed)
    base = np.linspace(regime.base, regime.base if regime.later_base is None else regime.later_base, size)
    accurate = random.random(size) < base
    score = random.normal(size=size) + np.where(accurate, regime.apart / 2, -regime.apart / 2)
    believed = regime.apart if regime.believed is None else regime.believed
    log_odds = np.log(regime.base / (1 - regime.base)) + believed * score
    said = 1 / (1 + np.exp(-(regime.slope * log_odds + regime.offset)))
    chosen = decide(regime, said, seed)
    tier = np.array([policy.TIERS.index(each.tier) for each in chosen])
    keys = np.array([[each.propensity for each in chosen], tier, np.searchsorted(BANDS, said, side="right"),
                     np.arange(size) // WEEK])  # fmt: skip
    distinct, cell = np.unique(keys, axis=1, return_inverse=True)
    cells = [Cell(share, *map(int, others)) for share, *others in distinct.T.tolist()]
    ever = random.random(size) < np.array(regime.judged)[tier]
    due = np.arange(size) + (random.exponential(regime.delay, size) if regime.delay else 0.0)
    hidden = np.array([each.decision == "hide" for each in chosen])
    return History(accurate, hidden, cells, cell.ravel(), np.where(ever, due, np.inf))


def decide(regime: Regime, said: Floats, seed: int) -> list[policy.Decision]:
    """What the product's policy does with each probability; the versions take turns of equal length."""
    policies = [policy.Policy(i + 1, "suppress", audit_share=share) for i, share in enumerate(regime.audit)]
    in_force = [policies[i * len(policies) // said.size] for i in range(said.size)]
    return [
        policy.decide(probability, FACTS, in_force[i], f"{seed}:{i}") for i, probability in enumerate(said.tolist())
    ]


@dataclass(frozen=True, slots=True)
class Held:
    """One figure of one history: whether it was known, whether its interval held the truth, how wide it was."""

    known: bool
    held: bool
    width: float

    @classmethod
    def of(cls, told: Share | Number, truth: float) -> Held:
        """What became of an estimate."""
        return cls(told.value is not None, told.low - 1e-9 <= truth <= told.high + 1e-9, told.high - told.low)


FIGURES: Final = ("precision", "of shown", "recall", "hidden")


@dataclass(frozen=True, slots=True)
class Told:
    """What the first alerts of a history told: the `FIGURES`, whether the naive interval held precision, the biases.

    The biases: naive precision less the true one of all raised; naive recall (all accurate alerts are believed to be
    seen) less the true one.
    """

    figures: tuple[Held, ...]
    naive_held: bool
    precision_bias: float
    recall_bias: float


def told_of(past: History, end: int) -> Told:
    """What the product tells after `end` alerts, beside the truth."""
    sample = past.sample(end)
    accurate, hidden = past.accurate[:end], past.hidden[:end]
    precision, lost, found = float(accurate.mean()), int((accurate & hidden).sum()), max(1, int(accurate.sum()))
    naive = naive_precision(sample)
    figures = (
        Held.of(weighted_precision(sample), precision),
        Held.of(shown_precision(sample), float(accurate[~hidden].mean())),
        Held.of(recall(sample), 1 - lost / found),
        Held.of(hidden_accurate(sample), lost),
    )
    return Told(figures, Held.of(naive, precision).held, (naive.value or 0.0) - precision, lost / found)


def simulate(regime: Regime, sizes: Sequence[int], seeds: Iterable[int]) -> dict[int, list[Told]]:
    """What every history told, by size; a shorter history is the beginning of a longer one."""
    told: dict[int, list[Told]] = {size: [] for size in sizes}
    for seed in seeds:
        past = history(regime, max(sizes), seed)
        for size in sizes:
            told[size].append(told_of(past, size))
    return told


def row(name: str, size: int, told: Sequence[Told]) -> tuple[str, float]:
    """A line of the table, and the least coverage in it."""
    known = [[one for one in column if one.known] for column in zip(*(each.figures for each in told), strict=True)]
    held = [sum(one.held for one in column) / max(1, len(column)) for column in known]
    half = [sum(one.width for one in column) / 2 / max(1, len(column)) for column in known]
    naive = (sum(each.naive_held for each in told), sum(each.precision_bias for each in told),
             sum(each.recall_bias for each in told))  # fmt: skip
    cells = [
        name, f"{size:,}", f"{len(known[-1]) / len(told):.1%}",
        *(f"{share:.1%} ± {width:.3f}" for share, width in zip(held[:3], half[:3], strict=True)),
        f"{held[3]:.1%} ± {half[3]:.0f}", f"{naive[0] / len(told):.1%}",
        *(f"{bias / len(told):+.3f}" for bias in naive[1:]),
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |", min(held)


HEAD: Final = (
    "| regime | exposures | known | precision of all raised | of all shown | recall | accurate ones hidden "
    "| naive precision held | its bias | naive recall's bias |\n| --- | ---: |" + " ---: |" * 8
)


def main() -> None:
    """Read the arguments, simulate, print; exit 1 where an interval held the truth too rarely."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("regimes", nargs="*", default=[], help=f"of {', '.join(REGIMES)}")
    parser.add_argument("--histories", type=int, default=500)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    options = parser.parse_args()
    started, poor = time.process_time(), []
    print(HEAD)
    for name in options.regimes or REGIMES:
        sizes = [*options.sizes, *([LARGE] if REGIMES[name].large and options.sizes == SIZES else [])]
        told = simulate(REGIMES[name], sizes, range(options.histories))
        for size in sizes:
            line, least = row(name, size, told[size])
            print(line, flush=True)
            poor += [f"{name} at {size}"] if size >= ENOUGH and least < BAR else []
    print(f"\n{options.histories} histories each; ± half the mean width; {time.process_time() - started:.0f} s of CPU")
    sys.exit(f"held too rarely: {', '.join(poor)}" if poor else 0)


if __name__ == "__main__":
    main()
