"""A hiding policy follows its queue: the worker's part."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User

from feedback.models import Alert, Queue, Scorer
from feedback.services import expose, raise_alerts
from scoring.models import DriftAlarm, PolicyVersion, Stage
from scoring.models.policies import Origin
from scoring.policy import Decision, Policy
from scoring.replay.course import Course
from scoring.services import change_policy, following
from scoring.services.following import follow_queue
from scoring.services.policies import policy_in_force
from scoring.thresholds import Goal
from tests import factories
from tests.factories import NOON
from tests.scoring.lead.history import NOW
from tests.scoring.policylab.conftest import HISTORY, exposed
from tests.scoring.policylab.histories import truth


@pytest.fixture(autouse=True)
def _looks_afresh() -> Iterator[None]:
    following._looked.clear()
    yield
    following._looked.clear()


def hiding(queue: Queue, **fields: Any) -> PolicyVersion:
    """The queue's policy from now on: it hides far too much."""
    wide = {"stage": Stage.SUPPRESS, "target": 1.0, "cap": 0.05, "hide_below": 0.45, "adaptive": True}
    return change_policy(queue=queue, now=NOON, **{**wide, **fields})


def decision(shown: bool, propensity: float) -> Decision:
    return Decision("show" if shown else "hide", propensity, "yellow")


class TestThresholds:
    def test_that_hide_too_much_come_down_by_a_version_that_says_why(self, history: Queue) -> None:
        before = hiding(history)
        made = follow_queue(queue_id=history.pk, now=NOON)
        assert made is not None and made.version == before.version + 1
        assert (made.origin, made.stage, made.cap, made.target) == (Origin.THRESHOLD, Stage.SUPPRESS, 0.05, 1.0)
        assert made.created_at == NOON
        assert 0 < made.hide_below < 0.45
        assert policy_in_force(history.pk).hide_below == made.hide_below
        assert made.expected["lost_limit"] <= 0.05 and made.expected["judged"] == 360

    def test_that_fit_stay(self, history: Queue) -> None:
        hiding(history)
        follow_queue(queue_id=history.pk, now=NOON)
        following._looked.clear()
        assert follow_queue(queue_id=history.pk, now=NOON) is None

    def test_are_not_looked_at_again_before_some_verdicts_have_come(self, history: Queue) -> None:
        hiding(history)
        assert follow_queue(queue_id=history.pk, now=NOON) is not None
        hiding(history)
        assert follow_queue(queue_id=history.pk, now=NOON) is None

    def test_are_looked_at_again_at_once_where_the_queue_drifts(self, history: Queue) -> None:
        hiding(history)
        assert follow_queue(queue_id=history.pk, now=NOON) is not None
        DriftAlarm.objects.create(
            queue=history, family="inputs", detector="ADWIN", since_position=1, since_at=NOON, level=0.6, opened_at=NOON
        )
        made = follow_queue(queue_id=history.pk, now=NOON)
        assert made is not None and (made.origin, made.drift) == (Origin.DRIFT, 0.6)
        assert follow_queue(queue_id=history.pk, now=NOON) is None

    def test_are_looked_at_again_where_the_look_failed(self, history: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
        hiding(history)
        with monkeypatch.context() as broken:
            broken.setattr(following, "history_of", lambda _queue: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                follow_queue(queue_id=history.pk, now=NOON)
        assert follow_queue(queue_id=history.pk, now=NOON) is not None

    def test_stay_where_a_lead_does_not_let_them_move(self, history: Queue) -> None:
        hiding(history, adaptive=False)
        assert follow_queue(queue_id=history.pk, now=NOON) is None

    def test_that_stay_are_audited_more_all_the_same_while_the_queue_drifts(self, history: Queue) -> None:
        kept = hiding(history, adaptive=False, expected={"lost": 0.01})
        alarm = DriftAlarm.objects.create(
            queue=history, family="inputs", detector="ADWIN", since_position=1, since_at=NOON, level=0.6, opened_at=NOON
        )
        made = follow_queue(queue_id=history.pk, now=NOON)
        assert made is not None and (made.origin, made.drift, made.adaptive) == (Origin.DRIFT, 0.6, False)
        assert (made.hide_below, made.orange_from, made.red_from) == (kept.hide_below, kept.orange_from, kept.red_from)
        assert made.expected == {"lost": 0.01}
        assert policy_in_force(history.pk).audited("yellow") == pytest.approx(0.1 + 0.4 * 0.6)
        DriftAlarm.objects.filter(pk=alarm.pk).update(closed_at=NOON)
        again = follow_queue(queue_id=history.pk, now=NOON)
        assert again is not None and again.drift == 0.0
        assert follow_queue(queue_id=history.pk, now=NOON) is None

    def test_of_a_queue_that_only_ranks_stay(self, history: Queue) -> None:
        assert follow_queue(queue_id=history.pk, now=NOON) is None

    def test_count_what_a_rule_that_is_gone_had_shown(self, history: Queue, upstream: Scorer, lena: User) -> None:
        """Customers who wrote that they cancel: accurate, and the model does not know."""
        hiding(history, hard_rules=[{"name": "leaving", "phrase": "cancel"}], hide_below=0.0)
        drafts = [factories.make_draft("I cancel") for _ in range(30)]
        ids = [one.alert_id for one in raise_alerts(queue=history, scorer=upstream, drafts=drafts, now=NOW)]
        shown = [replace(exposed(pk, 0.02, HISTORY, NOW), policy_version=2, rule="leaving") for pk in ids]
        expose(queue=history, drafts=shown, now=NOW)
        for alert in Alert.objects.filter(pk__in=ids).select_related("queue"):
            factories.judge(alert, lena)
        under_it = follow_queue(queue_id=history.pk, now=NOON)
        hiding(history, hard_rules=[], hide_below=0.45)
        following._looked.clear()
        without = follow_queue(queue_id=history.pk, now=NOON)
        assert under_it is not None and without is not None
        assert without.hide_below <= 0.02 < under_it.hide_below

    def test_fall_to_nothing_without_evidence(self, queue: Queue) -> None:
        hiding(queue)
        following._looked[queue.pk] = -following.LOOK_EVERY
        made = follow_queue(queue_id=queue.pk, now=NOON)
        assert made is not None and made.hide_below == 0.0 and made.expected["bound"] == "evidence"


class TestTheCourseOfAReplay:
    def test_ranks_until_its_conditions_are_met_and_then_hides_within_the_cap(self) -> None:
        chance, label = truth(4_000, 11)
        course = Course(Policy(1, stage="suppress"), Goal(1.0, 0.02))
        draw = np.random.default_rng(2)
        lost = hidden = 0
        first = None
        for number in range(len(chance)):
            hides = course.policy.stage == "suppress" and chance[number] < course.policy.hide_below
            shown = not hides or bool(draw.random() < course.policy.audited("yellow"))
            course.decided(float(chance[number]), decision(shown, course.policy.audited("yellow") if hides else 1.0))
            if shown:
                course.judged(number, bool(label[number]))
                continue
            first = number if first is None else first
            hidden, lost = hidden + 1, lost + int(label[number])
        assert first is not None and first >= 300
        assert hidden > 300
        assert lost <= 0.03 * label.sum()

    def test_that_only_ranks_never_hides(self) -> None:
        chance, label = truth(1_000, 11)
        course = Course(Policy(1, stage="rank"), Goal(1.0, 0.02))
        for number in range(len(chance)):
            course.decided(float(chance[number]), decision(True, 1.0))
            course.judged(number, bool(label[number]))
        assert course.policy.stage == "rank"
