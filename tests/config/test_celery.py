"""How tasks travel."""

import pytest
import structlog
from django.conf import LazySettings
from psycopg.conninfo import conninfo_to_dict

from config import celery


class TestTheClock:
    def test_it_names_only_tasks_that_exist(self) -> None:
        celery.app.loader.import_default_modules()
        assert {entry["task"] for entry in celery.BEAT_SCHEDULE.values()} <= set(celery.app.tasks)

    def test_an_entry_that_nobody_took_gives_way_to_the_next(self) -> None:
        assert all(entry["options"]["expires"] >= entry["schedule"] for entry in celery.BEAT_SCHEDULE.values())


class TestTheBroker:
    def test_it_is_the_database_unless_another_is_named(self, settings: LazySettings) -> None:
        settings.CELERY_BROKER_URL = ""
        assert celery.broker()["broker_url"].startswith("pgmq:")
        settings.CELERY_BROKER_URL = "amqp://rabbit.example.com"
        assert celery.broker()["broker_url"] == "amqp://rabbit.example.com"

    @pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")
    @pytest.mark.parametrize("password", ["plain", "with space", "it's", r"back\slash", "a=b@c/d"])
    def test_any_password_reaches_the_transport_whole(self, settings: LazySettings, password: str) -> None:
        settings.CELERY_BROKER_URL = ""
        settings.DATABASES = {"default": {"HOST": "db", "PORT": 5433, "NAME": "n", "USER": "u", "PASSWORD": password}}
        parts = conninfo_to_dict(celery.broker()["broker_transport_options"]["conn_string"])
        joined = " ".join(f"{name}={value}" for name, value in parts.items())  # as the transport does
        assert conninfo_to_dict(joined) == {
            "host": "db",
            "port": "5433",
            "dbname": "n",
            "user": "u",
            "password": password,
        }


class TestARequestsId:
    def test_it_travels_with_the_task(self) -> None:
        headers: dict[str, object] = {}
        with structlog.contextvars.bound_contextvars(request_id="request-1"):
            celery.send_request_id(headers=headers)
        assert headers == {"request_id": "request-1"}

    def test_a_task_that_no_request_caused_has_none(self) -> None:
        headers: dict[str, object] = {}
        celery.send_request_id(headers=headers)
        assert headers == {}
