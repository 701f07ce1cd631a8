"""Does asking well beat asking at random? AUC after k answers, for every strategy of labeling.querying.

    python bench/questions.py [STREAM ...] [--strategies NAME ...] [--start 20] [--answers 160] [--batch 20] [--seeds 8]

Each stream is split at random (by seed): a pool to ask from, and 40 % to measure on. Every batch of questions is chosen
by the `querying.choose` that the worker calls, from a pool shortlisted as the worker shortlists it, and answered with
the stream's verdicts. The figure is the area under the learning curve (mean AUC over the batches),
for random questions and for each strategy the difference from them, paired by seed, with its standard error.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev

import numpy as np
from sklearn.metrics import roc_auc_score

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from labeling import querying
from scoring.features import AlertFacts, Features, extract
from scoring.online_model import ModelConfig, OnlineModel, OpenMatrix

DATA = Path(os.environ.get("ALERTLOOP_SHARED", Path(__file__).resolve().parents[2] / "shared")) / "data"
STREAMS = ("waimai", "shop10", "airline", "banking77", "telco", "mlc", "iranian", "bankadd")
NEAR, RANDOM, MEASURED, TEST_SHARE = 250, 250, 1_500, 0.4


@dataclass(frozen=True)
class Stream:
    """The alerts of one stream: what the model sees, and the verdicts."""

    name: str
    features: list[Features]
    labels: list[bool]


def load(name: str, config: ModelConfig, limit: int = 6_000) -> Stream:
    """Rows with an alert, at most `limit`, in order."""
    with gzip.open(DATA / f"{name}.csv.gz", "rt", newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["alert"] == "1"][:limit]
    return Stream(name, [extract(_facts(row), config) for row in rows], [row["y"] == "1" for row in rows])


@dataclass(frozen=True)
class Plan:
    """Labels known at the start, answers asked for after it, the size of a batch, and how often to repeat it all."""

    start: int
    answers: int
    batch: int
    seeds: int


def curve(stream: Stream, strategy: str, seed: int, plan: Plan, config: ModelConfig) -> list[float]:
    """AUC on the measured alerts after each batch. What is known at the start is the same for every strategy."""
    order = random.Random(seed).sample(range(len(stream.labels)), len(stream.labels))
    cut = int(len(order) * TEST_SHARE)
    measured, asked, pool = order[:cut][:MEASURED], order[cut : cut + plan.start], order[cut + plan.start :]
    model, found = OnlineModel(config), []
    for row in asked:
        model.learn(stream.features[row], stream.labels[row])
    pooled, held_out = _matrix(stream, pool, config), _matrix(stream, measured, config)
    while len(asked) < plan.start + plan.answers:
        seed_now = f"{seed}:{len(asked)}"
        shortlist = _shortlist(pooled, model, seed_now)
        candidates = [querying.Candidate(row, stream.features[row], drawn=drawn) for row, drawn in shortlist.items()]
        wish = querying.Wish(plan.batch, strategy, learnt=model.learnt, seed=seed_now)
        picks = querying.choose(candidates, model, wish, [stream.features[row] for row in asked[-150:]])
        for pick in picks:
            model.learn(stream.features[pick.alert_id], stream.labels[pick.alert_id])
        asked += [pick.alert_id for pick in picks]
        pooled.remove([pick.alert_id for pick in picks])
        found.append(_auc(stream, held_out, model))
    return found


def compare(stream: Stream, strategies: list[str], plan: Plan, config: ModelConfig) -> dict[str, object]:
    """The area of the random curve, and how much each strategy adds to it, with its standard error over the seeds."""
    areas = {
        strategy: [mean(curve(stream, strategy, seed, plan, config)) for seed in range(plan.seeds)]
        for strategy in ["random", *strategies]
    }
    row: dict[str, object] = {"stream": stream.name, "start": plan.start, "random": round(mean(areas["random"]), 4)}
    for strategy in strategies:
        gains = [ours - theirs for ours, theirs in zip(areas[strategy], areas["random"], strict=True)]
        row[strategy] = [round(mean(gains), 4), round(stdev(gains) / len(gains) ** 0.5, 4)]
    return row


def _facts(row: dict[str, str]) -> AlertFacts:
    features = {name.removeprefix("f_"): _value(value) for name, value in row.items() if name.startswith("f_")}
    return AlertFacts(
        row["text"], features, float(row["upstream_score"]) if row["upstream_score"] else None, "bench", "1"
    )


def _value(text: str) -> str | float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return text


def _matrix(stream: Stream, rows: list[int], config: ModelConfig) -> OpenMatrix:
    matrix = OpenMatrix(config)
    for row in rows:
        matrix.add(row, stream.features[row])
    return matrix


def _shortlist(pooled: OpenMatrix, model: OnlineModel, seed: str) -> dict[int, bool]:
    """What the worker's query would hand over: alerts near the middle of the scale, and as many at random."""
    rows = pooled.keys()
    drawn = random.Random(seed).sample(rows.tolist(), min(RANDOM, len(rows)))
    nearest = np.argsort(np.abs(model.predict_matrix(pooled) - 0.5), kind="stable")[: max(NEAR, len(rows) // 10)]
    near = random.Random(seed + "near").sample(rows[nearest].tolist(), min(NEAR, len(nearest)))
    return dict.fromkeys(near, False) | dict.fromkeys(drawn, True)


def _auc(stream: Stream, held_out: OpenMatrix, model: OnlineModel) -> float:
    chances = model.predict_matrix(held_out)
    return float(roc_auc_score([stream.labels[row] for row in held_out.keys().tolist()], chances))


def main() -> Iterator[dict[str, object]]:
    """One row a stream."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("streams", nargs="*", default=STREAMS)
    parser.add_argument("--strategies", nargs="+", default=["uncertain", "diverse", "mixed"])
    for name, default in (("start", 20), ("answers", 160), ("batch", 20), ("seeds", 8)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    config, plan = ModelConfig(), Plan(asked.start, asked.answers, asked.batch, asked.seeds)
    for name in asked.streams:
        yield compare(load(name, config), asked.strategies, plan, config)


if __name__ == "__main__":
    for line in main():
        print(json.dumps(line), flush=True)
