"""Does a replica stay as small as it is after its first thousand verdicts?

    python -m bench.memory 1000 5000 10000 20000

Learns the alerts of shop10 and telco over and over (texts and 19 columns; without a slow model, which is bounded by its
rows) and prints the bytes that the model holds in the process, and those of its checkpoint. Streams are read from
$ALERTLOOP_SHARED.
"""

from __future__ import annotations

import sys

from bench.ranking import read_stream
from scoring.features import extract
from scoring.lifecycle.footprint import footprint
from scoring.online_model import ModelConfig, OnlineModel

STOPS = (1_000, 5_000, 10_000, 20_000)


def main() -> None:
    """Learn and print."""
    stops = [int(one) for one in sys.argv[1:]] or STOPS
    config = ModelConfig(slow_trees=0)
    model, learnt = OnlineModel(config), 0
    alerts = [*read_stream("shop10"), *read_stream("telco")]
    lessons = [(extract(one.facts, config), one.label) for one in alerts]
    for stop in stops:
        while learnt < stop:
            features, label = lessons[learnt % len(lessons)]
            model.learn(features, label, 1.0, learnt)
            learnt += 1
        print(f"{learnt:8} verdicts {footprint(model) / 1e6:6.2f} MB, checkpoint {len(model.dump()) / 1e6:6.2f} MB")


if __name__ == "__main__":
    main()
