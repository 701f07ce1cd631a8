"""Tables as text and as CSV."""

import csv
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.lead.tables import Cell, Column, Table, apart, count, percent, points


def read(table: Table) -> list[list[str]]:
    return list(csv.reader(io.StringIO(table.as_csv().removeprefix("\ufeff"))))


def one_column(*cells: Cell) -> Table:
    return Table("people", [Column("person", "Person", "text")], [[cell] for cell in cells])


class TestCsv:
    @pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", "\n=", " =", "＝", "＋", "－", "＠"])
    def test_no_cell_is_run_as_a_formula(self, start: str) -> None:
        name = f'{start}HYPERLINK("http://evil.example")'
        assert read(one_column(name))[1] == [f"'{name}"]

    @given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20))
    def test_no_text_at_all_begins_like_one(self, name: str) -> None:
        assert not read(one_column(name or "x"))[1][0].lstrip().startswith(("=", "+", "-", "@"))

    def test_numbers_stay_numbers(self) -> None:
        table = Table("weeks", [Column("week", "", "day"), Column("share", "", "share")], [[date(2026, 6, 22), 2 / 3]])
        assert read(table)[1] == ["2026-06-22", "0.666667"]

    def test_spreadsheets_see_that_it_is_unicode(self) -> None:
        assert one_column("陈芸").as_csv().startswith("\ufeffperson\r\n陈芸")

    def test_what_is_unknown_is_empty(self) -> None:
        assert Table("t", [Column("a", ""), Column("b", "")], [[None, 0]]).as_csv().splitlines()[1] == ",0"


class TestShown:
    def test_a_share_and_its_limits_are_one_column(self) -> None:
        columns = [
            Column("p", "Real", "share_interval"),
            Column("l", "", "limit"),
            Column("h", "", "limit"),
            Column("n", "N"),
        ]
        table = Table("t", columns, [[0.84, 0.8, 0.87, 1412], [None, None, None, 0]])
        assert table.titles == ["Real", "N"]
        assert table.shown == [["84% (80–87)", "1,412"], ["–", "0"]]


class TestPercent:
    def test_small_shares_keep_a_decimal(self) -> None:
        assert [percent(0.009), percent(0.0), percent(0.841), percent(1.0), percent(None)] == [
            "0.9%",
            "0%",
            "84%",
            "100%",
            "–",
        ]

    def test_limits_agree_in_their_decimals(self) -> None:
        assert [points((0.004, 0.016)), points((0.063, 0.55))] == ["0.4–1.6", "6–55"]

    def test_counts_have_their_thousands_apart(self) -> None:
        assert count(18204) == "18,204"


class TestAShareBesideALimit:
    @pytest.mark.parametrize(
        ("limit", "share", "texts"),
        [
            (0.034, 0.021, ("3.4%", "2.1%")),
            (0.0341, 0.0339, ("3.41%", "3.39%")),
            (0.601, 0.6004, ("60.1%", "60.0%")),
            (0.034, 0.034, ("3.4%", "3.4%")),
            (0.034, 0.0339999999, ("3.4000%", "3.4000%")),
        ],
    )
    def test_has_as_many_digits_as_tell_it_apart(self, limit: float, share: float, texts: tuple[str, str]) -> None:
        assert apart(limit, share) == texts
