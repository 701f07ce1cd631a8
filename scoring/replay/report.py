"""What a replay writes: scores.csv and report.json."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, astuple, fields
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
        "precision_of_shown": sum(shown) / len(shown) if shown else None,
        "figures_leave_out_the_first": late.start,
        "auc": ordering(said[late], truth[late]).auc,
        "log_loss": log_loss_sum(said[late], truth[late]) / max(1, len(said[late])),
        "calibration": asdict(calibration(said[late], truth[late])),
    }


def write_report(path: Path, report: dict[str, Any]) -> None:
    """As JSON for people and programs."""
    path.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
