"""What is known of judges, and what their word weighs."""

import uuid
from datetime import timedelta
from random import Random

import pytest
from django.contrib.auth.models import User

from feedback.models import Alert, Queue, Scorer, Source, Value
from feedback.services import record_outcome
from scoring.models import Amendment, AmendmentKind, JudgeFigure
from scoring.trust import selectors
from scoring.trust.services import vet_judges
from tests.factories import NOON, judge
from tests.scoring.trust.history import ninety, truth

LATER = NOON + timedelta(days=1)


@pytest.fixture
def alerts(queue: Queue, upstream: Scorer) -> list[Alert]:
    return ninety(queue, upstream)


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
