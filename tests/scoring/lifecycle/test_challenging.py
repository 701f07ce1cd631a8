"""A challenger learns beside the champion, is compared on the same alerts, and is promoted or dropped."""

import random
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from feedback.models import Exposure, OpenAlert, Queue, Scorer, Value
from feedback.selectors import head_of
from feedback.services import ExposureDraft, expose
from scoring.facts import facts_of_alert
from scoring.features import extract
from scoring.fold import configuration_of, model_at
from scoring.learner.model_config import ModelConfig
from scoring.lifecycle import challenging
from scoring.lifecycle.challenging import (
    ChallengerEnded,
    ChallengerRuns,
    NothingDiffers,
    TooFewJudged,
    drop,
    promote,
    put_in_force,
    start,
    work,
)
from scoring.lifecycle.presets import PRESETS, PresetUnknown, changed, parameters_of
from scoring.lifecycle.selectors import contest_of
from scoring.models import Challenger, Checkpoint, JudgedAlert, ModelConfiguration, ShadowScore
from scoring.replica import forget_replicas, replica_of
from scoring.services import learn
from tests import factories
from tests.factories import NOON

LATER = NOON + timedelta(days=1)


@pytest.fixture(autouse=True)
def _fresh_beliefs() -> None:
    challenging._beliefs.clear()


def live(queue: Queue, upstream: Scorer, person: User, alerts: int, seed: int = 0) -> None:
    """Alerts that are scored and then judged, one after the other."""
    rng = random.Random(seed)
    for _ in range(alerts):
        angry = rng.random() < 0.5
        text = "refund now, the worst service" if angry else "where is the invoice of last month"
        alert = factories.raise_alert(queue, upstream, text)
        factories.judge(alert, person, Value.ACCURATE if angry else Value.FALSE_POSITIVE)


@pytest.fixture
def challenger(queue: Queue, upstream: Scorer, rhea: User, lena: User) -> Challenger:
    live(queue, upstream, rhea, 6)
    return start(queue=queue, preset="forget_faster", by=lena, now=NOON)


def compared(challenger: Challenger, upstream: Scorer, of_each: int = 10) -> None:
    """Judged alerts that the challenger has scored too: so many of either kind."""
    for number in range(2 * of_each):
        alert = factories.raise_alert(challenger.queue, upstream, f"compared {number}")
        ShadowScore.objects.create(challenger=challenger, alert=alert, probability=0.5, position=0)
        JudgedAlert.objects.create(
            alert=alert, queue=challenger.queue, accurate=number % 2 == 0, anchor=1, probability=0.5, decided_at=NOON,
            scorer=upstream, propensity=1.0, sampled=True,
        )  # fmt: skip


class TestPresets:
    @pytest.mark.parametrize("preset", PRESETS)
    def test_each_is_a_valid_configuration(self, preset: str) -> None:
        champion = ModelConfig(memory=1_000).to_dict()
        assert changed(champion, parameters_of(preset, champion))

    def test_an_unknown_one_is_refused(self) -> None:
        with pytest.raises(PresetUnknown):
            parameters_of("__class__", ModelConfig().to_dict())

    def test_todays_defaults_bring_what_came_later(self) -> None:
        later = {"slow_least_columns": (0, 4), "afresh": (0, 1), "stance_temper": (0, 4)}
        champion = {name: value for name, value in ModelConfig().to_dict().items() if name not in later}
        found = changed(champion, parameters_of("todays_defaults", champion))
        assert {name: (old, new) for name, old, new in found} == later

    def test_what_other_queues_taught_stays(self) -> None:
        champion = ModelConfig(experience_gain=2.0, experience_verdicts=100.0).to_dict()
        assert parameters_of("todays_defaults", champion)["experience_gain"] == 2.0


class TestStarting:
    def test_nothing_that_serves_changes(self, queue: Queue, challenger: Challenger) -> None:
        assert configuration_of(queue.pk).version == 1
        assert challenger.configuration.version == 2

    def test_a_queue_has_one_at_a_time(self, queue: Queue, challenger: Challenger, lena: User) -> None:
        with pytest.raises(ChallengerRuns):
            start(queue=queue, preset="only_text", by=lena, now=NOON)
        assert ModelConfiguration.objects.filter(queue=queue).count() == 2

    def test_the_champion_over_again_is_refused(self, queue: Queue, lena: User) -> None:
        with pytest.raises(NothingDiffers):
            start(queue=queue, preset="todays_defaults", by=lena, now=NOON)
        assert not Challenger.objects.exists() and not ModelConfiguration.objects.filter(reign="on_trial").exists()

    def test_the_database_holds_that_too(self, queue: Queue, challenger: Challenger) -> None:
        other = ModelConfiguration.objects.create(queue=queue, version=9, parameters={}, reign="on_trial")
        with pytest.raises(IntegrityError), transaction.atomic():
            Challenger.objects.create(queue=queue, configuration=other, preset="x", started_at=NOON)


class TestLearning:
    def test_it_scores_what_had_arrived_at_the_positions_of_the_champion(
        self, queue: Queue, challenger: Challenger
    ) -> None:
        assert work(challenger_id=challenger.pk, now=LATER) == 6
        said = dict(Exposure.objects.filter(queue=queue).values_list("alert_id", "position"))
        assert dict(ShadowScore.objects.values_list("alert_id", "position")) == said

    def test_a_score_is_that_of_a_model_that_had_not_seen_the_verdict(
        self, queue: Queue, upstream: Scorer, rhea: User, challenger: Challenger
    ) -> None:
        work(challenger_id=challenger.pk, now=LATER)
        live(queue, upstream, rhea, 3, seed=5)
        work(challenger_id=challenger.pk, now=LATER)
        last = ShadowScore.objects.order_by("-position").select_related("alert__scorer", "alert__customer")[0]
        belief = model_at(challenger.configuration, last.position)
        expected = belief.model.predict(extract(facts_of_alert(last.alert), belief.config))
        assert last.probability == expected

    def test_it_learns_the_whole_ledger(self, queue: Queue, challenger: Challenger) -> None:
        work(challenger_id=challenger.pk, now=LATER)
        challenger.refresh_from_db()
        assert challenger.position == head_of(queue.pk)
        kept = Checkpoint.objects.get(configuration=challenger.configuration)
        assert kept.model_digest == model_at(challenger.configuration, kept.position).model.digest()

    def test_a_second_turn_scores_nothing_twice(self, challenger: Challenger) -> None:
        work(challenger_id=challenger.pk, now=LATER)
        assert work(challenger_id=challenger.pk, now=LATER) == 0

    def test_another_process_goes_on_from_its_checkpoint(
        self, queue: Queue, upstream: Scorer, rhea: User, challenger: Challenger
    ) -> None:
        work(challenger_id=challenger.pk, now=LATER)
        challenging._beliefs.clear()
        live(queue, upstream, rhea, 2, seed=6)
        assert work(challenger_id=challenger.pk, now=LATER) == 2

    def test_the_champion_is_as_if_it_were_not_there(self, queue: Queue, challenger: Challenger) -> None:
        alone = model_at(configuration_of(queue.pk), head_of(queue.pk)).model.digest()
        work(challenger_id=challenger.pk, now=LATER)
        forget_replicas()
        with replica_of(queue.pk).hold() as belief:
            assert belief.model.digest() == alone

    def test_an_alert_of_long_ago_that_is_raised_again_is_not_compared(
        self, monkeypatch: pytest.MonkeyPatch, queue: Queue, challenger: Challenger
    ) -> None:
        monkeypatch.setattr(challenging, "FROM_HISTORY", 1)
        judged = Exposure.objects.order_by("pk")[0]
        later = ExposureDraft(judged.alert_id, "show", 0, 0.5, 1.0, 1, head_of(queue.pk), 0.5, NOON)
        expose(queue=queue, drafts=[later], now=LATER)
        assert challenging._waiting(challenger) == []

    def test_its_scores_are_bounded(self, monkeypatch: pytest.MonkeyPatch, challenger: Challenger) -> None:
        monkeypatch.setattr(challenging, "KEPT_SCORES", 4)
        work(challenger_id=challenger.pk, now=LATER)
        assert ShadowScore.objects.count() == 4


class TestEnding:
    def test_promoted_it_serves_with_all_that_it_has_learnt(
        self, queue: Queue, upstream: Scorer, challenger: Challenger, lena: User
    ) -> None:
        work(challenger_id=challenger.pk, now=LATER)
        compared(challenger, upstream)
        own = model_at(challenger.configuration, head_of(queue.pk)).model.digest()
        promote(challenger=challenger, by=lena, now=LATER)
        assert configuration_of(queue.pk) == challenger.configuration
        with replica_of(queue.pk).hold() as belief:
            assert belief.model.digest() == own

    def test_open_alerts_are_ranked_again_by_it(
        self, queue: Queue, upstream: Scorer, challenger: Challenger, lena: User
    ) -> None:
        alert = factories.raise_alert(queue, upstream, "refund now")
        learn(queue_id=queue.pk, now=NOON)
        compared(challenger, upstream)
        promote(challenger=challenger, by=lena, now=LATER)
        assert learn(queue_id=queue.pk, now=LATER) is not None
        with replica_of(queue.pk).hold() as belief:
            assert OpenAlert.objects.get(alert=alert).position == belief.position

    @pytest.mark.parametrize("of_each", [0, 9])
    def test_without_a_comparison_it_is_not_put_in_force(
        self, queue: Queue, upstream: Scorer, challenger: Challenger, lena: User, of_each: int
    ) -> None:
        compared(challenger, upstream, of_each)
        with pytest.raises(TooFewJudged):
            promote(challenger=challenger, by=lena, now=LATER)
        challenger.refresh_from_db()
        assert (challenger.ended, configuration_of(queue.pk).version) == ("", 1)

    def test_one_click_takes_the_model_back(
        self, queue: Queue, upstream: Scorer, challenger: Challenger, lena: User
    ) -> None:
        with replica_of(queue.pk).hold() as belief:
            before = belief.model.digest()
        compared(challenger, upstream)
        promote(challenger=challenger, by=lena, now=LATER)
        put_in_force(queue=queue, version=1, by=lena, now=LATER)
        with replica_of(queue.pk).hold() as belief:
            assert belief.model.digest() == before

    def test_a_configuration_that_was_never_in_force_cannot_be_gone_back_to(
        self, queue: Queue, challenger: Challenger, lena: User
    ) -> None:
        with pytest.raises(ModelConfiguration.DoesNotExist):
            put_in_force(queue=queue, version=2, by=lena, now=LATER)

    def test_dropped_it_learns_no_more(self, challenger: Challenger, lena: User) -> None:
        drop(challenger=challenger, by=lena, now=LATER)
        assert work(challenger_id=challenger.pk, now=LATER) == 0
        assert contest_of(challenger.queue_id).challenger is None

    def test_a_repeat_answers_the_same_and_the_contrary_is_refused(self, challenger: Challenger, lena: User) -> None:
        drop(challenger=challenger, by=lena, now=LATER)
        assert drop(challenger=challenger, by=lena, now=LATER + timedelta(days=1)).ended_at == LATER
        with pytest.raises(ChallengerEnded):
            promote(challenger=challenger, by=lena, now=LATER)
        assert configuration_of(challenger.queue_id).version == 1
