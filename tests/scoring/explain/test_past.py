"""Any past score comes out of the ledger again, bit for bit."""

import json
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from feedback.models import Alert, Exposure, Queue, Scorer, Value
from scoring.explain.past import NotReproduced, score_at
from scoring.explain.services import remember
from scoring.models import Checkpoint, ModelConfiguration
from scoring.online_model import ModelConfig
from scoring.services import learn
from tests.factories import NOON, judge, raise_alert

TEXTS = ("My parcel is late again!", "Lovely, thank you.", "I want my money back.", "Where is my invoice?")


def explained(name: str, *options: str) -> str:
    out = StringIO()
    call_command("explain", name, *options, stdout=out)
    return out.getvalue()


@pytest.fixture
def lived(queue: Queue, upstream: Scorer, rhea: User) -> list[Alert]:
    """Forty alerts that came and were judged one after another, a checkpoint on the way, and one still open."""
    alerts = []
    for number in range(40):
        alerts.append(raise_alert(queue, upstream, f"{TEXTS[number % 4]} {number}", upstream_score=number % 10 / 10))
        judge(alerts[-1], rhea, Value.ACCURATE if number % 2 == 0 else Value.FALSE_POSITIVE)
        if number == 20:
            learn(queue_id=queue.pk, now=NOON)
    return [*alerts, raise_alert(queue, upstream, TEXTS[0])]


class TestAPastScore:
    def test_is_made_again_bit_for_bit(self, lived: list[Alert]) -> None:
        for alert in lived[::4]:
            assert score_at(alert).breakdown.probability == Exposure.objects.get(alert=alert).probability

    def test_needs_no_checkpoint(self, lived: list[Alert]) -> None:
        Checkpoint.objects.all().delete()
        assert score_at(lived[30]).reproduced is True

    def test_is_known_at_another_position_too(self, lived: list[Alert]) -> None:
        early, late = (score_at(lived[-1], position).breakdown.probability for position in (2, 40))
        assert early != late == Exposure.objects.get(alert=lived[-1]).probability

    def test_finds_the_configuration_that_was_in_force(self, queue: Queue, lived: list[Alert]) -> None:
        changed = ModelConfig(learning_rate=0.5).to_dict()
        ModelConfiguration.objects.create(queue=queue, version=2, parameters=changed)
        assert score_at(lived[30]).configuration == 1

    def test_that_does_not_come_out_is_refused(self, lived: list[Alert]) -> None:
        exposure = Exposure.objects.get(alert=lived[9])
        exposure.pk, exposure.probability = None, exposure.probability / 2
        exposure.position += 1
        exposure.save()
        with pytest.raises(NotReproduced, match="was scored"):
            score_at(lived[9], exposure.position)


class TestTheCommand:
    def test_says_what_a_score_is_made_of(self, queue: Queue, lived: list[Alert]) -> None:
        remember(queue_id=queue.pk)
        said = explained(str(lived[-1].pk))
        assert "bit for bit" in said and "late again" in said
        assert "40 labels learnt" in said and "taught by rep 100%" in said
        assert said.count("accurate, 2026-03-02") == 5

    def test_takes_the_scorers_own_id(self, lived: list[Alert]) -> None:
        alert = lived[3]
        assert f"alert {alert.pk} " in explained(f"{alert.scorer.name}:{alert.external_id}")

    def test_takes_a_position(self, lived: list[Alert]) -> None:
        assert "no score was stored at this position" in explained(str(lived[-1].pk), "--at", "7")

    def test_gives_every_part_to_machines(self, lived: list[Alert]) -> None:
        found = json.loads(explained(str(lived[-1].pk), "--json"))
        assert found["probability"] == Exposure.objects.get(alert=lived[-1]).probability
        parts = sum(part["contribution"] for part in found["parts"])
        assert abs(found["baseline"] + parts - found["log_odds"]) < 1e-6

    @pytest.mark.parametrize("name", ["0", "x-1", "voice-llm:nobody", "²"])
    def test_refuses_an_alert_that_is_not_there(self, queue: Queue, name: str) -> None:
        with pytest.raises(CommandError, match="There is no alert"):
            explained(name)

    def test_refuses_a_position_behind_the_ledger(self, lived: list[Alert]) -> None:
        with pytest.raises(CommandError, match="ends at 40"):
            explained(str(lived[0].pk), "--at", "41")

    def test_fails_where_a_score_does_not_come_out(self, lived: list[Alert]) -> None:
        ModelConfiguration.objects.all().delete()
        with pytest.raises(CommandError, match="the ledger gives no model"):
            explained(str(lived[0].pk))
