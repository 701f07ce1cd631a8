"""Replay a labelled alert stream through the product."""

import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from scoring import policy
from scoring.models import Stage
from scoring.replay.core import replay_core
from scoring.replay.product import Progress, Replayed, replay, scorer_name
from scoring.replay.report import report_of, write_report, write_scores
from scoring.replay.stream import StreamAlert, StreamUnreadable, read_stream
from scoring.thresholds import Goal


class Command(BaseCommand):
    """`manage.py replay STREAM.csv.gz --out DIR`."""

    help = (
        "Feed a labelled alert stream through the product's services in a "
        "throwaway queue; write scores.csv, report.json."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """What to replay, and how."""
        parser.add_argument(
            "stream", type=Path, help="a CSV or CSV.gz with seq, text, f_*, upstream_score, alert and the label"
        )
        parser.add_argument("--label", default="y", help="the verdict column (default: y)")
        parser.add_argument("--limit", type=int, help="only the first N alerts")
        parser.add_argument("--seed", type=int, default=0, help="part of every decision id (default: 0)")
        parser.add_argument(
            "--stage", choices=Stage.values, default=Stage.RANK, help="the policy's stage (default: rank)"
        )
        parser.add_argument(
            "--cap", type=float, default=0.0125, help="suppress: at most hidden of the accurate ones (default: .0125)"
        )
        parser.add_argument(
            "--fast", action="store_true", help="the pure core only: the same probabilities, no database"
        )
        parser.add_argument("--out", type=Path, required=True, help="the folder for scores.csv and report.json")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, replay, write."""
        try:
            alerts = read_stream(options["stream"], options["label"], options["limit"])
            options["out"].mkdir(parents=True, exist_ok=True)
        except (StreamUnreadable, OSError) as error:
            raise CommandError(str(error)) from error
        started = time.monotonic(), time.process_time()
        replayed = self._replay(alerts, options)
        seconds, cpu = time.monotonic() - started[0], time.process_time() - started[1]
        about = {name: options[name] for name in ("label", "limit", "seed", "stage", "cap", "fast")}
        report = report_of(
            alerts,
            replayed,
            stream=options["stream"].name,
            **about,
            seconds=round(seconds, 1),
            cpu_seconds=round(cpu, 1),
        )
        write_scores(options["out"] / "scores.csv", replayed.scores)
        write_report(options["out"] / "report.json", report)
        self.stdout.write(f"{len(alerts)} alerts in {seconds:.1f} s → {options['out']}/scores.csv, report.json")

    def _replay(self, alerts: list[StreamAlert], options: dict[str, Any]) -> Replayed:
        goal = Goal(target=1.0, cap=options["cap"])
        if options["fast"]:
            in_force = policy.Policy(version=1, stage=options["stage"])
            return replay_core(
                alerts, in_force=in_force, scorer=scorer_name(options["seed"]), goal=goal, on_progress=self._progress()
            )
        return replay(alerts, seed=options["seed"], stage=options["stage"], goal=goal, on_progress=self._progress())

    def _progress(self) -> Progress:
        """A line on a terminal that is written over; in a log, a line every ten seconds."""
        terminal = self.stderr.isatty()
        every, last = (0.2 if terminal else 10.0), time.monotonic()

        def say(done: int, total: int) -> None:
            nonlocal last
            if done == total or time.monotonic() - last >= every:
                last = time.monotonic()
                self.stderr.write(f"  {done} of {total} alerts", ending="\r" if terminal and done < total else "\n")

        return say
