"""The numbers under a chart: one table, shown as text and handed out as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from scoring.shares import Interval

Cell = str | int | float | date | None
NOTHING = "\N{EN DASH}"

# A spreadsheet runs a cell that begins with one of these; an apostrophe makes it text (OWASP, CSV injection).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH PLUS SIGN}",
                   "\N{FULLWIDTH HYPHEN-MINUS}", "\N{FULLWIDTH COMMERCIAL AT}")  # fmt: skip


def percent(share: float | None) -> str:
    """A share as people read it: whole, with one decimal below 10 %."""
    if share is None:
        return NOTHING
    return f"{share * 100:.1f}%" if 0 < share < 0.0995 else f"{share * 100:.0f}%"


def apart(limit: float, share: float) -> tuple[str, str]:
    """A limit and a share beside it, with as many digits (four at most) as tell them apart if they differ."""
    texts = percent(limit), percent(share)
    for places in range(1, 5):
        if limit == share or texts[0] != texts[1]:
            break
        texts = f"{limit * 100:.{places}f}%", f"{share * 100:.{places}f}%"
    return texts


def points(interval: Interval | tuple[float, float]) -> str:
    """An interval of shares in percent, without the sign: 80–87, or 0.4–8.6 where both limits are small."""
    places = 1 if interval[1] < 0.0995 else 0
    return "\N{EN DASH}".join(f"{limit * 100:.{places}f}" for limit in interval)


def count(number: int | None) -> str:
    """A count with its thousands apart."""
    return NOTHING if number is None else f"{number:,}"


def day(moment: date) -> str:
    """A day of this year: 26 Oct, 10月26日."""
    return date_format(moment, "MONTH_DAY_FORMAT")


def day_on_axis(moment: date) -> str:
    """A day as short as an axis on a phone needs it: 26 Oct, 10/26."""
    return date_format(moment, "DAY_ON_AXIS_FORMAT")  # config/formats


def two_places(number: float | None) -> str:
    """A figure such as an AUC."""
    return NOTHING if number is None else f"{number:.2f}"


def _seconds(number: float | None) -> str:
    return NOTHING if number is None else _("%(seconds)s s") % {"seconds": f"{number:.0f}"}


_SHOW: dict[str, Callable[[Any], str]] = {
    "text": str, "count": count, "share": percent, "day": day, "number": two_places, "seconds": _seconds,
}  # fmt: skip

# A column of one of these kinds is followed by two of kind "limit": the page shows the three as one, "84% (80–87)".
_WITH_LIMITS: dict[str, tuple[Callable[[Any], str], Callable[[Any], str]]] = {
    "share_interval": (percent, points),
    "number_interval": (two_places, lambda limits: "\N{EN DASH}".join(map(two_places, limits))),
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `key` heads it in the CSV, `title` on the page; `kind` says how a cell is shown."""

    key: str
    title: str
    kind: str = "count"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of raw cells. `key` names the table in its address, `abouts` what a row is about where its cells do not."""

    key: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    abouts: Sequence[str] = ()

    @property
    def titles(self) -> list[str]:
        """The heads of the columns."""
        return [column.title for column in self.columns if column.kind != "limit"]

    @property
    def shown(self) -> list[list[str]]:
        """The rows as text."""
        return [
            [self._cell(i, row) for i, column in enumerate(self.columns) if column.kind != "limit"] for row in self.rows
        ]

    @property
    def lines(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """The rows as text with what each is about, each cell with its column's head: a phone shows them below it."""
        rows = [list(zip(self.titles, row, strict=True)) for row in self.shown]
        return list(zip(self.abouts or [""] * len(rows), rows, strict=True))

    def _cell(self, index: int, row: Sequence[Cell]) -> str:
        kind = self.columns[index].kind
        if kind not in _WITH_LIMITS:
            return _SHOW[kind](row[index])
        (show, show_limits), (value, *limits) = _WITH_LIMITS[kind], row[index : index + 3]
        return NOTHING if value is None else f"{show(value)} ({show_limits(limits)})"

    def as_csv(self) -> str:
        """The raw rows with a byte-order mark, so that spreadsheets read Chinese; no cell is run as a formula."""
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(column.key for column in self.columns)
        writer.writerows([_inert(cell) for cell in row] for row in self.rows)
        return "\N{ZERO WIDTH NO-BREAK SPACE}" + out.getvalue()


def _inert(cell: Cell) -> Cell:
    if isinstance(cell, float):
        return round(cell, 6)
    if isinstance(cell, str) and cell.lstrip().startswith(_FORMULA_STARTS):
        return f"'{cell}"
    return cell
