"""What labelers answered to checks: known answers about them, and nothing about the alerts."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from feedback.models import Alert, LedgerEntry, Queue, Scorer, Source, Value
from feedback.services import retract_verdict
from scoring.fold import configuration_of, model_at
from scoring.models import JudgeFigure, Suspect
from scoring.trust import selectors
from scoring.trust.services import let_in, vet_judges
from tests.factories import NOON, judge
from tests.scoring.trust.history import ninety, truth

LATER = NOON + timedelta(days=1)


@pytest.fixture
def alerts(queue: Queue, upstream: Scorer) -> list[Alert]:
    """Ninety alerts, of which those about leaving are accurate."""
    return ninety(queue, upstream)


def learnt(queue: Queue) -> int:
    """How many labels the model at the ledger's head has learnt."""
    return model_at(configuration_of(queue.pk), selectors.head_of(queue.pk)).model.learnt


class TestALabelersChecks:
    @pytest.fixture
    def ruled(self, alerts: list[Alert], lena: User) -> list[Alert]:
        """Alerts on which a lead has ruled as they are."""
        for alert in alerts[:20]:
            judge(alert, lena, truth(alert), Source.LEAD)
        return alerts[:20]

    def check(self, alert: Alert, person: User, value: Value) -> LedgerEntry:
        return judge(alert, person, value, Source.LABELER, is_check=True)

    def test_they_are_known_answers_and_counted(self, queue: Queue, ruled: list[Alert], ada: User) -> None:
        for number, alert in enumerate(ruled[:10]):
            self.check(alert, ada, truth(alert) if number else Value.ACCURATE)
        vet_judges(queue=queue, now=LATER)
        mine = JudgeFigure.objects.get(judge=ada)
        assert (mine.checks_right, mine.checks, mine.known_right, mine.known) == (9, 10, 9, 10)
        assert mine.seen == 10

    def test_the_first_answer_counts_for_afterwards_it_is_marked(
        self, queue: Queue, ruled: list[Alert], ada: User
    ) -> None:
        thought_over, taken_back = (self.check(alert, ada, Value.FALSE_POSITIVE) for alert in ruled[1:4:2])
        self.check(thought_over.alert, ada, Value.ACCURATE)
        retract_verdict(verdict=taken_back, judge=ada, decision_id=uuid.uuid4(), now=NOON)
        evidence = selectors.evidence_of(queue.pk)
        mine = [one for one in evidence.sightings if one.judge == ada.pk]
        assert [(one.accurate, one.truth, one.check) for one in mine] == [(False, True, True)] * 2
        assert [one.accurate for one in evidence.opinions if one.judge == ada.pk] == [False, False]

    def test_one_that_is_not_sure_says_nothing(self, queue: Queue, ruled: list[Alert], ada: User) -> None:
        self.check(ruled[0], ada, Value.UNSURE)
        self.check(ruled[0], ada, truth(ruled[0]))
        assert not [one for one in selectors.evidence_of(queue.pk).sightings if one.judge == ada.pk]

    def test_whose_go_badly_is_held_back_and_let_in_by_one_click(
        self, queue: Queue, ruled: list[Alert], alerts: list[Alert], ada: User, rhea: User, tom: User, lena: User
    ) -> None:
        for number, alert in enumerate(alerts[20:80]):
            judge(alert, (rhea, tom)[number % 4 // 2], truth(alert))
        taught = learnt(queue)
        for alert in ruled:
            wrong = Value.FALSE_POSITIVE if truth(alert) == Value.ACCURATE else Value.ACCURATE
            self.check(alert, ada, wrong)
        (held,) = vet_judges(queue=queue, now=LATER)
        assert (held.judge, held.way, held.known, held.wrong) == (
            ada,
            Suspect.Way.FLIPPED,
            held.verdicts,
            held.verdicts,
        )
        judge(alerts[85], ada, Value.FALSE_POSITIVE, Source.LABELER)
        assert learnt(queue) == taught
        let_in(user=lena, slug=queue.slug, suspect_id=held.pk, now=LATER)
        assert learnt(queue) == taught + 1
