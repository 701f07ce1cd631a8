"""What a false positive that was only *handled already* should teach.

    python -m bench.reasons                  waimai, banking77
    python -m bench.reasons airline          others with text

Accurate alerts are made *handled* false positives at random until they are 30 % of all false positives. Each alert is
scored before its verdict. A false positive for such a reason says nothing about the text.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from random import Random
from typing import Final

import numpy as np
from sklearn.metrics import roc_auc_score

from bench.pupil import Pupil
from bench.ranking import SHARED, read_stream
from scoring.features import extract

# Weight, and whether the label is said to speak of the text.
REASON_RULES: Final[dict[str, tuple[float, bool]]] = {
    "as any false positive": (1.0, True), "by counts and calibration only": (1.0, False), "not at all": (0.0, False),
}  # fmt: skip


def reasons(task: tuple[str, str]) -> tuple[str, str, float, float, float]:
    """AUC against the text's own label and against what reps said, and how far off the mean probability is."""
    stream, rule = task
    alerts, rng, pupil = read_stream(stream), Random(7), Pupil()
    false = sum(not alert.label for alert in alerts)
    share = min(0.9, 0.3 / 0.7 * false / (len(alerts) - false))
    weight, text = REASON_RULES[rule]
    said, probabilities = [], []
    for number, alert in enumerate(alerts):
        features = extract(alert.facts, pupil.model.config)
        probabilities.append(pupil.model.predict(features))
        handled = alert.label and rng.random() < share
        said.append(alert.label and not handled)
        pupil.learn(features, said[-1], weight if handled else 1.0, number, text if handled else True)
    labels = [alert.label for alert in alerts]
    gap = float(np.mean(probabilities[len(said) // 5 :]) - np.mean(said[len(said) // 5 :]))
    return stream, rule, float(roc_auc_score(labels, probabilities)), float(roc_auc_score(said, probabilities)), gap


def print_reasons(streams: Sequence[str]) -> None:
    print("| stream | a *handled* one is learnt | AUC, what the text says | AUC, what reps say | predicted − said |")
    print("| --- | --- | ---: | ---: | ---: |")
    with ProcessPoolExecutor(2) as pool:
        for found in pool.map(reasons, [(stream, rule) for stream in streams for rule in REASON_RULES]):
            print("| {} | {} | {:.4f} | {:.4f} | {:+.3f} |".format(*found), flush=True)


def main() -> None:
    """Measure the rules on the streams that are named."""
    if not (SHARED / "data").exists():
        sys.exit(f"No streams in {SHARED}: set ALERTLOOP_SHARED to the folder that has data/ and tools/.")
    print_reasons(sys.argv[1:] or ["waimai", "banking77"])


if __name__ == "__main__":
    main()
