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

from scoring.estimation import Interval

Cell = str | int | float | date | None
NOTHING = "\N{EN DASH}"

# A spreadsheet runs a cell that begins with one of these as a formula; the apostrophe makes it text (OWASP, CSV injection).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH PLUS SIGN}",
                   "\N{FULLWIDTH HYPHEN-MINUS}", "\N{FULLWIDTH COMMERCIAL AT}")  # fmt: skip


def percent(share: float | None) -> str:
    """A share as people read it: whole, with one decimal below 10 %."""
    if share is None:
        return NOTHING
    return f"{share * 100:.1f}%" if 0 < share < 0.0995 else f"{share * 100:.0f}%"


def points(interval: Interval | tuple[float, float]) -> str:
    """An interval of shares in percent, without the sign: 80–87."""
    return "\N{EN DASH}".join(percent(limit).rstrip("%") for limit in interval)


def count(number: int | None) -> str:
    """A count with its thousands apart."""
    return NOTHING if number is None else f"{number:,}"


def day(moment: date) -> str:
    """A day of this year, as the language writes it."""
    return date_format(moment, "MONTH_DAY_FORMAT")


def two_places(number: float | None) -> str:
    """A figure such as an AUC."""
    return NOTHING if number is None else f"{number:.2f}"


def _seconds(number: float | None) -> str:
    return NOTHING if number is None else _("%(seconds)s s") % {"seconds": f"{number:.0f}"}


_SHOW: dict[str, Callable[[Any], str]] = {
    "text": str, "count": count, "share": percent, "day": day, "number": two_places, "seconds": _seconds,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `key` heads it in the CSV, `title` on the page; `kind` says how a cell is shown."""

    key: str
    title: str
    kind: str = "count"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of raw cells. `key` names the table in its address."""

    key: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]

    @property
    def titles(self) -> list[str]:
        """The heads of the columns."""
        return [column.title for column in self.columns]

    @property
    def shown(self) -> list[list[str]]:
        """The rows as text."""
        return [[_SHOW[column.kind](cell) for column, cell in zip(self.columns, row, strict=True)] for row in self.rows]

    def as_csv(self) -> str:
        """The raw rows with a byte-order mark, so that spreadsheets read Chinese; no cell is run as a formula."""
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(column.key for column in self.columns)
        writer.writerows([_inert(cell) for cell in row] for row in self.rows)
        return "\N{ZERO WIDTH NO-BREAK SPACE}" + out.getvalue()


def _inert(cell: Cell) -> Cell:
    if isinstance(cell, str) and cell.lstrip().startswith(_FORMULA_STARTS):
        return f"'{cell}"
    return cell
