"""What a judge closed who is kept out goes before the team again."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from feedback.models import Alert, LedgerEntry, Membership, OpenAlert, Queue, Role, Scorer, Source, Value
from feedback.selectors import head_of, label_of_alert
from feedback.services import record_outcome, retract_verdict
from scoring.fold import configuration_of, model_at
from scoring.models import Ruling, Suspect
from scoring.services import amending
from scoring.trust import again
from scoring.trust.again import NotKeptOut, closed_alone, judge_again
from scoring.trust.services import keep_out, let_in
from tests.factories import NOON, judge, make_queue, raise_alert

LATER = NOON + timedelta(days=1)


@pytest.fixture
def alerts(queue: Queue, upstream: Scorer, tom: User) -> list[Alert]:
    """Five alerts that tom marked false."""
    found = [raise_alert(queue, upstream, f"alert {number}") for number in range(5)]
    for alert in found:
        judge(alert, tom, Value.FALSE_POSITIVE)
    return found


@pytest.fixture
def suspect(queue: Queue, tom: User, lena: User, alerts: list[Alert]) -> Suspect:
    """Tom is held back from the second alert on, and lena kept it out."""
    hold = amending.hold_back(queue=queue, since=1, until=None, judge=tom, note="gate: false", by=None, now=NOON)
    row = Suspect.objects.create(
        queue=queue, judge=tom, hold=hold, way="false", since=1, at=5, score=13.0, verdicts=4, accurate=0.0,
        expected=0.62, known=0, wrong=0, noticed_at=NOON,
    )  # fmt: skip
    return keep_out(user=lena, slug=queue.slug, suspect_id=row.pk, from_now_on=False, now=NOON)


def waiting() -> set[str]:
    return set(OpenAlert.objects.values_list("alert__text", flat=True))


def put_back(user: User, suspect: Suspect) -> int:
    closed = closed_alone(suspect)
    assert closed is not None
    return judge_again(
        user=user, slug=suspect.queue.slug, suspect_id=suspect.pk, newest=closed.newest, oldest=closed.oldest, now=LATER
    )


class TestPuttingBack:
    def test_what_they_closed_since_then_waits_again(self, lena: User, suspect: Suspect) -> None:
        assert put_back(lena, suspect) == 4
        assert waiting() == {"alert 1", "alert 2", "alert 3", "alert 4"}

    def test_the_ledger_says_who_took_the_verdicts_back(
        self, lena: User, suspect: Suspect, alerts: list[Alert]
    ) -> None:
        put_back(lena, suspect)
        rows = LedgerEntry.objects.filter(retracts__isnull=False)
        assert {row.judge for row in rows} == {lena} and len(rows) == 4
        assert label_of_alert(alerts[1]) is None and label_of_alert(alerts[0]) is not None

    def test_somebody_else_s_verdict_is_learnt(
        self, lena: User, rhea: User, suspect: Suspect, alerts: list[Alert]
    ) -> None:
        configuration = configuration_of(suspect.queue_id)
        before = model_at(configuration, head_of(suspect.queue_id)).model.learnt
        put_back(lena, suspect)
        judge(alerts[1], rhea)
        assert model_at(configuration, head_of(suspect.queue_id)).model.learnt == before + 1

    def test_a_second_click_changes_nothing(self, lena: User, suspect: Suspect) -> None:
        closed = closed_alone(suspect)
        assert closed is not None
        how: dict[str, Any] = {"user": lena, "slug": suspect.queue.slug, "suspect_id": suspect.pk, "now": LATER}
        first = judge_again(**how, newest=closed.newest, oldest=closed.oldest)
        rows = head_of(suspect.queue_id)
        assert (first, judge_again(**how, newest=closed.newest, oldest=closed.oldest)) == (4, 0)
        assert head_of(suspect.queue_id) == rows and closed_alone(suspect) is None

    def test_the_newest_first_a_portion_at_a_time(
        self, lena: User, suspect: Suspect, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(again, "PORTION", 3)
        closed = closed_alone(suspect)
        assert closed is not None and (closed.count, closed.portion) == (4, 3)
        assert put_back(lena, suspect) == 3
        assert waiting() == {"alert 2", "alert 3", "alert 4"}
        assert put_back(lena, suspect) == 1

    def test_more_than_are_counted_are_said_to_be_more(self, suspect: Suspect, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(again, "MOST_COUNTED", 3)
        closed = closed_alone(suspect)
        assert closed is not None and closed.is_more


class TestWhatIsLeftAlone:
    def test_what_somebody_else_judged_too(
        self, lena: User, rhea: User, upstream: Scorer, suspect: Suspect, alerts: list[Alert]
    ) -> None:
        seen = LedgerEntry.objects.get(alert=alerts[1])
        judge(alerts[1], rhea, seen=seen.decision_id)
        seen = LedgerEntry.objects.get(alert=alerts[2])
        judge(alerts[2], lena, source=Source.LEAD, seen=seen.decision_id)
        record_outcome(alert=alerts[3], scorer=upstream, value=Value.ACCURATE, decision_id=uuid.uuid4(), now=NOON)
        assert put_back(lena, suspect) == 1
        assert waiting() == {"alert 4"}

    def test_what_was_taken_back_before(self, lena: User, tom: User, suspect: Suspect, alerts: list[Alert]) -> None:
        entry = LedgerEntry.objects.get(alert=alerts[1])
        retract_verdict(verdict=entry, judge=tom, decision_id=uuid.uuid4(), now=NOON)
        assert put_back(lena, suspect) == 3

    def test_what_counts_again(self, lena: User, tom: User, queue: Queue, upstream: Scorer, suspect: Suspect) -> None:
        keep_out(user=lena, slug=queue.slug, suspect_id=suspect.pk, from_now_on=True, now=NOON)
        judge(raise_alert(queue, upstream, "later"), tom)
        suspect.refresh_from_db()
        put_back(lena, suspect)
        assert "later" not in waiting()


class TestWhoMay:
    def test_not_before_a_lead_has_kept_it_out(self, lena: User, suspect: Suspect) -> None:
        let_in(user=lena, slug=suspect.queue.slug, suspect_id=suspect.pk, now=NOON)
        suspect.refresh_from_db()
        assert suspect.ruling == Ruling.LET_IN and closed_alone(suspect) is None
        with pytest.raises(NotKeptOut):
            judge_again(user=lena, slug=suspect.queue.slug, suspect_id=suspect.pk, newest=9, oldest=1, now=LATER)

    def test_a_lead_of_that_queue_only(self, rhea: User, tom: User, suspect: Suspect) -> None:
        other = make_queue("other")
        Membership.objects.create(user=tom, queue=other, role=Role.LEAD)
        for user, slug in ((rhea, suspect.queue.slug), (tom, other.slug)):
            with pytest.raises((Queue.DoesNotExist, Suspect.DoesNotExist)):
                judge_again(user=user, slug=slug, suspect_id=suspect.pk, newest=9, oldest=1, now=LATER)
        assert not OpenAlert.objects.exists()


class TestThePage:
    def test_a_lead_puts_them_back_by_one_button(self, client: Client, lena: User, suspect: Suspect) -> None:
        client.force_login(lena)
        address = reverse("lead:people", args=[suspect.queue.slug])
        assert "4 alerts were closed by these verdicts alone." in client.get(address).content.decode()
        closed = closed_alone(suspect)
        assert closed is not None
        form = {"newest": closed.newest, "oldest": closed.oldest}
        page = client.post(f"{address}{suspect.pk}/again/", form, follow=True).content.decode()
        assert page.count("4 alerts wait for a verdict again.") == 1 and "closed by these verdicts" not in page

    @pytest.mark.parametrize("sent", [{}, {"newest": "x", "oldest": "1"}, {"newest": "9" * 30, "oldest": "1"}])
    def test_odd_places_change_nothing_and_are_no_error(
        self, client: Client, lena: User, suspect: Suspect, sent: dict[str, str]
    ) -> None:
        client.force_login(lena)
        address = reverse("lead:people_again", args=[suspect.queue.slug, suspect.pk])
        assert "out of date" in client.post(address, sent, follow=True).content.decode()
        assert not OpenAlert.objects.exists()

    @pytest.mark.parametrize("who", ["rhea", "ada", "mallory"])
    def test_for_anybody_but_a_lead_it_does_not_exist(
        self, client: Client, suspect: Suspect, who: str, request: pytest.FixtureRequest
    ) -> None:
        client.force_login(request.getfixturevalue(who))
        address = reverse("lead:people_again", args=[suspect.queue.slug, suspect.pk])
        assert client.post(address, {"newest": 9, "oldest": 1}).status_code == 404
