"""What a replay writes: scores.csv and report.json."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, astuple, fields
from math import ceil
from pathlib import Path
from typing import Any

from scoring.evaluation import calibration, log_loss_sum, ordering
from scoring.replay.product import Replayed, Score
from scoring.replay.stream import StreamAlert

# The figures leave out the alerts on which the model was cold.
BURN_IN = 500


def write_scores(path: Path, scores: Sequence[Score]) -> None:
    """One line an alert, in order of arrival."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(field.name for field in fields(Score))
        writer.writerows(astuple(score) for score in scores)


def report_of(alerts: Sequence[StreamAlert], replayed: Replayed, **about: Any) -> dict[str, Any]:
    """What was replayed and how well the probabilities made on arrival agree with the verdicts that came later."""
    truth = [alert.accurate for alert in alerts]
    said = [score.probability for score in replayed.scores]
    shown = [accurate for accurate, score in zip(truth, replayed.scores, strict=True) if score.decision != "hide"]
    late = slice(BURN_IN if len(alerts) > BURN_IN else 0, None)
    decisions = [score.decision for score in replayed.scores]
    return about | {
        "alerts": len(alerts),
        "verdicts": replayed.verdicts,
        "accurate": sum(truth),
        "decisions": {name: decisions.count(name) for name in ("show", "audit", "hide")},
        "hidden": hidden_of(truth, replayed.scores),
        "precision_of_shown": sum(shown) / len(shown) if shown else None,
        "figures_leave_out_the_first": late.start,
        "auc": ordering(said[late], truth[late]).auc,
        "log_loss": log_loss_sum(said[late], truth[late]) / max(1, len(said[late])),
        "calibration": asdict(calibration(said[late], truth[late])),
    }


def write_report(path: Path, report: dict[str, Any]) -> None:
    """As JSON for people and programs."""
    path.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def hidden_of(truth: Sequence[bool], scores: Sequence[Score]) -> dict[str, Any]:
    """What was hidden, by the truth that only a replay knows, beside what the order of its own scores promises.

    `promised`: the false alerts below the threshold that would have kept 99 % of the accurate ones shown, had it been
    known from the start; as everywhere, of the alerts after the first `BURN_IN`.
    """
    hidden = [score.decision == "hide" for score in scores]
    lost = sum(1 for accurate, gone in zip(truth, hidden, strict=True) if accurate and gone)
    late = slice(BURN_IN if len(truth) > BURN_IN else 0, None)
    return {
        "alerts": sum(hidden),
        "accurate": lost,
        "accurate_share": lost / max(1, sum(truth)),
        "false": sum(hidden) - lost,
        "promised_false": promised_false([score.probability for score in scores[late]], truth[late]),
        "first": next((index for index, gone in enumerate(hidden) if gone), None),
    }


def promised_false(said: Sequence[float], truth: Sequence[bool], keep: float = 0.99) -> int:
    """How many false alerts lie below the highest threshold that keeps this share of the accurate ones."""
    ordered = sorted(zip(said, truth, strict=True), key=lambda one: -one[0])
    needed = ceil(keep * sum(truth))
    found = 0
    for place, (_, accurate) in enumerate(ordered, start=1):
        found += accurate
        if found >= needed:
            return sum(1 for _, real in ordered[place:] if not real)
    return 0
