"""Taking alerts in: written, scored with every verdict learnt, exposed."""

from dataclasses import replace

import pytest
from django.contrib.auth.models import User

from feedback.models import Alert, Exposure, OpenAlert, Queue, Scorer, Value
from feedback.services import Standing
from scoring.models import Stage
from scoring.services import change_policy, take_in
from tests.factories import NOON, judge, make_draft, raise_alert


@pytest.mark.django_db
class TestTakeIn:
    def test_an_alert_is_written_exposed_and_open(self, queue: Queue, upstream: Scorer) -> None:
        (answer,) = take_in(queue=queue, scorer=upstream, drafts=[make_draft()], now=NOON)
        exposure = Exposure.objects.get(alert_id=answer.alert_id)
        assert (answer.standing, answer.probability) == (Standing.CREATED, exposure.probability)
        assert OpenAlert.objects.get().probability == exposure.probability

    def test_the_same_draft_again_gets_the_same_answer(self, queue: Queue, upstream: Scorer) -> None:
        draft = make_draft()
        (first,) = take_in(queue=queue, scorer=upstream, drafts=[draft], now=NOON)
        (second,) = take_in(queue=queue, scorer=upstream, drafts=[draft], now=NOON)
        assert second == replace(first, standing=Standing.REPEATED)
        assert Alert.objects.count() == Exposure.objects.count() == 1

    def test_a_repeat_answers_what_was_answered_then(self, queue: Queue, upstream: Scorer, rhea: User) -> None:
        draft = make_draft()
        (first,) = take_in(queue=queue, scorer=upstream, drafts=[draft], now=NOON)
        judge(raise_alert(queue, upstream), rhea, Value.FALSE_POSITIVE)
        (second,) = take_in(queue=queue, scorer=upstream, drafts=[draft], now=NOON)
        assert (second.probability, second.position) == (first.probability, 0)

    def test_other_content_under_the_same_id_is_a_conflict(self, queue: Queue, upstream: Scorer) -> None:
        draft = make_draft()
        take_in(queue=queue, scorer=upstream, drafts=[draft], now=NOON)
        (answer,) = take_in(queue=queue, scorer=upstream, drafts=[replace(draft, text="other")], now=NOON)
        assert (answer.standing, answer.probability) == (Standing.CONFLICT, None)
        assert Alert.objects.get().text == draft.text

    def test_a_batch_answers_in_order_whatever_became_of_each(self, queue: Queue, upstream: Scorer) -> None:
        known, fresh = make_draft(), make_draft()
        take_in(queue=queue, scorer=upstream, drafts=[known], now=NOON)
        drafts = [fresh, known, replace(known, text="other"), fresh, replace(fresh, text="other")]
        answers = take_in(queue=queue, scorer=upstream, drafts=drafts, now=NOON)
        assert [answer.standing for answer in answers] == ["created", "repeated", "conflict", "repeated", "conflict"]

    def test_two_scorers_may_use_the_same_id(self, queue: Queue, upstream: Scorer) -> None:
        other, draft = Scorer.objects.create(name="crm-rules"), make_draft()
        for scorer in (upstream, other):
            (answer,) = take_in(queue=queue, scorer=scorer, drafts=[draft], now=NOON)
            assert answer.standing is Standing.CREATED

    def test_the_next_alert_is_scored_with_the_verdict_learnt(self, queue: Queue, upstream: Scorer, rhea: User) -> None:
        first = raise_alert(queue, upstream, "please cancel our plan")
        judge(first, rhea, Value.FALSE_POSITIVE)
        (answer,) = take_in(queue=queue, scorer=upstream, drafts=[make_draft("please cancel our plan")], now=NOON)
        before = Exposure.objects.get(alert=first).probability
        assert answer.position == 1
        assert answer.probability is not None and answer.probability < before

    def test_it_is_measured_before_it_is_learnt(self, alert: Alert, rhea: User) -> None:
        entry = judge(alert, rhea)
        assert Exposure.objects.get(alert=alert).position < entry.position

    def test_a_suppressed_alert_is_kept_and_not_shown(self, queue: Queue, upstream: Scorer) -> None:
        high = {"hide_below": 0.99, "orange_from": 0.99, "red_from": 0.99}
        change_policy(queue=queue, now=NOON, stage=Stage.SUPPRESS, audit_share=1e-9, **high)
        alert = raise_alert(queue, upstream)
        assert Exposure.objects.get(alert=alert).decision == "hide"
        assert not OpenAlert.objects.get(alert=alert).visible
