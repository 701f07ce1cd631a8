"""Replaying a stream through the product's services, and through the pure core."""

import csv
import gzip
import json
import random
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from feedback.models import Alert, Customer, Exposure, LedgerEntry, Queue, Scorer
from scoring.replay import product


@pytest.fixture
def stream(tmp_path: Path) -> Path:
    """Sixty alerts in two languages whose verdicts come some alerts later."""
    drawn = random.Random(7)
    lines = ["seq,ts,verdict_ts,text,f_plan,f_calls,upstream_score,alert,y"]
    for seq in range(1, 61):
        accurate = drawn.random() < 0.5
        text = drawn.choice(["cancel it", "换别家"] if accurate else ["thank you", "挺好的"])
        day, later = divmod(seq, 24), divmod(seq + drawn.randint(0, 5), 24)
        times = [f"2026-01-{d + 1:02}T{h:02}:00:00" for d, h in (day, later)]
        lines.append(
            f"{seq},{times[0]},{times[1]},{text},{drawn.choice(['pro', ''])},"
            f"{drawn.randint(0, 9)},0.5,1,{int(accurate)}"
        )
    path = tmp_path / "stream.csv.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    return path


def replayed(stream: Path, out: Path, *options: str) -> list[dict[str, str]]:
    call_command("replay", str(stream), "--out", str(out), *options)
    with (out / "scores.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.mark.django_db
class TestReplay:
    def test_it_writes_a_score_an_alert_made_before_its_verdict(self, stream: Path, tmp_path: Path) -> None:
        rows = replayed(stream, tmp_path / "out")
        assert [row["seq"] for row in rows] == [str(seq) for seq in range(1, 61)]
        assert all(int(row["position"]) < int(row["seq"]) for row in rows)
        assert rows[0].keys() == {"seq", "probability", "tier", "decision", "propensity", "position"}

    def test_the_report_says_what_was_replayed(self, stream: Path, tmp_path: Path) -> None:
        replayed(stream, tmp_path / "out", "--limit", "40")
        report = json.loads((tmp_path / "out/report.json").read_text())
        assert (report["alerts"], report["verdicts"], report["limit"]) == (40, 40, 40)

    def test_the_pure_core_gives_the_same_scores(self, stream: Path, tmp_path: Path) -> None:
        few = ("--limit", "60")  # two generations
        assert replayed(stream, tmp_path / "fast", "--fast", *few) == replayed(stream, tmp_path / "product", *few)

    def test_suppressed_alerts_get_no_verdict_on_either_way(self, stream: Path, tmp_path: Path) -> None:
        options = ("--stage", "suppress", "--limit", "60")
        slow = replayed(stream, tmp_path / "product", *options)
        assert replayed(stream, tmp_path / "fast", "--fast", *options) == slow

    def test_nothing_is_left_behind(self, stream: Path, tmp_path: Path) -> None:
        replayed(stream, tmp_path / "out")
        for model in (Queue, Alert, Exposure, LedgerEntry, Scorer, Customer, User):
            assert not model.objects.exists()

    def test_nothing_is_left_behind_when_it_is_stopped(
        self, stream: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def stop(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(product, "_work", stop)
        with pytest.raises(KeyboardInterrupt):
            replayed(stream, tmp_path / "out")
        assert not Queue.objects.exists() and not Alert.objects.exists()

    def test_other_queues_are_left_alone(self, stream: Path, tmp_path: Path, alert: Alert) -> None:
        replayed(stream, tmp_path / "out")
        assert list(Alert.objects.all()) == [alert]

    def test_a_stream_that_is_not_there_is_a_clear_error(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="cannot be read"):
            replayed(tmp_path / "none.csv", tmp_path / "out")
