"""The id that ties a request's log lines together."""

import pytest
from django.test import Client
from structlog.testing import capture_logs


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

    def test_each_request_is_one_line_with_status_and_time(self, client: Client) -> None:
        with capture_logs() as lines:
            client.get("/nowhere/")
        mine = [line for line in lines if line["event"] == "GET /nowhere/"]
        assert [line["status"] for line in mine] == [404]
        assert mine[0]["ms"] >= 0

    def test_a_log_line_never_holds_what_was_asked_for_in_the_query(self, client: Client) -> None:
        with capture_logs() as lines:
            client.get("/login/?customer=4711")
        assert "4711" not in str(lines)
