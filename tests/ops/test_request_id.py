"""The id that ties a request's log lines together."""

import logging
from typing import Any

import pytest
from django.test import Client


def _lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """What the log of requests was given, read where it leaves: structlog's own capture misses cached loggers."""
    return [record.msg for record in caplog.records if record.name == "request" and isinstance(record.msg, dict)]


@pytest.mark.django_db
class TestARequestId:
    def test_a_well_formed_one_is_kept(self, client: Client) -> None:
        response = client.get("/login/", headers={"X-Request-ID": "proxy-4711.a_b"})
        assert response["X-Request-ID"] == "proxy-4711.a_b"

    @pytest.mark.parametrize(
        "sent", ["", "short", "with space inside", "x" * 65, "line\tbreak-in-it", "日本語日本語日本語"]
    )
    def test_any_other_is_replaced(self, client: Client, sent: str) -> None:
        made = client.get("/livez", headers={"X-Request-ID": sent})["X-Request-ID"]
        assert len(made) == 32
        assert made != sent

    def test_each_request_is_one_line_with_status_and_time(
        self, client: Client, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.INFO, logger="request"):
            client.get("/nowhere/")
        [mine] = _lines(caplog)
        assert (mine["event"], mine["status"]) == ("GET /nowhere/", 404)
        assert mine["ms"] >= 0

    @pytest.mark.parametrize("mark", ["%0a", "%0D", "%1b", "%e2%80%ae"])
    def test_an_address_writes_no_line_of_its_own(
        self, client: Client, caplog: pytest.LogCaptureFixture, mark: str
    ) -> None:
        with caplog.at_level(logging.INFO, logger="request"):
            client.get(f"/nowhere{mark}forged")
        [mine] = _lines(caplog)
        assert mine["event"] == f"GET /nowhere{mark.upper()}forged"

    def test_an_address_in_chinese_is_read_as_it_is(self, client: Client, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.INFO, logger="request"):
            client.get("/无此页")
        assert _lines(caplog)[0]["event"] == "GET /无此页"

    def test_a_log_line_never_holds_what_was_asked_for_in_the_query(
        self, client: Client, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.INFO, logger="request"):
            client.get("/login/?customer=4711")
        [mine] = _lines(caplog)
        assert "4711" not in str(mine)
