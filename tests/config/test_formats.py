"""How dates and times are written."""

from datetime import UTC, datetime

import pytest
from django.utils import translation
from django.utils.formats import date_format

AFTERNOON = datetime(2026, 11, 2, 15, 5, tzinfo=UTC)


class TestTimes:
    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    @pytest.mark.parametrize("name", ["TIME_FORMAT", "DATETIME_FORMAT", "SHORT_DATETIME_FORMAT"])
    def test_have_24_hours_in_every_language(self, language: str, name: str) -> None:
        with translation.override(language):
            assert date_format(AFTERNOON, name).endswith("15:05")
