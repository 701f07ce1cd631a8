"""How well the pure learner ranks, alone: every stream, ours beside the batch yardstick, and what each part is worth.

    python -m bench.ranking                          all streams
    python -m bench.ranking waimai telco             some
    python -m bench.ranking --ablate                 each part left out in turn
    python -m bench.ranking --set replay=0 bins=1    other hyperparameters

Streams, yardstick and the measures themselves are read from $ALERTLOOP_SHARED, or ../shared; where there is none, it
says so and stops. A verdict is learnt after its alert was scored, and never before its verdict_ts.
"""

from __future__ import annotations

import argparse
import heapq
import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from scoring.features import AlertFacts, extract
from scoring.learner import generation
from scoring.learner.registry import BELIEFS
from scoring.learner.words import Words
from scoring.online_model import ModelConfig, OnlineModel
from scoring.replay.schooling import Schooling

SHARED: Final = Path(os.environ.get("ALERTLOOP_SHARED") or Path(__file__).resolve().parents[2] / "shared")
STREAMS: Final = ("waimai", "shop10", "airline", "airline_service", "banking77", "telco", "mlc", "iranian", "bankadd")
FIGURES: Final = ("auc", "p_at_80", "cut_at_99", "early_auc")
WORDS: Final = "words"  # no hyperparameter: generations without a text model
ABLATIONS: Final[dict[str, dict[str, Any]]] = {
    "nothing": {},
    "text": {"max_text_ids": 0},
    "structured values": {"max_features": 0},
    "bins": {"bins": 1},
    "covariance (categories by AdaGrad, no numbers)": {"dense_slots": BELIEFS},
    "replay": {"replay": 0, "early_replay": 0},
    "l2 on text": {"l2": 0.0},
    "drift": {"drift_variance": 0.0},
    "prior": {"prior_gain": 0.0},
    "generations": {"slow_trees": 0},
    "text model of the generations": {WORDS: 0},
    "counts": {"counts_variance": 0.0},
    "calibration": {"calibration_slope_variance": 0.0, "calibration_shift_variance": 0.0},
}


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert of a stream; ``known_at`` is when its verdict was known, as text that sorts ("" for at once)."""

    facts: AlertFacts
    label: bool
    arrived_at: str
    known_at: str


def read_stream(name: str) -> list[Alert]:
    """The alerts of a stream in order of arrival; ``airline_service`` is airline with the label y_service."""
    file, label = ("airline", "y_service") if name == "airline_service" else (name, "y")
    frame = pd.read_csv(SHARED / "data" / f"{file}.csv.gz")
    frame = frame[frame["alert"] == 1].sort_values("seq")
    return [_alert(row, label) for row in frame.to_dict("records")]


def _alert(row: dict[Any, Any], label: str) -> Alert:
    given = {name: None if pd.isna(value) else value for name, value in row.items()}
    features = {str(name)[2:]: value for name, value in given.items() if str(name).startswith("f_")}
    facts = AlertFacts(str(given["text"] or ""), features, given["upstream_score"], "rule", "1", "replay")
    return Alert(facts, bool(row[label]), str(given["ts"] or ""), str(given.get("verdict_ts") or ""))


def progressive(
    alerts: Sequence[Alert], config: ModelConfig, on_learn: Callable[[float], None] | None = None
) -> tuple[list[float], OnlineModel]:
    """The probability of each alert before its own verdict was learnt, and the model at the end."""
    model = OnlineModel(config)
    probabilities: list[float] = []
    schooling = Schooling(model)
    waiting: list[tuple[str, int, Any, bool]] = []
    for number, alert in enumerate(alerts):
        for features, label in _known(waiting, alert.arrived_at):
            schooling.learn(features, label)
        features = extract(alert.facts, config)
        probabilities.append(model.predict(features))
        if alert.known_at:
            heapq.heappush(waiting, (alert.known_at, number, features, alert.label))
            continue
        start = time.process_time()
        schooling.learn(features, alert.label)
        if on_learn is not None:
            on_learn(time.process_time() - start)
    return probabilities, model


def _known(waiting: list[tuple[str, int, Any, bool]], now: str) -> Iterator[tuple[Any, bool]]:
    while waiting and waiting[0][0] <= now:
        _, _, features, label = heapq.heappop(waiting)
        yield features, label


def measure(name: str, config: ModelConfig, words: bool = True) -> dict[str, float]:
    """The measures of one stream, with the median cost of learning in microseconds and the checkpoint's size in MB."""
    alerts = read_stream(name)
    costs: list[float] = []
    start = time.process_time()
    with nullcontext() if words else patch.object(generation, "train_words", lambda *_given: Words.none()):
        probabilities, model = progressive(alerts, config, costs.append)
    seconds = time.process_time() - start
    labels = np.array([alert.label for alert in alerts], dtype=int)
    figures: dict[str, float] = _measures()(labels, np.array(probabilities))
    median = 1e6 * float(np.median(costs)) if costs else float("nan")
    return figures | {"learn_us": median, "megabytes": len(model.dump()) / 1e6, "seconds": seconds}


def _measures() -> Callable[[Any, Any], dict[str, float]]:
    spec = importlib.util.spec_from_file_location("measure", SHARED / "tools" / "measure.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[[Any, Any], dict[str, float]] = module.measures
    return found


def compare(streams: Sequence[str], config: ModelConfig, words: bool = True) -> dict[str, dict[str, float]]:
    """The measures of several streams, two at a time."""
    with ProcessPoolExecutor(2) as pool:
        found = pool.map(measure, streams, [config] * len(streams), [words] * len(streams))
        return dict(zip(streams, found, strict=True))


def print_table(found: dict[str, dict[str, float]]) -> None:
    """One line a stream: ours, and how far above (+) the better of both yardsticks; then the mean distance."""
    yardstick = json.loads((SHARED / "data" / "yardstick.json").read_text())
    print(f"{'stream':16}" + "".join(f"{figure:>18}" for figure in FIGURES) + "     brier   ece  learn us    MB     s")
    gaps: list[list[float]] = []
    for name, ours in found.items():
        best = {figure: max(yardstick[name][way][figure] for way in ("logistic", "boosting")) for figure in FIGURES}
        gaps.append([ours[figure] - best[figure] for figure in FIGURES])
        cells = "".join(
            f"{ours[f]:10.4f} {g:+.4f}{'!' if g < 0.0 else ' '}" for f, g in zip(FIGURES, gaps[-1], strict=True)
        )
        rest = f"{ours['brier']:10.4f} {ours['ece']:.3f} {ours['learn_us']:8.0f} {ours['megabytes']:6.2f}"
        print(f"{name:16}{cells}{rest} {ours['seconds']:6.1f}")
    print(f"{'mean distance':16}" + "".join(f"{gap:+17.4f} " for gap in np.mean(gaps, axis=0)), flush=True)


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("streams", nargs="*", help=f"of {', '.join(STREAMS)}")
    parser.add_argument("--ablate", action="store_true", help="leave each part out in turn")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="other hyperparameters")
    options = parser.parse_args()
    if not (SHARED / "data" / "yardstick.json").exists():
        sys.exit(f"No streams in {SHARED}: set ALERTLOOP_SHARED to the folder that has data/ and tools/.")
    changes = {name: json.loads(value) for name, value in (one.split("=", 1) for one in options.set)}
    config = replace(ModelConfig(), **changes)
    for left_out, without in (ABLATIONS if options.ablate else {"": {}}).items():
        if left_out:
            print(f"\nwithout {left_out}")
        fewer = {parameter: value for parameter, value in without.items() if parameter != WORDS}
        print_table(compare(options.streams or STREAMS, replace(config, **fewer), words=WORDS not in without))


if __name__ == "__main__":
    main()
