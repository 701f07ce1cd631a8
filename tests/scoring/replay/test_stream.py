"""Reading a labelled stream, and the order in which things become known."""

import gzip
from pathlib import Path

import pytest

from scoring.replay.stream import Arrival, Judgement, StreamUnreadable, in_order, read_stream

HEADER = "seq,ts,verdict_ts,text,f_plan,f_calls,upstream_score,alert,y\n"


def stream(tmp_path: Path, rows: str, header: str = HEADER) -> Path:
    path = tmp_path / "stream.csv.gz"
    path.write_bytes(gzip.compress((header + rows).encode()))
    return path


class TestReadStream:
    def test_only_alerts_count_in_order_of_seq(self, tmp_path: Path) -> None:
        path = stream(tmp_path, "3,,,c,,,,1,1\n2,,,b,,,,0,1\n1,,,a,,,,1,0\n")
        assert [(one.seq, one.text, one.accurate) for one in read_stream(path)] == [("1", "a", False), ("3", "c", True)]

    def test_numbers_categories_and_missing_values_are_told_apart(self, tmp_path: Path) -> None:
        first, second = read_stream(stream(tmp_path, "1,,,a,pro,3,0.5,1,1\n2,,,b,,NA,,1,0\n"))
        assert (first.features, first.upstream_score) == ({"plan": "pro", "calls": 3.0}, 0.5)
        assert (second.features, second.upstream_score) == ({"plan": None, "calls": None}, None)

    def test_another_label_can_be_chosen(self, tmp_path: Path) -> None:
        path = stream(tmp_path, "1,,,a,,,,1,1,0\n", HEADER.strip() + ",y_service\n")
        assert [one.accurate for one in read_stream(path, "y_service")] == [False]

    def test_a_limit_takes_the_first(self, tmp_path: Path) -> None:
        assert len(read_stream(stream(tmp_path, "1,,,a,,,,1,1\n2,,,b,,,,1,1\n"), limit=1)) == 1

    @pytest.mark.parametrize(
        ("rows", "header", "says"),
        [
            ("1,,,a,,,,1,maybe\n", HEADER, "seq 1.*maybe"),
            ("1,yesterday,,a,,,,1,1\n", HEADER, "seq 1.*yesterday"),
            ("1,a\n", "seq,text\n", "no column y"),
            ("", HEADER, "no row with alert"),
        ],
    )
    def test_a_stream_that_cannot_be_read_says_where(self, tmp_path: Path, rows: str, header: str, says: str) -> None:
        with pytest.raises(StreamUnreadable, match=says):
            read_stream(stream(tmp_path, rows, header))

    def test_a_file_that_is_no_gzip_says_so(self, tmp_path: Path) -> None:
        path = tmp_path / "stream.csv.gz"
        path.write_text("hello")
        with pytest.raises(StreamUnreadable, match="cannot be read"):
            read_stream(path)


class TestInOrder:
    def test_without_a_time_of_its_own_a_verdict_follows_its_alert(self, tmp_path: Path) -> None:
        alerts = read_stream(stream(tmp_path, "1,,,a,,,,1,1\n2,,,b,,,,1,1\n"))
        assert list(in_order(alerts)) == [Arrival(0), Judgement(0), Arrival(1), Judgement(1)]

    def test_a_verdict_is_never_known_before_its_time(self, tmp_path: Path) -> None:
        rows = "1,2026-01-01,2026-01-03,a,,,,1,1\n2,2026-01-02,2026-01-09,b,,,,1,1\n3,2026-01-03,2026-01-04,c,,,,1,1\n"
        order = list(in_order(read_stream(stream(tmp_path, rows))))
        assert order == [Arrival(0), Arrival(1), Judgement(0), Arrival(2), Judgement(2), Judgement(1)]
