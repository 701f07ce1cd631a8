"""Every refusal is a problem document that names the field and says what to do."""

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from feedback.models import Alert, Queue, Scorer
from scoring.api.problems import Problem, Refusal
from scoring.api.throttling import spend
from tests.scoring.api.conftest import ApiClient, alert


def check_problem(answer: Any, status: int) -> dict[str, Any]:
    """The document, after a look at what every problem has."""
    assert answer.status_code == status, answer.content[:500]
    assert answer["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status and body["title"] and len(body["detail"]) > 20
    assert "errors" in body or "`errors`" not in body["detail"]
    assert body["type"].rpartition("#")[2] in {refusal.slug for refusal in Refusal}
    return body


class TestABodyThatIsNotPlainJson:
    @pytest.mark.parametrize(
        "body",
        [
            b"{", b"nul", b'{"a": 1} {}', b'{"external_id": "a", "external_id": "b"}', b'{"upstream_score": NaN}',
            b'{"upstream_score": Infinity}', b'{"text": "\\ud800"}', b'{"text": "\xff"}', b"[" * 10_000,
            b'{"upstream_score": ' + b"9" * 5_000 + b"}", "{}".encode("utf-16"), b"\xef\xbb\xbf{}",
        ],
    )  # fmt: skip
    def test_cannot_be_read(self, api: ApiClient, body: bytes) -> None:
        problem = check_problem(api.post("alerts", body), 400)
        assert "at line 1 column" in problem["detail"]
        assert not Alert.objects.exists()

    def test_that_is_empty_cannot_be_read(self, api: ApiClient) -> None:
        check_problem(api.post("alerts", b""), 400)


class TestAFieldThatIsWrong:
    @pytest.mark.parametrize(
        ("fields", "pointer"),
        [
            ({"text": "a\x00b"}, "/text"),
            ({"features": {"a\x00": 1}}, "/features/a\x00"),
            ({"features": {"a": "\x00"}}, "/features/a"),
            ({"features": {"a": [1]}}, "/features/a"),
            ({"features": {"a/b~c": {}}}, "/features/a~1b~0c"),
            ({"features": {"a": 10**30}}, "/features/a"),
            ({"features": {str(n): n for n in range(65)}}, "/features"),
            ({"evidence": [{"label": "x", "value": "y"}, {"label": "x"}]}, "/evidence/1/value"),
            ({"external_id": ""}, "/external_id"),
            ({"external_id": "  "}, "/external_id"),
            ({"customer_id": ""}, "/customer_id"),
            ({"customer_id": "  "}, "/customer_id"),
            ({"customer_id": "\u3000\u00a0"}, "/customer_id"),
            ({"external_id": "batch"}, "/external_id"),
            ({"external_id": 5}, "/external_id"),
            ({"customer_id": "x" * 201}, "/customer_id"),
            ({"upstream_score": 1.01}, "/upstream_score"),
            ({"upstream_score": True}, "/upstream_score"),
            ({"upstream_score": "0.5"}, "/upstream_score"),
            ({"raised_at": "2026-03-01"}, "/raised_at"),
            ({"raised_at": "2026-03-01T09:30:00"}, "/raised_at"),
            ({"raised_at": 5}, "/raised_at"),
            ({"raised_at": "0001-01-01T00:00:00+14:00"}, "/raised_at"),
            ({"customer": "misspelt"}, "/customer"),
        ],
    )
    def test_is_named(self, api: ApiClient, fields: dict[str, Any], pointer: str) -> None:
        problem = check_problem(api.post("alerts", alert(**fields)), 422)
        assert [error["pointer"] for error in problem["errors"]] == [pointer]
        assert not Alert.objects.exists()

    @pytest.mark.parametrize(("days", "says"), [(1.1, "more than a day ahead"), (-3654, "more than ten years ago")])
    def test_of_another_age_says_what_to_send(self, api: ApiClient, days: float, says: str) -> None:
        raised = (timezone.now() + timedelta(days=days)).isoformat()
        (error,) = check_problem(api.post("alerts", alert(raised_at=raised)), 422)["errors"]
        assert error["pointer"] == "/raised_at" and says in error["detail"] and "leave it out" in error["detail"]

    @pytest.mark.parametrize("days", [0.9, -3650])
    def test_is_not_a_moment_of_these_ten_years(self, api: ApiClient, days: float) -> None:
        raised = (timezone.now() + timedelta(days=days)).isoformat()
        assert api.post("alerts", alert(raised_at=raised)).status_code == 201

    def test_is_named_together_with_the_others(self, api: ApiClient) -> None:
        problem = check_problem(api.post("alerts", {"external_id": "a", "text": 1}), 422)
        assert {error["pointer"] for error in problem["errors"]} == {"/customer_id", "/text"}

    @hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        )
    )
    def test_never_breaks_the_server(self, api: ApiClient, value: object) -> None:
        for body in (value, alert(features=value), alert(text=value), [value], alert(features={"a": value})):
            status = api.post(
                "alerts/batch" if isinstance(body, list) else "alerts", json.dumps(body).encode()
            ).status_code
            assert status in {200, 201, 400, 409, 422}


class TestAnAddress:
    @pytest.mark.parametrize("path", ["", "alert", "alerts/", "docs/x", "v2"])
    def test_that_does_not_exist_is_a_problem(self, api: ApiClient, path: str) -> None:
        check_problem(api.get(path), 404)
        check_problem(ApiClient(None).post(path, {}), 404)

    @pytest.mark.parametrize(
        ("path", "allowed"), [("alerts", "POST"), ("verdicts", "GET, HEAD"), ("alerts/a", "GET, HEAD")]
    )
    def test_says_which_methods_it_has(self, api: ApiClient, path: str, allowed: str) -> None:
        for method in ("put", "delete", "patch", "options"):
            answer = getattr(Client(headers=api.headers()), method)(f"/api/v1/{path}")
            check_problem(answer, 405)
            assert answer["Allow"] == allowed

    def test_gives_json_only(self, api: ApiClient) -> None:
        answer = Client(headers=api.headers() | {"Accept": "text/html"}).get("/api/v1/verdicts")
        check_problem(answer, 406)

    @pytest.mark.parametrize(
        "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/x-ndjson"]
    )
    def test_takes_the_media_types_it_names(self, api: ApiClient, content_type: str) -> None:
        check_problem(api.post("alerts", b"{}", content_type), 415)

    def test_takes_no_compressed_body(self, api: ApiClient) -> None:
        check_problem(api.post("alerts", b"{}", **{"Content-Encoding": "gzip"}), 415)


class TestTooMuch:
    def test_is_refused_by_the_header_before_it_is_read(self, api: ApiClient, settings: LazySettings) -> None:
        settings.API_MAX_BODY_BYTES = 100
        problem = check_problem(api.post("alerts", alert(text="x" * 100)), 413)
        assert "API_MAX_BODY_BYTES" in problem["detail"]

    def test_of_unknown_length_is_refused(self, api: ApiClient) -> None:
        check_problem(api.post("alerts", alert(), **{"Transfer-Encoding": "chunked"}), 411)

    def test_in_a_short_time_is_refused_with_the_time_to_wait(self, api: ApiClient, settings: LazySettings) -> None:
        settings.API_BURST, settings.API_RATE_PER_MINUTE = 3, 60
        assert api.post("alerts/batch", [alert(external_id=str(n)) for n in range(3)]).status_code == 200
        answer = api.post("alerts/batch", [alert(external_id=str(n)) for n in range(3, 5)])
        check_problem(answer, 429)
        assert answer["Retry-After"] == "2"
        assert Alert.objects.count() == 3

    def test_costs_nothing_when_it_is_refused(self, upstream: Scorer, settings: LazySettings) -> None:
        settings.API_BURST, settings.API_RATE_PER_MINUTE, now = 10, 1, timezone.now()
        spend(scorer_id=upstream.pk, alerts=6, now=now)
        with pytest.raises(Problem):
            spend(scorer_id=upstream.pk, alerts=5, now=now)
        spend(scorer_id=upstream.pk, alerts=4, now=now)

    def test_may_be_one_batch_above_the_burst(self, upstream: Scorer, settings: LazySettings) -> None:
        settings.API_BURST, now = 10, timezone.now()
        spend(scorer_id=upstream.pk, alerts=1_000, now=now)
        with pytest.raises(Problem):
            spend(scorer_id=upstream.pk, alerts=1, now=now)

    @pytest.mark.django_db(transaction=True)
    def test_is_counted_once_however_many_ask_at_once(self, upstream: Scorer, settings: LazySettings) -> None:
        settings.API_BURST, settings.API_RATE_PER_MINUTE, now = 20, 1, timezone.now()
        passed: list[int] = []

        def ask() -> None:
            for _ in range(10):
                try:
                    spend(scorer_id=upstream.pk, alerts=1, now=now)
                    passed.append(1)
                except Problem:
                    pass
            connection.close()

        threads = [threading.Thread(target=ask) for _ in range(6)]
        _ = [thread.start() for thread in threads], [thread.join() for thread in threads]
        assert len(passed) == 20


class TestOurFault:
    def test_is_a_problem_too(self, api: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("scoring.api.intake.take_in", lambda **_: 1 / 0)
        client = Client(headers=api.headers(), raise_request_exception=False)
        answer = client.post("/api/v1/alerts", json.dumps(alert()), content_type="application/json")
        check_problem(answer, 500)
        assert "ZeroDivision" not in answer.content.decode()

    def test_that_the_database_is_away_says_when_to_come_back(
        self, api: ApiClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(**_: object) -> None:
            raise OperationalError("server closed the connection")

        monkeypatch.setattr("scoring.api.intake.take_in", away)
        answer = api.post("alerts", alert())
        check_problem(answer, 503)
        assert answer["Retry-After"] == "5"

    def test_leaves_pages_for_people_alone(self, queue: Queue) -> None:
        assert "problem" not in Client().get("/no-such-page")["Content-Type"]

    def test_words_a_refused_host(self, db: None) -> None:
        check_problem(Client(headers={"Host": "evil.example"}).get("/api/v1/verdicts"), 400)
