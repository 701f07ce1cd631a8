"""What the rep's pages read of a large queue: a few rows, whatever its size. Counted by the database, not timed."""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from bench.million import fill
from feedback.models import Scorer
from feedback.services import issue_key
from scoring.trust.selectors import queues_to_vet

pytestmark = pytest.mark.django_db

ALERTS, OPEN, A_FEW = 3_000, 1_500, 300
_ROWS_READ = """
    SELECT relname, seq_tup_read + COALESCE(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables
    WHERE relname IN ('feedback_alert', 'feedback_openalert', 'feedback_ledgerentry', 'feedback_exposure')
"""


def rows_read() -> dict[str, int]:
    """Rows of each large table that this transaction has read so far."""
    with connection.cursor() as cursor:
        cursor.execute(_ROWS_READ)
        return dict(cursor.fetchall())


@contextmanager
def reads_a_few() -> Iterator[None]:
    """What is done inside reads no table to its end."""
    before = rows_read()
    yield
    grown = {table: count - before.get(table, 0) for table, count in rows_read().items()}
    assert max(grown.values()) < A_FEW, grown


@pytest.fixture
def people() -> list[User]:
    """The reps of a queue with thousands of open and of judged alerts; the first has judged all of these."""
    _queue, people = fill(ALERTS, OPEN, 2)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        # A table of thousands is soon read whole, one of a million is not.
        cursor.execute("SET LOCAL enable_seqscan = off")
    return people


@pytest.fixture(params=[0, 1], ids=["who judged all of it", "who is new"])
def client(people: list[User], request: pytest.FixtureRequest) -> Client:
    client = Client()
    client.force_login(people[request.param])
    client.get("/queues/million/")
    return client


def test_a_verdict_and_what_comes_next(client: Client) -> None:
    found = re.search(r'action="/alerts/(\d+)/verdict/"', client.get("/queues/million/").content.decode())
    assert found
    with reads_a_few():
        sent = {"value": "accurate", "decision_id": uuid.uuid4()}
        client.post(f"/alerts/{found[1]}/verdict/", sent, headers={"HX-Request": "true"})


def test_an_undo(client: Client) -> None:
    found = re.search(r'action="/alerts/(\d+)/verdict/"', client.get("/queues/million/").content.decode())
    assert found
    decision = uuid.uuid4()
    client.post(f"/alerts/{found[1]}/verdict/", {"value": "accurate", "decision_id": decision})
    with reads_a_few():
        answer = client.post(f"/verdicts/{decision}/undo/", {"decision_id": uuid.uuid4()})
        assert answer.status_code == 302


@pytest.mark.parametrize("path", ["", "list/", "judged/"])
def test_a_page(client: Client, path: str) -> None:
    with reads_a_few():
        assert client.get(f"/queues/million/{path}").status_code == 200


def test_whether_there_is_anything_new(client: Client) -> None:
    found = re.search(r'hx-get="(/queues/million/fresh/[^"]+)"', client.get("/queues/million/").content.decode())
    assert found
    with reads_a_few():
        assert client.get(unescape(found[1])).status_code == 204


def test_an_alert_that_comes_in(client: Client) -> None:
    scorer = Scorer.objects.get()
    _key, secret = issue_key(scorer=scorer, name="test")
    posted = {"external_id": "new", "customer_id": "c-7", "text": "refund", "features": {"logins": 3}}
    for name in ("first", "new"):
        with reads_a_few():
            sent = posted | {"external_id": name}
            answer = client.post(
                "/api/v1/alerts", sent, "application/json", headers={"Authorization": f"Api-Key {secret}"}
            )
            assert answer.status_code == 201


def test_the_sweeps_question_which_queues_have_news(people: list[User]) -> None:
    with reads_a_few():
        assert queues_to_vet()
