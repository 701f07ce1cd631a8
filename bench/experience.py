"""What other queues' verdicts are worth to a new queue: each stream with the others as its elders, and without.

    python -m bench.experience            strangers: each stream with the others as its elders
    python -m bench.experience --kin      kin: each of the ten goods of shop10 as a queue, with the other nine

Strangers share nothing but the form of their rules; kin have the same scorer, the same language, the same rule.

Leave one stream out: the prior of a stream is `scoring.experience` over the tallies of all the others (every label, in
bins of the upstream score; the language as the stream's own `lang` column says). Figures of alerts 1 to 100: log loss,
AUC; early_auc is of alerts 101 to 500, as `tools/measure.py` has it. Probabilities are made before the alert's own
verdict was learnt. Streams are read from $ALERTLOOP_SHARED.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.metrics import log_loss, roc_auc_score

from bench.ranking import SHARED, STREAMS, Alert, progressive, read_stream
from scoring.experience import BINS, NONE, Experience, Tally, bin_of, experience
from scoring.online_model import ModelConfig

LANGUAGE = {"waimai": "zh", "shop10": "zh", "airline": "en", "airline_service": "en", "banking77": "en"}
SAME_FILE = {"airline": "airline_service", "airline_service": "airline"}  # the same texts: not another queue
FIRST = 100
EARLY = 500


@dataclass(frozen=True, slots=True)
class Family:
    """A queue of the trial: its name, who raises its alerts, its labels boiled down, and its first alerts."""

    name: str
    scorer: str
    tally: Tally
    alerts: list[Alert]


def tally(name: str, alerts: Sequence[Alert], queue: int, scorer: str) -> Tally:
    """Alerts boiled down."""
    accurate, total = [0] * BINS, [0] * BINS
    for alert in alerts:
        if alert.facts.upstream_score is not None:
            total[bin_of(alert.facts.upstream_score)] += 1
            accurate[bin_of(alert.facts.upstream_score)] += alert.label
    return Tally(queue, scorer, LANGUAGE.get(name, ""), tuple(accurate), tuple(total))


def configured(prior: Experience) -> ModelConfig:
    """The usual configuration with a prior, and without a slow model: it would not be trained on so few alerts."""
    return replace(
        ModelConfig(),
        slow_trees=0,
        experience_intercept=prior.intercept,
        experience_gain=prior.gain,
        experience_verdicts=float(prior.verdicts),
    )


def figures(alerts: Sequence[Alert], prior: Experience) -> list[float]:
    """Log loss and AUC of the first alerts, and early AUC."""
    said = np.array(progressive(alerts, configured(prior))[0])
    truth = np.array([alert.label for alert in alerts])
    first, later = slice(0, FIRST), slice(FIRST, EARLY)
    loss = float(log_loss(truth[first], said[first], labels=[False, True]))
    return [loss, *(_auc(truth[part], said[part]) for part in (first, later))]


def _auc(truth: Any, said: Any) -> float:
    """Not a number where all labels are the same: the first hundred of bankadd."""
    return float(roc_auc_score(truth, said)) if truth.any() and not truth.all() else float("nan")


def strangers(name: str) -> list[Family]:
    """A stream as a queue."""
    alerts = read_stream(name)
    return [Family(name, name, tally(name, alerts, STREAMS.index(name), name), alerts[:EARLY])]


def kin(name: str) -> list[Family]:
    """Each kind of goods of a stream as a queue."""
    kinds: dict[str, list[Alert]] = {}
    for alert in read_stream(name):
        kinds.setdefault(str(alert.facts.features["cat"]), []).append(alert)
    return [
        Family(kind, name, tally(name, alerts, number, name), alerts[:EARLY])
        for number, (kind, alerts) in enumerate(kinds.items())
    ]


def main() -> None:
    """Measure and print."""
    if not (SHARED / "data" / "yardstick.json").exists():
        sys.exit(f"No streams in {SHARED}: set ALERTLOOP_SHARED to the folder that has data/ and tools/.")
    with ProcessPoolExecutor(2) as pool:
        of_kin = "--kin" in sys.argv
        known = kin("shop10") if of_kin else [one for found in pool.map(strangers, STREAMS) for one in found]
        tasks: list[tuple[list[Alert], Experience]] = []
        for one in known:
            elders = [other.tally for other in known if other.name not in (one.name, SAME_FILE.get(one.name))]
            full = experience(elders, one.scorer, one.tally.language)
            tasks += [(one.alerts, prior) for prior in (NONE, replace(full, intercept=0.0), full)]
        found = list(pool.map(figures, *zip(*tasks, strict=True)))
    report([one.name for one in known], [task[1] for task in tasks], found)


def report(names: Sequence[str], priors: Sequence[Experience], found: Sequence[list[float]]) -> None:
    """A line for each, and the means."""
    print(f"{'':16}{'prior':>16}   log loss 1-100{'':14}AUC 1-100{'':16}early_auc")
    print(f"{'queue':16}{'intercept gain':>16}" + 3 * "    none   gain   both")
    for n, name in enumerate(names):
        full, rows = priors[3 * n + 2], found[3 * n : 3 * n + 3]
        cells = "".join(" " + "".join(f"{row[f]:7.3f}" for row in rows) for f in range(3))
        print(f"{name:16}{full.intercept:10.2f}{full.gain:6.2f} {cells}")
    mean = np.nanmean(np.array(found).reshape(len(names), 3, 3), axis=0)
    print(f"{'mean':32} " + "".join(" " + "".join(f"{mean[v, f]:7.3f}" for v in range(3)) for f in range(3)))


if __name__ == "__main__":
    main()
