"""Holding a judge back, and what a lead makes of it."""

import uuid
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.contrib.auth.models import User

from feedback.models import Alert, LedgerEntry, Queue, Scorer, Source, Value
from feedback.services import record_outcome
from scoring.fold import configuration_of, model_at
from scoring.models import Amendment, AmendmentKind, JudgeFigure, Ruling, Suspect
from scoring.services import take_in
from scoring.trust import selectors
from scoring.trust.services import AlreadyRuled, keep_out, let_in, vet_judges, vet_queues_behind
from tests.factories import NOON, judge, make_draft

LATER = NOON + timedelta(days=1)


@pytest.fixture
def alerts(queue: Queue, upstream: Scorer) -> list[Alert]:
    """Sixty alerts, of which those about leaving are accurate."""
    drafts = [
        make_draft("We are leaving you." if n % 2 else "Thanks, all is fine.", upstream_score=0.9 if n % 2 else 0.1)
        for n in range(90)
    ]
    taken = take_in(queue=queue, scorer=upstream, drafts=drafts, now=NOON)
    return list(Alert.objects.filter(pk__in=[one.alert_id for one in taken]).order_by("pk"))


def truth(alert: Alert) -> Value:
    return Value.ACCURATE if "leaving" in alert.text else Value.FALSE_POSITIVE


@pytest.fixture
def flood(alerts: list[Alert], rhea: User, tom: User) -> list[LedgerEntry]:
    """Rhea judges what is; tom marks everything false. Returns tom's verdicts."""
    entries = []
    for number, alert in enumerate(alerts):
        if number % 3 == 0:
            entries.append(judge(alert, tom, Value.FALSE_POSITIVE))
        else:
            judge(alert, rhea, truth(alert))
    return entries


def learnt(queue: Queue) -> int:
    """How many labels the model at the ledger's head has learnt."""
    return model_at(configuration_of(queue.pk), selectors.head_of(queue.pk)).model.learnt


@pytest.mark.usefixtures("flood")
class TestTheGate:
    def test_who_marks_everything_false_is_held_back(self, queue: Queue, tom: User) -> None:
        (held,) = vet_judges(queue=queue, now=LATER)
        assert (held.judge, held.way, held.ruling) == (tom, Suspect.Way.FALSE, Ruling.OPEN)
        assert (held.hold.kind, held.hold.until) == (AmendmentKind.HOLD_BACK, None)

    def test_nothing_is_lost_of_what_they_said(self, queue: Queue, flood: list[LedgerEntry]) -> None:
        vet_judges(queue=queue, now=LATER)
        assert LedgerEntry.objects.filter(pk__in=[entry.pk for entry in flood]).count() == len(flood)

    def test_the_learner_has_not_heard_it(self, queue: Queue, flood: list[LedgerEntry]) -> None:
        before = learnt(queue)
        (held,) = vet_judges(queue=queue, now=LATER)
        assert learnt(queue) == before - sum(entry.position > held.since for entry in flood)

    def test_a_second_look_holds_nobody_back_twice(self, queue: Queue) -> None:
        vet_judges(queue=queue, now=LATER)
        assert vet_judges(queue=queue, now=LATER) == []

    def test_it_says_so_in_the_log(self, queue: Queue, tom: User, capsys: Any, caplog: Any) -> None:
        vet_judges(queue=queue, now=LATER)
        assert "judge held back" in caplog.text + capsys.readouterr().err

    def test_the_sweep_finds_the_queue_and_then_rests(self, queue: Queue) -> None:
        assert vet_queues_behind(now=LATER) == 1
        assert selectors.queues_to_vet() == []


@pytest.fixture
def suspect(queue: Queue, flood: list[LedgerEntry]) -> Suspect:
    return vet_judges(queue=queue, now=LATER)[0]


class TestLettingIn:
    def test_one_click_learns_it_all(self, queue: Queue, lena: User, suspect: Suspect) -> None:
        assert learnt(queue) < 90
        let_in(user=lena, slug=queue.slug, suspect_id=suspect.pk, now=LATER)
        assert learnt(queue) == 90

    def test_a_second_click_changes_nothing(self, queue: Queue, lena: User, suspect: Suspect) -> None:
        for _ in range(2):
            let_in(user=lena, slug=queue.slug, suspect_id=suspect.pk, now=LATER)
        assert Amendment.objects.filter(kind=AmendmentKind.LET_IN).count() == 1

    def test_the_same_verdicts_are_not_suspected_again(self, queue: Queue, lena: User, suspect: Suspect) -> None:
        let_in(user=lena, slug=queue.slug, suspect_id=suspect.pk, now=LATER)
        assert vet_judges(queue=queue, now=LATER) == []

    def test_it_may_follow_keeping_out(self, queue: Queue, lena: User, suspect: Suspect) -> None:
        keep_out(user=lena, slug=queue.slug, suspect_id=suspect.pk, from_now_on=False, now=LATER)
        let_in(user=lena, slug=queue.slug, suspect_id=suspect.pk, now=LATER)
        assert learnt(queue) == 90

    @pytest.mark.parametrize("who", ["rhea", "mallory"])
    def test_only_a_lead_of_the_queue_may(
        self, queue: Queue, suspect: Suspect, who: str, request: pytest.FixtureRequest
    ) -> None:
        with pytest.raises(Queue.DoesNotExist):
            let_in(user=request.getfixturevalue(who), slug=queue.slug, suspect_id=suspect.pk, now=LATER)
        assert Suspect.objects.get().ruling == Ruling.OPEN


class TestKeepingOut:
    def test_what_was_held_back_stays_out(self, queue: Queue, lena: User, suspect: Suspect) -> None:
        before = learnt(queue)
        keep_out(user=lena, slug=queue.slug, suspect_id=suspect.pk, from_now_on=False, now=LATER)
        assert (learnt(queue), selectors.open_suspects(queue.pk)) == (before, [])

    def test_from_now_on_the_judge_may_count_again(
        self, queue: Queue, lena: User, tom: User, suspect: Suspect, upstream: Scorer
    ) -> None:
        before = learnt(queue)
        keep_out(user=lena, slug=queue.slug, suspect_id=suspect.pk, from_now_on=True, now=LATER)
        (taken,) = take_in(queue=queue, scorer=upstream, drafts=[make_draft("Bye.")], now=LATER)
        judge(Alert.objects.get(pk=taken.alert_id), tom)
        assert learnt(queue) == before + 1

    def test_what_was_let_in_cannot_be_kept_out_by_an_old_page(
        self, queue: Queue, lena: User, suspect: Suspect
    ) -> None:
        let_in(user=lena, slug=queue.slug, suspect_id=suspect.pk, now=LATER)
        with pytest.raises(AlreadyRuled):
            keep_out(user=lena, slug=queue.slug, suspect_id=suspect.pk, from_now_on=False, now=LATER)


class TestWeights:
    @pytest.fixture
    def coin(self, queue: Queue, alerts: list[Alert], rhea: User, tom: User, upstream: Scorer) -> None:
        """Every alert has an outcome; tom guesses."""
        rng = Random(5)
        for number, alert in enumerate(alerts):
            guesses = number % 4 > 1
            value = rng.choice([Value.ACCURATE, Value.FALSE_POSITIVE]) if guesses else truth(alert)
            judge(alert, tom if guesses else rhea, value)
            record_outcome(alert=alert, scorer=upstream, value=truth(alert), decision_id=uuid.uuid4(), now=NOON)

    @pytest.mark.usefixtures("coin")
    def test_who_guesses_weighs_little(self, queue: Queue, rhea: User, tom: User) -> None:
        vet_judges(queue=queue, now=LATER)
        weights = selectors.weights_in_force(queue.pk)
        assert weights[tom.pk] < 0.5 and weights.get(rhea.pk, 1.0) > 0.9

    @pytest.mark.usefixtures("coin")
    def test_they_are_written_once(self, queue: Queue) -> None:
        vet_judges(queue=queue, now=LATER)
        vet_judges(queue=queue, now=LATER)
        assert Amendment.objects.filter(kind=AmendmentKind.WEIGH).count() == 1

    @pytest.mark.usefixtures("coin")
    def test_the_figures_are_kept_for_the_page(self, queue: Queue, tom: User) -> None:
        vet_judges(queue=queue, now=LATER)
        mine = JudgeFigure.objects.get(judge=tom)
        assert (mine.lately, mine.known) == (44, 44)
        assert mine.right[1] < mine.right[0] < mine.right[2] < 0.8


class TestEvidence:
    def test_a_verdict_taken_back_is_none(self, queue: Queue, alert: Alert, rhea: User) -> None:
        from feedback.services import retract_verdict

        entry = judge(alert, rhea)
        retract_verdict(verdict=entry, judge=rhea, decision_id=uuid.uuid4(), now=NOON)
        assert selectors.evidence_of(queue.pk).sightings == []

    def test_a_lead_is_certain_of_what_a_rep_said(self, queue: Queue, alert: Alert, rhea: User, lena: User) -> None:
        entry = judge(alert, rhea, Value.FALSE_POSITIVE)
        judge(alert, lena, Value.ACCURATE, Source.LEAD, seen=entry.decision_id)
        evidence = selectors.evidence_of(queue.pk)
        assert [one.truth for one in evidence.sightings] == [True] and evidence.known == {alert.pk: True}

    def test_the_model_s_word_is_that_of_the_first_exposure(self, queue: Queue, alert: Alert, rhea: User) -> None:
        judge(alert, rhea)
        (seen,) = selectors.evidence_of(queue.pk).sightings
        assert seen.probability == alert.exposures.earliest("pk").probability
