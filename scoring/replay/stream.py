"""Reading a labelled alert stream. Pure: no framework.

A stream is a CSV, or CSV.gz, with the columns `seq`, `text`, `alert`, a verdict column, and optionally `ts`,
`verdict_ts`,
`upstream_score` and any number of `f_*` columns. Rows with `alert` = 0 were never alerts and are passed over.
"""

from __future__ import annotations

import csv
import gzip
import heapq
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
SPACING = timedelta(minutes=1)

# What a data frame library reads as missing: a stream's `?` is a value, an empty cell is none.
_MISSING = frozenset({"", "NA", "N/A", "NaN", "nan", "None", "null", "NULL", "n/a", "#N/A", "<NA>"})

FeatureValue = str | int | float | None


class StreamUnreadable(ValueError):
    """The file is not a labelled alert stream. The message says where and what to do."""


@dataclass(frozen=True, slots=True)
class StreamAlert:
    """One alert of a stream and the verdict it will get; `judged_at` is when that becomes known (None: at once)."""

    seq: str
    raised_at: datetime
    judged_at: datetime | None
    text: str
    features: dict[str, FeatureValue]
    upstream_score: float | None
    accurate: bool


@dataclass(frozen=True, slots=True)
class Arrival:
    """The alert at `index` is raised."""

    index: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on the alert at `index` becomes known."""

    index: int


def read_stream(path: Path, label: str = "y", limit: int | None = None) -> list[StreamAlert]:
    """The alerts of a stream in order of `seq`, at most `limit`. Raises `StreamUnreadable`."""
    try:
        with _opened(path) as file:
            rows = [row for row in csv.DictReader(file) if (row.get("alert") or "1").strip() == "1"]
    except (OSError, UnicodeDecodeError, csv.Error, EOFError) as error:
        raise StreamUnreadable(f"{path} cannot be read as a CSV or CSV.gz: {error}") from error
    _require_columns(path, rows, label)
    rows.sort(key=lambda row: int(row["seq"]))
    numeric = _numeric_columns(rows)
    return [_alert(path, row, number, label, numeric) for number, row in enumerate(rows[:limit])]


def in_order(alerts: Sequence[StreamAlert]) -> Iterator[Arrival | Judgement]:
    """What happens, in order: alerts as they arrive, each verdict at once or not before its own time."""
    waiting: list[tuple[datetime, int]] = []
    for index, alert in enumerate(alerts):
        while waiting and waiting[0][0] <= alert.raised_at:
            yield Judgement(heapq.heappop(waiting)[1])
        yield Arrival(index)
        if alert.judged_at is None:
            yield Judgement(index)
        else:
            heapq.heappush(waiting, (alert.judged_at, index))
    while waiting:
        yield Judgement(heapq.heappop(waiting)[1])


def _opened(path: Path) -> io.TextIOBase:
    if path.suffix == ".gz":
        return io.TextIOWrapper(gzip.open(path), encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _require_columns(path: Path, rows: list[dict[str, str]], label: str) -> None:
    if not rows:
        raise StreamUnreadable(f"{path} has no row with alert = 1")
    missing = {"seq", label} - rows[0].keys()
    if missing:
        known = ", ".join(name for name in rows[0] if name)
        raise StreamUnreadable(f"{path} has no column {', '.join(sorted(missing))}; it has {known}")


def _numeric_columns(rows: list[dict[str, str]]) -> set[str]:
    """The f_ columns in which every value that is there is a number."""
    names = [name for name in rows[0] if name.startswith("f_")]
    return {name for name in names if all(_is_number(row[name]) for row in rows if row[name] not in _MISSING)}


def _is_number(cell: str) -> bool:
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False


def _alert(path: Path, row: dict[str, str], number: int, label: str, numeric: set[str]) -> StreamAlert:
    try:
        return StreamAlert(
            seq=row["seq"],
            raised_at=_moment(row.get("ts")) or FIRST + number * SPACING,
            judged_at=_moment(row.get("verdict_ts")),
            text=(row.get("text") or "").replace("\x00", ""),
            features={name[2:]: _value(cell, name in numeric) for name, cell in row.items() if name.startswith("f_")},
            upstream_score=None if row.get("upstream_score") in (None, *_MISSING) else float(row["upstream_score"]),
            accurate={"1": True, "0": False}[row[label].strip().removesuffix(".0")],
        )
    except (KeyError, ValueError) as error:
        raise StreamUnreadable(f"{path}, seq {row['seq']}: {error!r} is not a value this column can have") from error


def _moment(cell: str | None) -> datetime | None:
    if cell is None or cell in _MISSING:
        return None
    moment = datetime.fromisoformat(cell)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _value(cell: str, numeric: bool) -> FeatureValue:
    if cell in _MISSING:
        return None
    return float(cell) if numeric else cell
