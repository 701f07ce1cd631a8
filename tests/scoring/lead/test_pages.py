"""The pages over HTTP: what they say, to whom, and at what cost."""

import csv
import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from feedback.models import Queue, Scorer, Value
from scoring.services.amending import let_in, roll_back
from tests import factories
from tests.scoring.lead.history import NOW, alert_at, judged_at, weeks_ago

TABLES = ("weeks", "said", "calibration", "anchoring", "drift", "learning", "days", "scorers", "people")
Counted = Callable[[int], AbstractContextManager[Any]]


@pytest.fixture(autouse=True)
def _it_is_june(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


class TestQueuePage:
    def test_a_new_queue_explains_what_it_does_not_know(self, queue: Queue, lena_reads: Callable[[str], str]) -> None:
        page = lena_reads("/lead/churn/")
        assert "none of the alerts of the last four weeks has been judged yet" in page
        assert "Not known: no alert arrived" in page

    def test_the_next_request_shows_a_verdict_without_any_worker(
        self, queue: Queue, upstream: Scorer, rhea: User, lena_reads: Callable[[str], str]
    ) -> None:
        assert "Nobody has judged" in lena_reads("/lead/churn/")
        judged_at(queue, upstream, rhea, weeks_ago(0.1), accurate=True)
        assert "1 of 1 judged alerts are real, too few to say more" in lena_reads("/lead/churn/")

    @pytest.mark.parametrize("address", ["/lead/churn/", "/lead/"])
    def test_a_model_that_was_taken_back_is_not_said_to_count_everything(
        self, queue: Queue, upstream: Scorer, rhea: User, lena_reads: Callable[[str], str], address: str
    ) -> None:
        for week in (0.2, 0.1):
            judged_at(queue, upstream, rhea, weeks_ago(week), accurate=True)
        assert "some verdicts are held back" not in lena_reads(address)
        hold = roll_back(queue=queue, to_position=1, note="", by=None, now=NOW)
        assert "some verdicts are held back" in lena_reads(address)
        let_in(hold=hold, note="", by=None, now=NOW)
        assert "some verdicts are held back" not in lena_reads(address)

    def test_says_which_question_it_answers_and_where_the_other_is(
        self, queue: Queue, lena_reads: Callable[[str], str]
    ) -> None:
        assert "what was hidden in the last six months" in (page := lena_reads("/lead/churn/"))
        assert 'on the page <a href="/lead/churn/policy/">Policy</a>' in page

    def test_a_scorers_name_is_escaped(self, queue: Queue, rhea: User, lena_reads: Callable[[str], str]) -> None:
        scorer = factories.make_scorer("<script>alert(1)</script>", queue)
        judged_at(queue, scorer, rhea, weeks_ago(1), accurate=True, version="<b>")
        page = lena_reads("/lead/churn/")
        assert "<script>alert(1)" not in page
        assert "&lt;script&gt;alert(1)" in page


class TestPeople:
    def test_each_persons_verdicts_retractions_and_pace_are_counted(
        self, queue: Queue, upstream: Scorer, rhea: User, lena_reads: Callable[[str], str]
    ) -> None:
        for seconds in (0, 20, 50):
            alert = alert_at(queue, upstream, weeks_ago(1))
            factories.judge(alert, rhea, Value.ACCURATE, now=NOW.replace(hour=9, minute=0, second=seconds))
        table = list(csv.DictReader(io.StringIO(lena_reads("/lead/churn/people.csv").removeprefix("\ufeff"))))
        assert [(row["person"], row["verdicts"], row["retractions"], row["median_seconds"]) for row in table] == [
            ("Rhea", "3", "0", "25.0")
        ]


class TestOverview:
    def test_counts_the_verdicts_of_the_same_seven_days_as_the_page_of_the_queue(
        self, queue: Queue, upstream: Scorer, rhea: User, lena_reads: Callable[[str], str]
    ) -> None:
        first = (NOW - timedelta(days=6)).replace(hour=0, minute=0)  # midnight, six days before today
        for moment in (first - timedelta(seconds=1), first, NOW):
            factories.judge(alert_at(queue, upstream, weeks_ago(2)), rhea, now=moment)
        assert NOW - timedelta(days=7) < first - timedelta(seconds=1)
        assert "3 verdicts in four weeks; 2 in the last seven days" in lena_reads("/lead/churn/")
        assert "<dt>Verdicts in seven days</dt><dd>2</dd>" in lena_reads("/lead/")

    def test_who_leads_nothing_is_told_so(self, queue: Queue, client: Client, rhea: User) -> None:
        client.force_login(rhea)
        page = client.get("/lead/").content.decode()
        assert "No queue to lead" in page
        assert "Churn warning:" not in page


ADDRESSES = ["/lead/churn/", *(f"/lead/churn/{name}.csv" for name in TABLES)]


@pytest.mark.parametrize("address", ADDRESSES)
class TestWhoMayRead:
    def test_the_lead_may(self, queue: Queue, lena_reads: Callable[[str], str], address: str) -> None:
        assert lena_reads(address)

    @pytest.mark.parametrize("name", ["rhea", "ada", "mallory"])
    def test_for_others_the_queue_does_not_exist(
        self, queue: Queue, rhea: User, ada: User, mallory: User, client: Client, address: str, name: str
    ) -> None:
        client.force_login(User.objects.get(username=name))
        assert client.get(address).status_code == 404

    def test_a_visitor_is_asked_to_log_in(self, queue: Queue, client: Client, address: str) -> None:
        response = client.get(address)
        assert (response.status_code, response["Location"]) == (302, f"/login/?next={address}")

    def test_nothing_can_be_posted(self, queue: Queue, lena: User, client: Client, address: str) -> None:
        client.force_login(lena)
        assert client.post(address).status_code == 405


class TestAddresses:
    @pytest.mark.parametrize("address", ["/lead/nothing/", "/lead/churn/nothing.csv", "/lead/nothing/weeks.csv"])
    def test_what_is_not_there_is_not_found(self, queue: Queue, lena: User, client: Client, address: str) -> None:
        client.force_login(lena)
        assert client.get(address).status_code == 404

    def test_pages_are_kept_in_no_shared_cache(self, queue: Queue, lena: User, client: Client) -> None:
        client.force_login(lena)
        assert "private" in client.get("/lead/churn/")["Cache-Control"]
