"""Lessons with the features of their alerts, read and extracted many at a time: what a fold learns from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from scoring.facts import facts_of_alerts
from scoring.features import FeatureConfig, Features, extract_many
from scoring.plan import Lesson

# Alerts read and extracted at a time: one query and one pass over the texts, whose price is shared.
STRIDE = 500


def with_features(
    lessons: Sequence[Lesson],
    config: FeatureConfig,
    *,
    foresee: Callable[[Sequence[Features]], None] | None = None,
) -> Iterator[tuple[Lesson, Features]]:
    """Each lesson with its alert's features, in the order given; the same features as one alert at a time.

    `foresee` (a model's) is told what comes.
    """
    for low in range(0, len(lessons), STRIDE):
        some = lessons[low : low + STRIDE]
        facts = facts_of_alerts([one.alert_id for one in some])
        features = extract_many([facts[one.alert_id] for one in some], config)
        if foresee is not None:
            foresee(features)
        yield from zip(some, features, strict=True)
