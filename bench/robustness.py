"""What careless and hostile judges cost the learner, and what the gate and the weights bring back.

    python -m bench.robustness                       all streams
    python -m bench.robustness waimai telco          some

Each alert is scored before its verdict, as in bench.ranking. The judges are simulated; gate, weights and learner are
the product's own pure code. 4 % of what a judge opens is an alert whose answer is known, more of it as long as little
is known of the judge or a suspicion grows; one alert in twenty gets an answer.
When a judge is held back the model is made again without that judge's verdicts, as the product's
fold does; so of three who take half of the work, half of the labels are gone, until a lead takes them off the queue.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from sklearn.metrics import roc_auc_score

from bench.pupil import Pupil
from bench.ranking import SHARED, STREAMS, Alert, read_stream
from feedback.checking import share_of_checks
from scoring.features import extract
from scoring.learner.model_config import ModelConfig
from scoring.trust.gate import Sighting
from scoring.trust.judges import Opinion
from scoring.trust.vetting import vet

KNOWN_SHARE: Final = 0.04  # of what a judge opens
SETTLED_EVERY: Final = 20  # one alert in so many gets a certain answer (a lead, an outcome, labelers who agree)
BURN_IN: Final = 500  # alerts that AUC leaves out, as ../shared/tools/measure.py does
VET_EVERY, WINDOW = 25, 3_000  # verdicts between two looks at the judges, and how far each look goes back

Manner = Callable[[bool, int, Random], bool]


@dataclass(frozen=True, slots=True)
class Scenario:
    """Who judges: how each behaves, how many shares of the work each takes, and whether the gate works."""

    manners: dict[str, Manner]
    shares: dict[str, float]
    gate: bool = True
    leave: bool = False  # whoever is held back is taken off the queue: the others judge what comes
    silent: frozenset[str] = frozenset()  # judges whose verdicts are never learnt


@dataclass(slots=True)
class Outcome:
    """What a run gave: a probability for each alert, who was held back at which alert, and the last weights."""

    probabilities: list[float] = field(default_factory=list)
    held: dict[str, int] = field(default_factory=dict)
    weights: dict[Any, float] = field(default_factory=dict)
    hold_since: dict[str, int] = field(default_factory=dict)


def says_the_truth(truth: bool, _number: int, _rng: Random) -> bool:
    return truth


def flips(share: float) -> Manner:
    return lambda truth, number, rng: truth != (rng.random() < share)


def floods_after(number: int) -> Manner:
    """Marks everything false from an alert of the stream on."""
    return lambda truth, at, rng: truth and at < number


def scenarios(size: int) -> dict[str, Scenario]:
    """The scenarios of the bar for a stream of `size` alerts, each with and without the gate."""
    five, twenty = [f"rep{n}" for n in range(5)], [f"rep{n:02}" for n in range(20)]
    all_honest = dict.fromkeys(five, says_the_truth)
    careless = dict.fromkeys(five, flips(0.15))
    flood = all_honest | {"rep0": floods_after(0)}
    sudden = all_honest | {"rep0": floods_after(size // 3)}
    flipped = dict.fromkeys(twenty, says_the_truth) | dict.fromkeys(twenty[:3], flips(1.0))
    once, six = dict.fromkeys(five, 1.0), dict.fromkeys(twenty, 1.0) | dict.fromkeys(twenty[:3], 6.0)
    return {
        "honest": Scenario(all_honest, once),
        "15 % flipped": Scenario(careless, once),
        "one of five all false, no gate": Scenario(flood, once, gate=False),
        "one of five all false": Scenario(flood, once),
        "one of five all false from 1/3 on": Scenario(sudden, once),
        "3 of 20 flip at 6 times, no gate": Scenario(flipped, six, gate=False),
        "3 of 20 flip at 6 times": Scenario(flipped, six),
        "3 of 20 flip at 6 times, off the queue once held back": Scenario(flipped, six, leave=True),
        "those 3 of 20 silent from the start": Scenario(flipped, six, gate=False, silent=frozenset(twenty[:3])),
    }


class Team:
    """The judges of one run, the ledger they write, and the model that learns from it."""

    def __init__(self, alerts: Sequence[Alert], scenario: Scenario, seed: int) -> None:
        # Each for itself, so that what is tried changes nothing but what it is about.
        self.alerts, self.scenario, self.seed = alerts, scenario, seed
        self.taking, self.checking = Random(f"{seed} who"), Random(f"{seed} checks")
        self.features = [extract(alert.facts, ModelConfig()) for alert in alerts]
        self.pupil = Pupil()
        self.outcome = Outcome(held=dict.fromkeys(scenario.silent, -1))
        self.ledger: list[tuple[Sighting, int, float]] = []  # with the alert's number and the weight
        self.learnt: list[int] = []  # of each alert: ledger rows when it was scored
        self.settled: list[int] = []
        self.checked: dict[str, set[int]] = defaultdict(set)
        self.judged: Counter[str] = Counter()
        self.doubted: set[Hashable] = set()
        self.names = sorted(scenario.manners)
        self.volumes = [scenario.shares[name] for name in self.names]

    def run(self) -> Outcome:
        """Score and judge every alert in order."""
        for number in range(len(self.alerts)):
            self.learnt.append(len(self.ledger))
            self.outcome.probabilities.append(self.pupil.model.predict(self.features[number]))
            judge = self._who()
            self._judge(judge, number, teaches=True)
            if number % SETTLED_EVERY == 0:
                self.settled.append(number)
            if self.scenario.gate and self.checking.random() < self._share(judge):
                self._check(judge, number)
            if self.scenario.gate and number % VET_EVERY == VET_EVERY - 1:
                self._vet(number)
        return self.outcome

    def _who(self) -> str:
        gone = self.outcome.held if self.scenario.leave else {}
        volumes = [0.0 if name in gone else volume for name, volume in zip(self.names, self.volumes, strict=True)]
        return self.taking.choices(self.names, volumes)[0]

    def _judge(self, judge: str, number: int, *, teaches: bool, at: int = 0) -> None:
        slip = Random(f"{self.seed} {number} {judge} {teaches}")
        said = self.scenario.manners[judge](self.alerts[number].label, max(number, at), slip)
        truth = None if teaches else self.alerts[number].label
        position = len(self.ledger) + 1
        weight = float(self.outcome.weights.get(judge, 1.0)) if teaches else 0.0
        learnt = self.learnt[number]
        seen = Sighting(position, judge, said, self.outcome.probabilities[number], truth, learnt=learnt)
        self.ledger.append((seen, number, weight))
        self.judged[judge] += 1
        if teaches and judge not in self.outcome.held:
            self.pupil.learn(self.features[number], said, weight, number)

    def _share(self, judge: str) -> float:
        """What share of what this judge opens is a check by now."""
        had, judged = len(self.checked[judge]), self.judged[judge]
        return share_of_checks(KNOWN_SHARE, had=had, judged=judged, doubted=judge in self.doubted)

    def _check(self, judge: str, at: int) -> None:
        """An alert whose answer is known, which this judge was never asked before."""
        new = [number for number in self.settled[-200:] if number not in self.checked[judge] and number < at]
        if new:
            number = self.checking.choice(new)
            self.checked[judge].add(number)
            self._judge(judge, number, teaches=False, at=at)

    def _vet(self, number: int) -> None:
        recent = [seen for seen, _, _ in self.ledger[-WINDOW:] if seen.judge not in self.outcome.held]
        compared = [(seen, which) for seen, which, _ in self.ledger if seen.truth is not None]
        opinions = [Opinion(which, seen.judge, seen.accurate) for seen, which in compared]
        vetted = vet(recent, opinions, {which: self.alerts[which].label for _, which in compared})
        self.outcome.weights |= vetted.moved(self.outcome.weights)
        self.doubted = {*vetted.doubted, *self.outcome.held}
        for judge, suspicion in vetted.suspicions.items():
            self.outcome.held[str(judge)], self.outcome.hold_since[str(judge)] = number, suspicion.since
        if vetted.suspicions:
            self._fold_again()

    def _fold_again(self) -> None:
        """The model as it would be had it never learnt what is held back."""
        self.pupil = Pupil()
        for seen, number, weight in self.ledger:
            if weight and seen.position <= self.outcome.hold_since.get(str(seen.judge), sys.maxsize):
                self.pupil.learn(self.features[number], seen.accurate, weight, number)


def measure(task: tuple[str, str, int]) -> tuple[str, str, Outcome, list[bool]]:
    """One scenario on one stream."""
    stream, name, seed = task
    alerts = read_stream(stream)
    outcome = Team(alerts, scenarios(len(alerts))[name], seed).run()
    return stream, name, outcome, [alert.label for alert in alerts]


def auc(outcome: Outcome, labels: Sequence[bool], start: int = 0) -> float:
    return float(roc_auc_score(labels[start:], outcome.probabilities[start:]))


def rows(streams: Sequence[str], names: Sequence[str], seed: int) -> Iterator[str]:
    """A line for each stream and scenario: AUC, and since the last hold, beside the honest team's."""
    tasks = [(stream, name, seed) for stream in streams for name in names]
    honest: Outcome | None = None
    with ProcessPoolExecutor(2) as pool:
        for stream, name, outcome, labels in pool.map(measure, tasks):
            honest = outcome if name == "honest" else honest
            assert honest is not None
            start = max(outcome.held.values(), default=0) + 1 if outcome.held else 0
            whole, after = auc(outcome, labels, BURN_IN), auc(outcome, labels, start)
            lost, lost_after = whole - auc(honest, labels, BURN_IN), after - auc(honest, labels, start)
            held = ", ".join(f"{judge} at {at}" for judge, at in outcome.held.items()) or "–"
            weights = ", ".join(f"{weight:.2f}" for _, weight in sorted(outcome.weights.items())) or "–"
            cells = f"{whole:.4f} ({lost:+.4f}) | {after:.4f} ({lost_after:+.4f})"
            yield f"| {stream} | {name} | {cells} | {held} | {weights} |"


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("streams", nargs="*", help=f"of {', '.join(STREAMS)}")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if not (SHARED / "data").exists():
        sys.exit(f"No streams in {SHARED}: set ALERTLOOP_SHARED to the folder that has data/ and tools/.")
    print("| stream | judges | AUC | AUC after the last hold | held back | weights |")
    print("| --- | --- | --- | --- | --- | --- |")
    for line in rows(options.streams or STREAMS, list(scenarios(0)), options.seed):
        print(line, flush=True)


if __name__ == "__main__":
    main()
