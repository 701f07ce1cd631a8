"""What the log says of an error."""

import logging
import sys

import pytest

from config import logs


def logged(form: str) -> str:
    """A line of the log about an error beside a secret."""
    line = logs.settings(form, "INFO")["formatters"]["line"]
    formatter = line.pop("()")(**line)
    try:
        secret = "not for the log".upper()
        raise ValueError(len(secret))
    except ValueError:
        record = logging.LogRecord("feedback", logging.ERROR, "", 1, "it broke", None, sys.exc_info())
    return str(formatter.format(record))


@pytest.mark.parametrize("form", ["console", "json"])
class TestAnError:
    def test_has_its_traceback(self, form: str) -> None:
        assert "it broke" in logged(form) and "ValueError: 15" in logged(form)

    def test_does_not_say_what_variables_held(self, form: str) -> None:
        assert "NOT FOR THE LOG" not in logged(form)
