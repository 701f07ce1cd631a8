"""Two people who work the same queue are not given the same alert."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from feedback.models import Alert, OpenAlert, Queue, Role, Scorer
from feedback.services.holds import HOLD, hold, hold_next
from tests.factories import NOON, make_person, raise_alert
from tests.feedback.test_ledger import at_once


@pytest.fixture
def alerts(queue: Queue, upstream: Scorer) -> list[Alert]:
    """Three open alerts, the most urgent first."""
    made = [raise_alert(queue, upstream) for _ in range(3)]
    for alert, urgency in zip(made, (2.5, 1.5, 0.5), strict=True):
        OpenAlert.objects.filter(alert=alert).update(urgency=urgency)
    return made


class TestHoldNext:
    def test_the_most_urgent_comes_first(self, queue: Queue, alerts: list[Alert], rhea: User) -> None:
        assert hold_next(queue_id=queue.pk, person=rhea, now=NOON) == alerts[0].pk

    def test_what_one_holds_the_other_is_not_given(
        self, queue: Queue, alerts: list[Alert], rhea: User, tom: User
    ) -> None:
        hold_next(queue_id=queue.pk, person=rhea, now=NOON)
        assert hold_next(queue_id=queue.pk, person=tom, now=NOON) == alerts[1].pk

    def test_reloading_gives_the_same_alert(self, queue: Queue, alerts: list[Alert], rhea: User) -> None:
        first = hold_next(queue_id=queue.pk, person=rhea, now=NOON)
        assert hold_next(queue_id=queue.pk, person=rhea, now=NOON) == first

    def test_a_hold_ends_by_itself(self, queue: Queue, alerts: list[Alert], rhea: User, tom: User) -> None:
        hold_next(queue_id=queue.pk, person=rhea, now=NOON)
        assert hold_next(queue_id=queue.pk, person=tom, now=NOON + HOLD) == alerts[0].pk

    def test_later_goes_on_past_the_alert(self, queue: Queue, alerts: list[Alert], rhea: User) -> None:
        assert hold_next(queue_id=queue.pk, person=rhea, now=NOON, past=(2.5, alerts[0].pk)) == alerts[1].pk

    def test_a_clear_queue_has_no_next(self, queue: Queue, rhea: User) -> None:
        assert hold_next(queue_id=queue.pk, person=rhea, now=NOON) is None


class TestHold:
    def test_the_page_renews_it(self, queue: Queue, alerts: list[Alert], rhea: User, tom: User) -> None:
        hold_next(queue_id=queue.pk, person=rhea, now=NOON)
        assert hold(alert_id=alerts[0].pk, person=rhea, now=NOON + timedelta(seconds=50))
        assert hold_next(queue_id=queue.pk, person=tom, now=NOON + HOLD) == alerts[1].pk

    def test_somebody_elses_is_not_taken_over(self, alerts: list[Alert], rhea: User, tom: User) -> None:
        hold(alert_id=alerts[0].pk, person=rhea, now=NOON)
        assert not hold(alert_id=alerts[0].pk, person=tom, now=NOON)
        assert OpenAlert.objects.get(alert=alerts[0]).held_by_id == rhea.pk

    def test_an_alert_that_is_not_open_cannot_be_held(self, db: None, rhea: User) -> None:
        assert not hold(alert_id=987654, person=rhea, now=NOON)


@pytest.mark.django_db(transaction=True)
class TestEverybodyAtOnce:
    def test_nobody_is_given_what_another_has(self, queue: Queue, upstream: Scorer) -> None:
        for _ in range(30):
            raise_alert(queue, upstream)
        people = [make_person(f"rep{number}", (queue, Role.REP)) for number in range(20)]
        given = at_once([lambda p=p: hold_next(queue_id=queue.pk, person=p, now=NOON) for p in people])  # type: ignore[misc]
        assert None not in given and len(set(given)) == 20
