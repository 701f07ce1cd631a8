"""When a customer who was quieted comes back, and what the list says of it."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from scipy.special import logit

from feedback.models import OpenAlert, Queue, Scorer
from scoring.models import Stage, Suppression
from scoring.policy import TIERS
from scoring.policylab.hidden import worse
from scoring.quiet import HIGH_FROM, MARGIN, bar_of
from scoring.services import change_policy
from scoring.services.quieting import quiet_customer
from tests.factories import NOON
from tests.scoring.policylab.test_quiet import PAGE, first, raise_for

RED = len(TIERS) - 1


class TestTheBar:
    @pytest.mark.parametrize("score", [0.0, 0.05, 0.5, HIGH_FROM])
    def test_lies_a_margin_above(self, score: float) -> None:
        assert bar_of(0, score, None).probability == pytest.approx(score + MARGIN)

    @pytest.mark.parametrize("score", [0.71, 0.85, 0.95, 0.99, 0.9999])
    def test_can_be_passed_wherever_an_alert_stands(self, score: float) -> None:
        bar = bar_of(RED, score, score)
        assert bar.upstream == bar.probability < 1
        assert 0.69 < logit(bar.probability) - logit(score) < 0.9

    def test_has_nothing_above_a_scorer_that_is_certain(self) -> None:
        assert not bar_of(RED, 0.5, 1.0).is_passed_by(RED, 0.5, 1.0)


@pytest.fixture
def surely(queue: Queue, upstream: Scorer, rhea: User, monkeypatch: pytest.MonkeyPatch) -> Suppression:
    """rhea quieted acme at an alert that was red, and sure to the scorer and to the model alike."""
    monkeypatch.setattr(timezone, "now", lambda: NOON)
    change_policy(queue=queue, now=NOON, stage=Stage.RANK, red_from=0.99)
    alert = raise_for(queue, upstream, upstream_score=0.9)
    OpenAlert.objects.filter(alert=alert).update(tier=RED, probability=0.96)
    return quiet_customer(alert=alert, days=30, by=rhea, now=NOON)


class TestACustomerQuietedAtALikelyAlert:
    def test_comes_back_with_one_that_is_likelier(self, surely: Suppression, queue: Queue, upstream: Scorer) -> None:
        assert first(raise_for(queue, upstream, upstream_score=0.94)).cause
        assert first(raise_for(queue, upstream, upstream_score=0.96)).cause == ""
        assert Suppression.objects.filter(ends=surely).exists()

    def test_is_told_where_worse_begins_and_how_far_that_is(
        self, surely: Suppression, rhea: User, client: Client
    ) -> None:
        client.force_login(rhea)
        page = client.get(PAGE).content.decode()
        assert "worse means a probability of 98%, or the scorer’s own score of 0.95" in page
        assert "by 15 points of probability" in page and "above 70% by half of what was missing to certainty" in page

    def test_is_told_nothing_of_it_while_the_alert_is_blind(
        self, surely: Suppression, rhea: User, client: Client
    ) -> None:
        OpenAlert.objects.filter(alert=surely.alert).update(blind=True)
        client.force_login(rhea)
        assert "15 points" not in client.get(PAGE).content.decode()


class TestWhatIsSaidOfTheBar:
    @pytest.mark.parametrize(
        ("tier", "probability", "upstream", "said"),
        [
            (0, 0.65, 0.75, "a higher tier, a probability of 65%, or the scorer’s own score of 0.75"),
            (0, 0.65, None, "a higher tier, or a probability of 65% or more"),
            (RED, 0.997, 0.9985, "a probability of 99.7%, or the scorer’s own score of 0.999"),
            (RED, 0.95, None, "a probability of 95% or more"),
        ],
    )
    def test_names_what_there_is_above(self, tier: int, probability: float, upstream: float | None, said: str) -> None:
        row = Suppression(scope="customer", bar_tier=tier, bar_probability=probability, bar_upstream=upstream)
        assert worse(row) == f"worse means {said}"
