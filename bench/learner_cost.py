"""What learning and scoring cost the processor, beside raw River on the same features, in one run.

    python -m bench.learner_cost            4,000 alerts with text and 20 structured values

Ours: extraction, `predict`, and `learn` with all that belongs to it. River's: `LogisticRegression(AdaGrad)` on a dict
of the same slots and values, one `learn_one` a verdict, without covariance. CPU time; the alerts are made up: 20 words,
ten numbers, ten categories. Medians are of the second half.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from river import linear_model, optim

from scoring.features import AlertFacts, extract
from scoring.online_model import ModelConfig, OnlineModel

ALERTS = 4_000
WORDS = 3_000


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
    """Measure and print medians of the second half."""
    draw = random.Random(0)
    model = OnlineModel(ModelConfig())
    raw = linear_model.LogisticRegression(optim.AdaGrad(0.3))
    costs: dict[str, list[float]] = {
        name: [] for name in ("extract", "predict", "learn", "river predict", "river learn")
    }
    for _ in range(ALERTS):
        facts, label = made_up(draw)
        costs["extract"].append(microseconds(partial(extract, facts, model.config)))
        features = extract(facts, model.config)
        row = as_dict(model, facts)
        costs["predict"].append(microseconds(partial(model.predict, features)))
        costs["learn"].append(microseconds(partial(model.learn, features, label)))
        costs["river predict"].append(microseconds(partial(raw.predict_proba_one, row)))
        costs["river learn"].append(microseconds(partial(raw.learn_one, row, label)))
    for name, found in costs.items():
        late = np.percentile(found[ALERTS // 2 :], [10, 50, 90])
        shown = "  ".join(f"{what} {cost:4.0f}" for what, cost in zip(("p10", "median", "p90"), late, strict=True))
        print(f"{name:14} {shown} µs   largest {max(found) / 1e3:6.1f} ms")
    dense, size = model.encoder.registry.size, len(model.dump()) / 1e6
    print(f"{dense} dense weights, checkpoint {size:.1f} MB; text and values: {len(row)} features an alert")


def as_dict(model: OnlineModel, facts: AlertFacts) -> dict[str, float]:
    """The alert's slots and values as River takes them."""
    vector = model.encoder.vector(model.encoder.row(extract(facts, model.config)))
    dense = {f"d{slot}": value for slot, value in zip(vector.dense.tolist(), vector.dense_values.tolist(), strict=True)}
    return dense | {
        f"s{slot}": value for slot, value in zip(vector.sparse.tolist(), vector.sparse_values.tolist(), strict=True)
    }


if __name__ == "__main__":
    main()
