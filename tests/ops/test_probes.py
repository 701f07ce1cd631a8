"""What machines that watch the product see."""

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from ops import selectors, services


@pytest.fixture
def beating(db: None) -> None:
    services.record_heartbeat(name=services.WORKER, now=timezone.now())


class TestLivez:
    def test_it_answers_without_the_database_and_by_any_host_name(
        self, client: Client, db: None, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(0):
            response = client.get("/livez", headers={"host": "10.1.2.3"})
        assert (response.status_code, response.content) == (200, b"alive\n")


@pytest.mark.usefixtures("beating")
class TestReadyz:
    def test_it_is_ready_when_every_check_passes(self, client: Client) -> None:
        response = client.get("/readyz", headers={"host": "10.1.2.3"})
        assert response.status_code == 200
        assert [*response.json()["checks"]] == ["database", "migrations", "learner", "worker"]
        assert response.json()["ready"] is True

    def test_a_silent_worker_is_not_ready(self, client: Client) -> None:
        services.record_heartbeat(name=services.WORKER, now=timezone.now() - timedelta(minutes=2))
        response = client.get("/readyz")
        assert response.status_code == 503
        assert [name for name, check in response.json()["checks"].items() if not check["ok"]] == ["worker"]

    def test_a_migration_that_is_not_applied_is_not_ready(self, client: Client) -> None:
        cache.delete(selectors.MIGRATED)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations WHERE app = 'ops'")
        response = client.get("/readyz")
        cache.delete(selectors.MIGRATED)
        assert (response.status_code, response.json()["checks"]["migrations"]["ok"]) == (503, False)

    def test_a_learner_that_is_far_behind_is_not_ready(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(selectors, "learner_lag", lambda: {"churn": 501, "complaints": 3})
        check = client.get("/readyz").json()["checks"]["learner"]
        assert (check["ok"], check["detail"]) == (False, "501 verdicts behind at most, in churn")

    def test_a_database_that_is_away_is_named_but_not_described(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away() -> None:
            raise OperationalError("connection to host secret.example.com failed")

        monkeypatch.setattr(selectors, "learner_lag", away)
        response = client.get("/readyz")
        assert response.status_code == 503
        assert b"secret.example.com" not in response.content


@pytest.mark.usefixtures("beating")
class TestMetrics:
    def test_this_machine_may_read_them(self, client: Client) -> None:
        response = client.get("/metrics")
        assert response.status_code == 200
        assert 'alertloop_ready{check="worker"} 1.0' in response.text
        assert "django_http_requests" in response.text

    @pytest.mark.parametrize("origin", [{"REMOTE_ADDR": "203.0.113.9"}, {"HTTP_X_FORWARDED_FOR": "203.0.113.9"}])
    def test_another_machine_may_not(self, client: Client, origin: dict[str, str]) -> None:
        assert client.get("/metrics", **origin).status_code == 403

    def test_a_token_opens_them_from_anywhere_and_is_then_required(
        self, client: Client, settings: LazySettings
    ) -> None:
        settings.METRICS_TOKEN = "metrics-token"
        remote = {"REMOTE_ADDR": "203.0.113.9"}
        assert client.get("/metrics", **remote, HTTP_AUTHORIZATION="Bearer metrics-token").status_code == 200
        assert client.get("/metrics", **remote, HTTP_AUTHORIZATION="Bearer other").status_code == 403
        assert client.get("/metrics").status_code == 403
