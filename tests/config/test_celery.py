"""How tasks travel."""

import signal
import time
from collections.abc import Iterator

import pytest
import structlog
from billiard.exceptions import SoftTimeLimitExceeded
from django.conf import LazySettings
from django.db import DatabaseError, connection
from psycopg.conninfo import conninfo_to_dict

from config import celery
from feedback.locks import Lock, turn


class TestTheClock:
    def test_it_names_only_tasks_that_exist(self) -> None:
        celery.app.loader.import_default_modules()
        assert {entry["task"] for entry in celery.BEAT_SCHEDULE.values()} <= set(celery.app.tasks)

    def test_an_entry_that_nobody_took_gives_way_to_the_next(self) -> None:
        assert all(entry["options"]["expires"] >= entry["schedule"] for entry in celery.BEAT_SCHEDULE.values())


class TestATasksLimit:
    def test_every_task_has_one_and_a_harder_one_behind_it(self) -> None:
        celery.app.loader.import_default_modules()
        ours = [task for name, task in celery.app.tasks.items() if ".tasks." in name]
        assert {task.name for task in ours} == set(celery.SOFT_LIMITS)
        assert all(0 < task.soft_time_limit < task.time_limit for task in ours)


@pytest.fixture
def soon_broken_off(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A worker's connection, and a soft limit that is over soon."""

    def over(*_: object) -> None:
        raise SoftTimeLimitExceeded

    monkeypatch.setattr(celery, "GONE_AFTER", "50ms")
    celery.ask_to_notice(connection)
    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    yield
    signal.signal(signal.SIGALRM, before)


def is_free(lock: Lock) -> bool:
    """Whether the lock is let go, sooner or later."""
    for _ in range(200):
        with turn(lock, 1) as mine:
            if mine:
                return True
        time.sleep(0.05)
    return False


@pytest.mark.django_db(transaction=True)
class TestATaskThatWasBrokenOffInAQuery:
    def test_leaves_neither_a_lock_nor_a_connection_that_waits(self, soon_broken_off: None) -> None:
        with pytest.raises(DatabaseError), turn(Lock.RERANK, 1), connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(60)")
        celery.hang_up()
        assert is_free(Lock.RERANK)

    def test_is_broken_off_outside_a_turn_too(self, soon_broken_off: None) -> None:
        with pytest.raises(SoftTimeLimitExceeded), connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(60)")
        celery.hang_up()
        assert is_free(Lock.RERANK)


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
