"""How dates and times are written: one style a language, named in config/formats, on every page."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.utils import translation
from django.utils.formats import date_format

from config.environment import BASE_DIR

AFTERNOON = datetime(2026, 3, 2, 15, 5, tzinfo=UTC)
OWN = ("DAY_ON_AXIS_FORMAT", "MONTH_FORMAT", "MONTH_ON_AXIS_FORMAT")
NAMED = {"DATE_FORMAT", "TIME_FORMAT", "DATETIME_FORMAT", "MONTH_DAY_FORMAT", "YEAR_MONTH_FORMAT", *OWN}
MACHINES = "c"  # the attribute datetime=""
TEMPLATES = sorted((BASE_DIR / "templates").rglob("*.html"))


class TestTimes:
    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    @pytest.mark.parametrize("name", ["TIME_FORMAT", "DATETIME_FORMAT", "SHORT_DATETIME_FORMAT"])
    def test_have_24_hours_in_every_language(self, language: str, name: str) -> None:
        with translation.override(language):
            assert date_format(AFTERNOON, name).endswith("15:05")


class TestDates:
    @pytest.mark.parametrize(
        ("language", "day", "day_of_year", "month", "on_axis"),
        [("en", "2 Mar 2026", "2 Mar", "March", "2 Mar"), ("zh-hans", "2026年3月2日", "3月2日", "3 月", "3/2")],
    )
    def test_have_one_style_a_language(
        self, language: str, day: str, day_of_year: str, month: str, on_axis: str
    ) -> None:
        with translation.override(language):
            written = [date_format(AFTERNOON, name) for name in ("DATE_FORMAT", "SHORT_DATE_FORMAT")]
            assert written == [day, day]
            assert date_format(AFTERNOON, "DATETIME_FORMAT") == f"{day} 15:05"
            assert date_format(AFTERNOON, "MONTH_DAY_FORMAT") == day_of_year
            assert (date_format(AFTERNOON, "MONTH_FORMAT"), date_format(AFTERNOON, "DAY_ON_AXIS_FORMAT")) == (
                month, on_axis,
            )  # fmt: skip

    @pytest.mark.parametrize("name", OWN)
    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    def test_have_formats_of_our_own_in_every_language(self, language: str, name: str) -> None:
        with translation.override(language):
            assert re.search(r"[23M]", date_format(AFTERNOON, name)) and "ORMAT" not in date_format(AFTERNOON, name)

    @pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(BASE_DIR)))
    def test_are_written_by_name_in_templates(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        used = re.findall(r"""\|(?:date|time|naturalday):["']([^"']+)["']""", text)
        assert set(used) <= {*NAMED, MACHINES}
        assert not re.search(r"\|(?:date|time|naturalday)\s*(?:\||\}|%)", text)
