"""Somebody whose work in a queue a lead has paused: no alerts, no verdicts, and nothing of theirs is lost."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from feedback.errors import CannotPause, Paused
from feedback.models import Alert, LedgerEntry, Membership, OpenAlert, Queue, Role, Scorer
from feedback.services import retract_verdict
from feedback.services.holds import hold, hold_next
from feedback.services.pauses import go_on, pause, pause_of
from scoring.models import Suppression
from tests.factories import NOON, judge, make_person, raise_alert
from tests.feedback.test_desk import at_desk, decide

LATER = NOON + timedelta(minutes=5)
HTMX = {"HTTP_HX_REQUEST": "true"}
DESK = "/queues/churn/"


@pytest.fixture
def paused(lena: User, tom: User, queue: Queue) -> User:
    """Tom, whom lena has paused."""
    pause(user=lena, slug=queue.slug, person_id=tom.pk, now=NOON)
    return tom


def text_of(client: Client, address: str = DESK, **headers: str) -> str:
    return client.get(address, **headers).content.decode()  # type: ignore[arg-type]


class TestPausing:
    def test_says_since_when_and_by_whom(self, paused: User, lena: User, queue: Queue) -> None:
        found = pause_of(queue_id=queue.pk, person=paused, roles=[Role.REP])
        assert found is not None and (found.paused_at, found.paused_by) == (NOON, lena)

    def test_twice_is_once(self, paused: User, lena: User, queue: Queue) -> None:
        assert not pause(user=lena, slug=queue.slug, person_id=paused.pk, now=LATER)
        assert Membership.objects.get(user=paused).paused_at == NOON

    def test_gives_what_they_have_open_to_others(
        self, queue: Queue, alert: Alert, rhea: User, tom: User, lena: User
    ) -> None:
        hold_next(queue_id=queue.pk, person=tom, now=NOON)
        pause(user=lena, slug=queue.slug, person_id=tom.pk, now=NOON)
        assert hold_next(queue_id=queue.pk, person=rhea, now=NOON) == alert.pk

    @pytest.mark.parametrize("who", ["rhea", "ada", "mallory"])
    def test_is_a_lead_s(self, who: str, tom: User, queue: Queue, request: pytest.FixtureRequest) -> None:
        with pytest.raises(Queue.DoesNotExist):
            pause(user=request.getfixturevalue(who), slug=queue.slug, person_id=tom.pk, now=NOON)
        assert Membership.objects.get(user=tom).paused_at is None

    def test_no_lead_is_paused(self, lena: User, queue: Queue) -> None:
        chief = make_person("chief", (queue, Role.LEAD), (queue, Role.REP))
        with pytest.raises(CannotPause):
            pause(user=lena, slug=queue.slug, person_id=chief.pk, now=NOON)

    def test_nor_who_belongs_to_another_queue(self, lena: User, mallory: User, queue: Queue) -> None:
        with pytest.raises(Membership.DoesNotExist):
            pause(user=lena, slug=queue.slug, person_id=mallory.pk, now=NOON)
        assert not Membership.objects.exclude(paused_at=None).exists()

    def test_is_of_one_queue(self, lena: User, queue: Queue, other_queue: Queue) -> None:
        both = make_person("both", (queue, Role.REP), (other_queue, Role.REP))
        pause(user=lena, slug=queue.slug, person_id=both.pk, now=NOON)
        assert pause_of(queue_id=other_queue.pk, person=both, roles=[Role.REP]) is None

    def test_its_history_is_kept(self, paused: User, lena: User, queue: Queue) -> None:
        go_on(user=lena, slug=queue.slug, person_id=paused.pk)
        events = Membership.objects.get(user=paused).events.order_by("pk")  # type: ignore[attr-defined]
        assert [event.paused_by_id for event in events] == [None, lena.pk, None]


class TestWhoIsPaused:
    def test_is_given_no_alert_and_holds_none(self, queue: Queue, alert: Alert, paused: User) -> None:
        assert hold_next(queue_id=queue.pk, person=paused, now=NOON) is None
        assert not hold(alert_id=alert.pk, person=paused, now=NOON)
        assert OpenAlert.objects.get().held_by_id is None

    def test_gives_no_verdict(self, alert: Alert, paused: User) -> None:
        with pytest.raises(Paused):
            judge(alert, paused)
        assert not LedgerEntry.objects.exists()

    def test_takes_back_what_they_said(self, alert: Alert, tom: User, lena: User, queue: Queue) -> None:
        entry = judge(alert, tom)
        pause(user=lena, slug=queue.slug, person_id=tom.pk, now=NOON)
        assert retract_verdict(verdict=entry, judge=tom, decision_id=uuid.uuid4(), now=LATER).created

    def test_goes_on_where_they_were(self, queue: Queue, alert: Alert, paused: User, lena: User) -> None:
        assert go_on(user=lena, slug=queue.slug, person_id=paused.pk)
        assert hold_next(queue_id=queue.pk, person=paused, now=NOON) == alert.pk
        assert not go_on(user=lena, slug=queue.slug, person_id=paused.pk)

    def test_a_role_that_is_not_paused_works(self, queue: Queue, alert: Alert, paused: User) -> None:
        Membership.objects.create(user=paused, queue=queue, role=Role.LEAD)
        assert pause_of(queue_id=queue.pk, person=paused, roles=[Role.REP, Role.LEAD]) is None
        assert judge(alert, paused).pk


class TestTheirDesk:
    def test_says_who_paused_them_and_shows_no_alert(self, alert: Alert, paused: User) -> None:
        for page in (text_of(at_desk(paused)), text_of(at_desk(paused), **HTMX)):
            assert "You are paused in this queue" in page and "Lena paused your work here on" in page
            assert "verdict-bar__form" not in page

    def test_an_alert_that_they_choose_is_not_shown_to_be_judged(self, alert: Alert, paused: User) -> None:
        for page in (text_of(at_desk(paused), f"{DESK}?alert={alert.pk}"),
                     text_of(at_desk(paused), f"{DESK}?alert={alert.pk}", **HTMX)):  # fmt: skip
            assert "verdict-bar__form" not in page
        assert OpenAlert.objects.get().held_by_id is None

    def test_a_verdict_from_a_page_that_was_open_says_that_it_was_not_recorded(
        self, alert: Alert, paused: User
    ) -> None:
        answer = decide(at_desk(paused), alert)
        assert answer.status_code == 409 and "this verdict was not recorded" in answer.content.decode()
        assert not LedgerEntry.objects.exists()

    def test_later_brings_no_other(self, queue: Queue, upstream: Scorer, alert: Alert, paused: User) -> None:
        raise_alert(queue, upstream)
        page = at_desk(paused).post(f"/alerts/{alert.pk}/later/", {}, **HTMX).content.decode()  # type: ignore[arg-type]
        assert "You are paused in this queue" in page and "verdict-bar__form" not in page
        assert not OpenAlert.objects.exclude(held_by=None).exists()

    def test_their_verdicts_are_there_and_can_be_taken_back(
        self, alert: Alert, tom: User, lena: User, queue: Queue
    ) -> None:
        entry = judge(alert, tom)
        pause(user=lena, slug=queue.slug, person_id=tom.pk, now=NOON)
        client = at_desk(tom)
        assert str(alert.customer) in text_of(client, f"{DESK}judged/")
        page = client.post(f"/verdicts/{entry.decision_id}/undo/", {"decision_id": uuid.uuid4()}, follow=True)
        assert LedgerEntry.objects.filter(retracts=entry).exists()
        assert "verdict-bar__form" not in page.content.decode()

    def test_a_colleague_s_is_as_ever(self, alert: Alert, paused: User, rhea: User) -> None:
        assert "verdict-bar__form" in text_of(at_desk(rhea))

    def test_they_neither_quiet_a_customer_nor_raise_what_is_hidden(self, alert: Alert, paused: User) -> None:
        OpenAlert.objects.update(visible=False)
        client = at_desk(paused)
        for name, sent in (("quiet_customer", {"alert": alert.pk, "days": 30}), ("quiet_again", {"id": alert.pk})):
            address = reverse(f"lead:{name}", args=["churn"])
            said = client.post(address, sent, headers={"referer": f"http://testserver{DESK}"}, follow=True)
            assert "A lead has paused your work in this queue. Nothing changed." in said.content.decode()
            assert client.post(address, sent, **HTMX).headers["HX-Refresh"] == "true"  # type: ignore[arg-type]
        assert not OpenAlert.objects.get().visible and not Suppression.objects.exists()
