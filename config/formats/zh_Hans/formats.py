"""Dates and numbers in Chinese, in one style: 2026年11月22日, 103,400. Django's own: 03月5日, and no comma at all."""

DATE_FORMAT = SHORT_DATE_FORMAT = "Y年n月j日"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "Y年n月j日 H:i"
MONTH_DAY_FORMAT = "n月j日"
YEAR_MONTH_FORMAT = "Y年n月"
DAY_ON_AXIS_FORMAT = "n/j"
MONTH_FORMAT = "n 月"  # within a sentence, where the catalog puts a space around numbers
MONTH_ON_AXIS_FORMAT = "n月"
THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
