"""What a judge who is held back said is in no figure; a roll-back is about the model and takes nothing from them."""

import numpy as np
import pytest
from django.contrib.auth.models import User

from feedback.models import Queue, Scorer, Source, Value
from scoring.evidence import history_of
from scoring.lead.selectors import blocks_of
from scoring.lead.services import catch_up, count_queues_behind, recount_figures
from scoring.models import JudgedAlert
from scoring.services.amending import hold_back, let_in, roll_back
from tests import factories
from tests.scoring.lead.history import NOW, alert_at, judged_at, weeks_ago
from tests.scoring.lead.test_services import total

pytestmark = pytest.mark.django_db


class TestWhoIsHeldBack:
    def test_counts_in_no_figure_until_let_in(
        self, queue: Queue, upstream: Scorer, rhea: User, tom: User, lena: User
    ) -> None:
        honest = [judged_at(queue, upstream, rhea, weeks_ago(2), accurate=True) for _ in range(3)]
        lies = [judged_at(queue, upstream, tom, weeks_ago(1), accurate=False) for _ in range(4)]
        factories.judge(
            lies[0], lena, Value.ACCURATE, source=Source.LEAD, seen=lies[0].entries.get().decision_id, now=NOW
        )
        catch_up(queue=queue, now=NOW)
        assert (total(queue).total.judged, total(queue).total.accurate) == (7, 4)
        hold = hold_back(queue=queue, since=3, until=None, judge=tom, note="", by=None, now=NOW)
        assert count_queues_behind(now=NOW) == [queue.pk]
        assert (total(queue).total.judged, total(queue).total.accurate) == (4, 4)
        assert {row.alert_id for row in JudgedAlert.objects.all()} == {*(one.pk for one in honest), lies[0].pk}
        assert count_queues_behind(now=NOW) == []
        recount_figures(queue=queue, now=NOW)
        assert (total(queue).total.judged, len(blocks_of(queue.pk))) == (4, 1)
        let_in(hold=hold, by=lena, now=NOW)
        catch_up(queue=queue, now=NOW)
        assert (total(queue).total.judged, total(queue).total.accurate) == (7, 4)

    def test_by_a_roll_back_is_the_model_alone(self, queue: Queue, upstream: Scorer, rhea: User) -> None:
        for _ in range(3):
            judged_at(queue, upstream, rhea, weeks_ago(1), accurate=True)
        roll_back(queue=queue, to_position=1, note="", by=None, now=NOW)
        catch_up(queue=queue, now=NOW)
        assert total(queue).total.judged == 3
        assert np.isfinite(history_of(queue.pk).evidence.label).all()

    def test_is_no_evidence_for_a_policy_either(self, queue: Queue, upstream: Scorer, rhea: User, tom: User) -> None:
        said = [(rhea, True), (tom, False), (rhea, True)]
        for person, accurate in said:
            alert = alert_at(queue, upstream, weeks_ago(1))
            value = Value.ACCURATE if accurate else Value.FALSE_POSITIVE
            factories.judge(alert, person, value, blind=True, now=NOW)
        hold_back(queue=queue, since=0, until=2, judge=tom, note="", by=None, now=NOW)
        label = history_of(queue.pk).evidence.label
        assert label.tolist()[0] == label.tolist()[2] == 1.0 and np.isnan(label[1])
