"""Whether people lean towards a score that they see: like alerts are compared, and nothing else."""

from importlib import import_module

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.db import connection

from feedback.models import Check, Queue, Scorer, Value
from scoring.anchoring import Anchoring, Verdicts, anchoring
from scoring.lead.periods import monday_of
from scoring.lead.selectors import agreements_of
from scoring.lead.services import catch_up
from scoring.lead.trust_panels import anchoring_sentence
from scoring.models import FigureStanding
from scoring.sample import BANDS
from tests import factories
from tests.scoring.lead.history import NOW, alert_at, weeks_ago

LOW, HIGH = 1, 8  # bands: .02 to .05, .8 to .9


class TestAnchoring:
    def test_agreement_is_with_what_the_model_holds_more_likely(self) -> None:
        found = anchoring(
            {LOW: Verdicts(40, 4), HIGH: Verdicts(40, 36)}, {LOW: Verdicts(40, 20), HIGH: Verdicts(40, 20)}
        )
        assert (found.seen.value, found.blind.value) == (pytest.approx(0.9), pytest.approx(0.5))
        assert found.effect is not None and found.effect.low > 0.2

    def test_alerts_without_their_like_are_left_out(self) -> None:
        found = anchoring({LOW: Verdicts(30, 3), HIGH: Verdicts(500, 500)}, {LOW: Verdicts(30, 3)})
        assert found.compared == 60
        assert not found.clear

    def test_another_mix_of_alerts_is_no_effect(self) -> None:
        seen = {LOW: Verdicts(20, 6), HIGH: Verdicts(1_000, 950)}
        blind = {LOW: Verdicts(1_000, 300), HIGH: Verdicts(20, 19)}
        found = anchoring(seen, blind)
        assert found.seen.value == pytest.approx(found.blind.value)

    def test_nothing_in_common_tells_nothing(self) -> None:
        assert anchoring({HIGH: Verdicts(9, 9)}, {LOW: Verdicts(9, 0)}).effect is None
        assert anchoring({}, {}) == anchoring({LOW: Verdicts()}, {LOW: Verdicts()})

    @pytest.mark.parametrize("sway", [0.0, 0.15])
    def test_its_interval_holds_the_true_effect(self, sway: float) -> None:
        random, held = np.random.default_rng(7), 0
        for _ in range(400):
            seen, blind = ({}, {})  # type: dict[int, Verdicts], dict[int, Verdicts]
            for band in range(len(BANDS) + 1):
                agree = 0.7 if band % 2 else 0.8
                for of, share, n in ((seen, agree + sway, 40 + 10 * band), (blind, agree, 60 - 5 * band)):
                    agreeing = int(random.binomial(n, share))
                    of[band] = Verdicts(n, agreeing if band >= 6 else n - agreeing)
            effect = anchoring(seen, blind).effect
            held += effect is not None and effect.low <= sway <= effect.high
        assert held / 400 >= 0.93


class TestTheRollup:
    def test_it_tells_blind_verdicts_of_reps_from_seen_ones(
        self, queue: Queue, upstream: Scorer, rhea: User, tom: User, ada: User
    ) -> None:
        for number in range(4):
            alert = alert_at(queue, upstream, weeks_ago(1), 0.03)
            factories.judge(alert, rhea, Value.FALSE_POSITIVE, blind=number < 3, now=NOW)
        factories.judge(alert, ada, source=factories.Source.LABELER, blind=True, now=NOW)
        catch_up(queue=queue, now=NOW)
        assert agreements_of(queue.pk, NOW) == {True: {LOW: Verdicts(3, 0)}, False: {LOW: Verdicts(1, 0)}}

    def test_a_check_is_no_draw_of_its_band(
        self, queue: Queue, upstream: Scorer, rhea: User, tom: User, lena: User
    ) -> None:
        for blind in (True, False):
            factories.judge(alert_at(queue, upstream, weeks_ago(1), 0.03), rhea, Value.FALSE_POSITIVE, blind=blind)
        settled = alert_at(queue, upstream, weeks_ago(1), 0.03)
        factories.judge(settled, lena, Value.ACCURATE, source=factories.Source.LEAD)
        factories.judge(settled, tom, Value.ACCURATE, blind=True, is_check=True)
        catch_up(queue=queue, now=NOW)
        assert agreements_of(queue.pk, NOW) == {True: {LOW: Verdicts(1, 0)}, False: {LOW: Verdicts(1, 0)}}

    def test_weeks_that_counted_checks_before_an_upgrade_are_counted_again(
        self, queue: Queue, upstream: Scorer, rhea: User
    ) -> None:
        for weeks in (1, 3):
            alert = alert_at(queue, upstream, weeks_ago(weeks))
            entry = factories.judge(alert, rhea, blind=True)
        Check.objects.create(
            person=rhea, queue=queue, alert=alert, source="rep", certain=True, drawn_at=NOW, entry=entry
        )
        catch_up(queue=queue, now=NOW)
        upgrade = import_module("scoring.migrations.0022_agreement_without_checks")
        with connection.cursor() as cursor:
            cursor.execute(upgrade.COUNT_AGAIN)
        assert FigureStanding.objects.get(queue=queue).stale_weeks == [monday_of(weeks_ago(3)).isoformat()]


class TestTheSentence:
    def told(self, seen: int, blind: int) -> Anchoring:
        return anchoring({HIGH: Verdicts(100, seen)}, {HIGH: Verdicts(100, blind)})

    @pytest.mark.parametrize(
        ("seen", "blind", "claim"),
        [(90, 60, "The score sways people: 90 of 100"), (60, 90, "People lean against it"), (80, 78, "No clear sway")],
    )
    def test_it_claims_only_what_the_interval_allows(self, seen: int, blind: int, claim: str) -> None:
        assert anchoring_sentence(self.told(seen, blind)).startswith(claim)

    def test_a_few_verdicts_are_not_enough(self) -> None:
        few = anchoring({HIGH: Verdicts(9, 9)}, {HIGH: Verdicts(9, 0)})
        assert "Not known" in anchoring_sentence(few)
