"""What learning and scoring cost the processor, beside raw River on the same features, in one run.

    python -m bench.learner_cost                    to 10,000 verdicts
    python -m bench.learner_cost --to 1000000       flat up to a million? (some minutes)

Ours: scoring (extraction and `predict`) and `learn` with all that belongs to it: generation, counts, calibration,
covariance, chain. River's: `LogisticRegression(AdaGrad)` on a dict of the same slots and values, one `learn_one` a
verdict. CPU time; the alerts are made up: 20 words, ten numbers, ten categories. A generation is trained once, on 1,000
lessons, and adopted; between the marks verdicts are learnt in stretches, as a rebuild does. The replica: what a process
grows by when it loads one.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from river import linear_model, optim

from scoring.features import AlertFacts, Features, extract
from scoring.learner.generation import TrainingLesson, train
from scoring.online_model import ModelConfig, OnlineModel

WORDS = 3_000
POOL = 4_000
MEASURED = 600  # verdicts measured one by one at each mark
FIRST = 1_000
REPLICAS = 8
Given = list[tuple[AlertFacts, Features, bool]]


def made_up(draw: random.Random) -> tuple[AlertFacts, bool]:
    """One alert of 20 words, ten numbers and ten categories, with a verdict that follows one of each, with noise."""
    words = [f"w{int(WORDS * draw.random() ** 3)}" for _ in range(20)]
    numbers = {f"n{i}": draw.gauss(0, 1) for i in range(10)}
    categories = {f"c{i}": draw.choice("abcd") for i in range(10)}
    log_odds = 2 * ("w1" in words) + numbers["n0"] + (categories["c0"] == "a") - 1
    label = draw.random() < 1 / (1 + np.exp(-log_odds))
    return AlertFacts(" ".join(words), {**numbers, **categories}, draw.random(), "rules", "1"), bool(label)


def microseconds(work: Callable[[], Any]) -> float:
    """CPU time of one call."""
    start = time.process_time_ns()
    work()
    return (time.process_time_ns() - start) / 1e3


def main() -> None:
    """Measure at 1,000 verdicts and every tenfold up to the end."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--to", type=int, default=10_000)
    end, draw, config = parser.parse_args().to, random.Random(0), ModelConfig()
    pool = [(facts, extract(facts, config), label) for facts, label in (made_up(draw) for _ in range(POOL))]
    model, raw = OnlineModel(config), linear_model.LogisticRegression(optim.AdaGrad(0.3))
    print("median µs (p90)    extract   predict   scoring     learn   river predict   river learn   learn / river")
    mark = FIRST
    while mark <= end:
        learn_to(model, pool, mark)
        if model.generation is None:
            model.adopt(train([TrainingLesson(features, label) for _, features, label in pool[:FIRST]], config))
        print(f"{mark:>15,}  {measured(model, raw, pool)}", flush=True)
        mark *= 10
    replica(model)


def learn_to(model: OnlineModel, pool: Given, mark: int) -> None:
    """Learn the pool over and over, a stretch at a time."""
    while model.learnt < mark:
        stretch = [pool[at % POOL] for at in range(model.learnt, min(mark, model.learnt + 500))]
        model.foresee([features for _, features, _ in stretch])
        for _, features, label in stretch:
            model.learn(features, label, key=model.learnt)


def measured(model: OnlineModel, raw: Any, pool: Given) -> str:
    """One line: what each step costs now."""
    names = ("extract", "predict", "scoring", "learn", "river predict", "river learn")
    costs: dict[str, list[float]] = {name: [] for name in names}
    for at in range(MEASURED):
        facts, _, label = pool[(model.learnt + at) % POOL]
        features = extract(facts, model.config)
        row = as_dict(model, features)
        costs["extract"].append(microseconds(partial(extract, facts, model.config)))
        costs["predict"].append(microseconds(partial(model.predict, features)))
        costs["scoring"].append(costs["extract"][-1] + costs["predict"][-1])
        costs["learn"].append(microseconds(partial(model.learn, features, label, key=at)))
        costs["river predict"].append(microseconds(partial(raw.predict_proba_one, row)))
        costs["river learn"].append(microseconds(partial(raw.learn_one, row, label)))
    shown = [f"{np.median(found):4.0f} ({np.percentile(found, 90):3.0f})" for found in costs.values()]
    ratio = np.median(costs["learn"]) / np.median(costs["river learn"])
    return "   ".join(shown) + f"   {ratio:.2f}"


def as_dict(model: OnlineModel, features: Features) -> dict[str, float]:
    """The alert's slots and values as River takes them."""
    vector = model.encoder.vector(model.encoder.row(features))
    dense = {f"d{slot}": value for slot, value in zip(vector.dense.tolist(), vector.dense_values.tolist(), strict=True)}
    return dense | {
        f"s{slot}": value for slot, value in zip(vector.sparse.tolist(), vector.sparse_values.tolist(), strict=True)
    }


def replica(model: OnlineModel) -> None:
    """What one more model takes in memory, loaded from its bytes, and how large these are."""
    payload = model.dump()
    before = resident()
    kept = [OnlineModel.load(model.config, payload) for _ in range(REPLICAS)]
    each = (resident() - before) / len(kept)
    print(
        f"a replica of {model.learnt:,} verdicts: {each:.1f} MB; its checkpoint {len(payload) / 1e6:.1f} MB;", end=" "
    )
    print(f"{model.encoder.registry.size} dense weights")


def resident() -> float:
    """Megabytes that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


if __name__ == "__main__":
    main()
