"""The cast. rhea and tom are reps of the churn queue, ada labels, lena leads; mallory belongs elsewhere."""

from collections.abc import Iterator
from typing import Any

import pgtrigger
import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import TransactionTestCase
from hypothesis import settings
from pytest_django import DjangoDbBlocker

from feedback.models import Alert, Queue, Role, Scorer
from scoring.replica import forget_replicas
from scoring.services.learning import forget_boards
from tests import factories, template


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """A process of a parallel session copies the migrated database instead of migrating its own."""
    connection.settings_dict["TEST"]["TEMPLATE"] = template.wait()


# An example has no deadline: how long one takes says something about who else uses the processors.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture(scope="module")
def whole_module(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A transaction around the tests of a module, for a history that is told once.

    Every test sees what the module's fixtures made in it; what a test does to that is taken back with the test.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _fresh_process() -> Iterator[None]:
    """What a process keeps in memory belongs to one test's database."""
    forget_replicas()
    forget_boards()
    yield
    forget_replicas()
    forget_boards()


@pytest.fixture(autouse=True, scope="session")
def _flush_may_truncate() -> Iterator[None]:
    """Django empties the tables between transactional tests with TRUNCATE, which the ledger refuses to others."""
    teardown = TransactionTestCase._fixture_teardown

    def permitted(self: Any) -> None:
        with pgtrigger.ignore():
            teardown(self)

    patch = pytest.MonkeyPatch()
    patch.setattr(TransactionTestCase, "_fixture_teardown", permitted)
    yield
    patch.undo()


@pytest.fixture
def queue(db: None) -> Queue:
    """The churn queue."""
    return factories.make_queue()


@pytest.fixture
def other_queue(db: None) -> Queue:
    """The complaint queue, in which none of the churn people has a role."""
    return factories.make_queue("complaints", name="Complaint warning", name_zh="投诉预警")


@pytest.fixture
def rhea(queue: Queue) -> User:
    """A rep who owns the alert."""
    return factories.make_person("rhea", (queue, Role.REP))


@pytest.fixture
def tom(queue: Queue) -> User:
    """Another rep of the same queue."""
    return factories.make_person("tom", (queue, Role.REP))


@pytest.fixture
def ada(queue: Queue) -> User:
    """A labeler."""
    return factories.make_person("ada", (queue, Role.LABELER))


@pytest.fixture
def lena(queue: Queue) -> User:
    """The lead."""
    return factories.make_person("lena", (queue, Role.LEAD))


@pytest.fixture
def mallory(other_queue: Queue) -> User:
    """A rep, labeler and lead of another queue, who tries URLs."""
    return factories.make_person("mallory", *((other_queue, role) for role in Role))


@pytest.fixture
def upstream(queue: Queue) -> Scorer:
    """The scorer that posts to the churn queue."""
    return factories.make_scorer("voice-llm", queue)


@pytest.fixture
def alert(queue: Queue, upstream: Scorer) -> Alert:
    """An open alert."""
    return factories.raise_alert(queue, upstream)
