"""The worker's watch over a queue, and the alarm it opens, brings up and closes."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from feedback.models import Alert, Queue, Scorer, Value
from scoring.lifecycle import services
from scoring.lifecycle.selectors import alarms_of, drift_level
from scoring.lifecycle.services import AlarmIsClosed, acknowledge, watch
from scoring.models import DriftAlarm, DriftStanding, Stage
from scoring.models.policies import Origin
from scoring.services import change_policy, take_in
from scoring.services.amending import hold_back
from tests import factories
from tests.factories import NOON

Arrive = Callable[..., list[int]]


@pytest.fixture(autouse=True)
def _small_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "REFERENCE", 200)
    monkeypatch.setattr(services, "BURN_IN", 20)


@pytest.fixture
def arrive(queue: Queue, upstream: Scorer) -> Arrive:
    """Alerts of a channel mix, an hour after the other, through intake; returns their ids."""
    rng = random.Random(1)
    clock = iter(range(10**6))

    def raised(count: int, *channels: str, **fields: Any) -> list[int]:
        drafts = [
            factories.make_draft(
                features={"channel": rng.choice(channels)}, raised_at=NOON + timedelta(hours=next(clock)), **fields
            )
            for _ in range(count)
        ]
        return [one.alert_id for one in take_in(queue=queue, scorer=upstream, drafts=drafts, now=NOON)]

    return raised


def watched(queue: Queue, now: datetime = NOON + timedelta(days=1)) -> list[DriftAlarm]:
    watch(queue_id=queue.pk, now=now)
    return alarms_of(queue.pk)


class TestInputs:
    def test_a_queue_without_alerts_has_no_alarm(self, queue: Queue) -> None:
        assert watched(queue) == [] and drift_level(queue.pk) == 0.0

    def test_alerts_that_stay_alike_ring_no_alarm(self, queue: Queue, arrive: Arrive) -> None:
        arrive(900, "app", "shop")
        assert watched(queue) == []

    def test_another_mix_rings_one_alarm_that_says_what_moved(self, queue: Queue, arrive: Arrive) -> None:
        arrive(700, "app", "shop", "shop")
        changed = arrive(200, "app", "app", "app", "app", "shop")
        (alarm,) = watched(queue)
        share = next(one for one in alarm.movements if one["value"] == "app")
        assert share["before"] == pytest.approx(1 / 3, abs=0.06) and share["after"] > 0.6
        first = Alert.objects.get(pk=changed[0]).raised_at
        assert abs(alarm.since_at - first) < timedelta(hours=40)

    def test_an_alarm_raises_the_level_of_drift(self, queue: Queue, arrive: Arrive) -> None:
        arrive(700, "app", "shop")
        arrive(200, "kiosk")
        watched(queue)
        assert 0 < drift_level(queue.pk) <= 0.5

    def test_it_closes_once_the_new_level_is_the_usual_one(self, queue: Queue, arrive: Arrive) -> None:
        arrive(700, "app", "shop")
        arrive(200, "kiosk")
        watched(queue)
        arrive(1100, "kiosk")
        assert watched(queue) == [] and drift_level(queue.pk) == 0.0
        assert {one["ended"] for one in alarms_of(queue.pk, closed=True)[0].movements} == {"settled"}

    def test_the_new_level_is_then_what_later_alerts_are_compared_with(self, queue: Queue, arrive: Arrive) -> None:
        arrive(700, "app", "shop")
        arrive(1300, "kiosk")
        arrive(700, "kiosk")
        assert watched(queue) == []
        assert "kiosk" in str(DriftStanding.objects.get(queue=queue).frame["frequent"])

    def test_it_closes_when_the_old_level_is_back(self, queue: Queue, arrive: Arrive) -> None:
        arrive(700, "app", "shop")
        arrive(200, "app")
        watched(queue)
        arrive(300, "app", "shop")
        assert watched(queue) == []

    def test_many_small_turns_find_what_one_large_turn_finds(self, queue: Queue, arrive: Arrive) -> None:
        arrive(700, "app", "shop")
        watched(queue)
        for _ in range(5):
            arrive(40, "kiosk")
            watched(queue)
        (found,) = alarms_of(queue.pk)
        DriftAlarm.objects.all().delete()
        DriftStanding.objects.all().delete()
        (again,) = watched(queue)
        assert again.movements == found.movements

    def test_an_alert_that_may_not_be_the_last_of_its_moment_waits(self, queue: Queue, arrive: Arrive) -> None:
        arrive(300, "app")
        watch(queue_id=queue.pk, now=NOON + timedelta(seconds=29))
        assert DriftStanding.objects.get(queue=queue).frame == {}


@pytest.fixture
def judged(queue: Queue, rhea: User, arrive: Arrive) -> Callable[[int, float], None]:
    """Alerts that rhea judges, ten at a time, after they were scored; a share of them is accurate."""
    rng = random.Random(2)

    def judge(count: int, accurate: float) -> None:
        for _ in range(count // 10):
            for alert in Alert.objects.select_related("queue").filter(pk__in=arrive(10, "app")).order_by("pk"):
                value = Value.ACCURATE if rng.random() < accurate else Value.FALSE_POSITIVE
                factories.judge(alert, rhea, value)

    return judge


class TestErrors:
    def test_a_base_rate_that_jumps_rings_the_alarm_of_errors(self, queue: Queue, judged: Any) -> None:
        judged(200, 0.05)
        judged(170, 0.95)
        (alarm,) = watched(queue)
        assert alarm.family == "errors"
        told = {one["kind"]: one for one in alarm.movements}
        assert told["accurate"]["before"] < 0.15 < 0.7 < told["accurate"]["after"]
        assert abs(told["accurate"]["position"] - 200) <= 30
        assert drift_level(queue.pk) > 0.5

    def test_who_is_held_back_rings_no_alarm(self, queue: Queue, rhea: User, judged: Any) -> None:
        judged(200, 0.05)
        hold_back(queue=queue, since=200, until=None, judge=rhea, note="", by=None, now=NOON)
        judged(170, 0.95)
        assert watched(queue) == []

    def test_another_rule_of_hiding_is_no_drift(self, queue: Queue, judged: Any) -> None:
        judged(150, 0.1)
        watched(queue)
        change_policy(queue=queue, now=NOON, stage=Stage.SUPPRESS, hide_below=0.01)
        watched(queue)
        judged(100, 0.9)
        assert watched(queue) == []


class TestAThresholdThatFollowsItsQueue:
    def test_leaves_an_alarm_open_that_made_it_move(self, queue: Queue, judged: Any) -> None:
        change_policy(queue=queue, now=NOON, stage=Stage.SUPPRESS, hide_below=0.003)
        judged(200, 0.05)
        judged(170, 0.95)
        (alarm,) = watched(queue)
        change_policy(queue=queue, now=NOON, hide_below=0.002, origin=Origin.DRIFT, drift=alarm.level)
        assert watched(queue) == [alarm] and drift_level(queue.pk) > 0.5

    def test_leaves_it_open_where_other_alerts_are_judged_from_then_on(self, queue: Queue, judged: Any) -> None:
        change_policy(queue=queue, now=NOON, stage=Stage.SUPPRESS, hide_below=0.003)
        judged(200, 0.05)
        judged(170, 0.95)
        (alarm,) = watched(queue)
        change_policy(queue=queue, now=NOON, hide_below=0.5, origin=Origin.THRESHOLD)
        assert watched(queue) == [alarm] and DriftStanding.objects.get().errors["rows"] == []

    def test_hides_no_jump_by_moving_a_little_again_and_again(self, queue: Queue, judged: Any) -> None:
        change_policy(queue=queue, now=NOON, stage=Stage.SUPPRESS, hide_below=0.003)
        for turn in range(8):
            judged(50, 0.05 if turn < 4 else 0.95)
            watched(queue)
            change_policy(queue=queue, now=NOON, hide_below=0.002 + 0.001 * (turn % 2), origin=Origin.THRESHOLD)
        assert [one.family for one in watched(queue)] == ["errors"]


@pytest.fixture
def alarm(queue: Queue, arrive: Arrive) -> DriftAlarm:
    arrive(700, "app", "shop")
    arrive(200, "kiosk")
    (found,) = watched(queue)
    return found


class TestAcknowledging:
    def test_it_names_who_has_seen_it(self, alarm: DriftAlarm, lena: User) -> None:
        seen = acknowledge(alarm=alarm, by=lena, now=NOON)
        assert (seen.acknowledged_by, seen.acknowledged_at) == (lena, NOON)

    def test_a_repeat_changes_nothing(self, alarm: DriftAlarm, lena: User, tom: User) -> None:
        acknowledge(alarm=alarm, by=lena, now=NOON)
        again = acknowledge(alarm=alarm, by=tom, now=NOON + timedelta(days=1))
        assert (again.acknowledged_by, again.acknowledged_at) == (lena, NOON)

    def test_a_closed_alarm_needs_none(self, alarm: DriftAlarm, lena: User) -> None:
        DriftAlarm.objects.update(closed_at=NOON)
        with pytest.raises(AlarmIsClosed):
            acknowledge(alarm=alarm, by=lena, now=NOON)

    def test_what_moves_later_has_to_be_seen_again(
        self, queue: Queue, arrive: Arrive, alarm: DriftAlarm, lena: User
    ) -> None:
        acknowledge(alarm=alarm, by=lena, now=NOON)
        arrive(150, "kiosk", text="价格太高了，不打算续约")
        (again,) = watched(queue)
        assert again.pk == alarm.pk and again.acknowledged_at is None


class TestIntegrity:
    def test_a_family_has_one_open_alarm(self, queue: Queue, alarm: DriftAlarm) -> None:
        alarm.pk = None
        with pytest.raises(IntegrityError), transaction.atomic():
            alarm.save(force_insert=True)
