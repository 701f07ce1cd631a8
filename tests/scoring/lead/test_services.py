"""The rollups: whatever happened and in whatever portions it was followed, they agree with the facts."""

import random
import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connections, transaction

from feedback import rules
from feedback.locks import Lock
from feedback.models import Alert, Exposure, Kind, LedgerEntry, Queue, Scorer, Source, Value
from feedback.selectors import entries_about
from feedback.services import facts_of, retract_verdict
from scoring.estimation import hidden_accurate, spared
from scoring.evaluation import log_loss_sum
from scoring.lead.periods import monday_of, window
from scoring.lead.rollups import BLOCK_SIZE
from scoring.lead.selectors import blocks_of, figures_of
from scoring.lead.services import (
    FRESH_FOR,
    UNCOUNTED_WEEK,
    catch_up,
    count_queues_behind,
    follow_ledger,
    recount_figures,
)
from scoring.models import FigureStanding, JudgedAlert, Stage, WeeklyFigure
from scoring.sample import BANDS, Cell, Counts, Sample, together
from scoring.services import change_policy, take_in
from scoring.services.quieting import About, suppress
from scoring.tasks import count
from tests import factories
from tests.scoring.lead.history import NOW, alert_at, judged_at, weeks_ago


def total(queue: Queue) -> Sample:
    return together(week.sample for week in figures_of([queue.pk], NOW)[queue.pk].weeks)


def from_facts(queue: Queue) -> Sample:
    """The counts of a queue straight from rules.label_of, one alert at a time."""
    exposures = list(Exposure.objects.filter(queue=queue))
    about = entries_about([exposure.alert_id for exposure in exposures])
    sample = Sample()
    for exposure in exposures:
        label = rules.label_of(facts_of(about[exposure.alert_id]))
        shown = exposure.decision != "hide"
        counted = shown and label is not None
        right = counted and label is not None and label.accurate
        band = sum(end <= exposure.probability for end in BANDS)
        cell = Cell(exposure.propensity, exposure.tier, band, monday_of(exposure.decided_at).toordinal())
        sample += Sample({cell: Counts(1, int(shown), int(counted), int(right))})
    return sample


class Storm:
    """Random verdicts, changed minds, retractions, labelers' answers and late outcomes over random exposures."""

    def __init__(self, queue: Queue, scorer: Scorer, people: list[User], labelers: list[User], seed: int) -> None:
        self.queue, self.scorer, self.people, self.labelers = queue, scorer, people, labelers
        self.random = random.Random(seed)
        self.alerts: list[Alert] = []

    def blow(self, steps: int) -> None:
        for _ in range(steps):
            self.random.choices([self.arrive, self.judge, self.label, self.change_mind, self.retract], [4, 4, 2, 1, 2])[
                0
            ]()

    def arrive(self) -> None:
        decision = self.random.choice(["show", "show", "hide", "audit"])
        propensity = 1.0 if decision == "show" else 0.25
        moment = weeks_ago(self.random.random() * 5)
        self.alerts.append(alert_at(self.queue, self.scorer, moment, self.random.random(), propensity, decision))

    def judge(self) -> None:
        if open_alerts := [alert for alert in self.alerts if not alert.entries.exists()]:
            factories.judge(self.random.choice(open_alerts), self.random.choice(self.people), self.value(), now=NOW)

    def label(self) -> None:
        if self.alerts:
            alert = self.random.choice(self.alerts)
            factories.judge(alert, self.random.choice(self.labelers), self.value(), Source.LABELER, now=NOW)

    def change_mind(self) -> None:
        standing = [entry for entry in self.verdicts() if entry.source == Source.REP]
        if standing:
            entry = self.random.choice(standing)
            person = User.objects.get(pk=entry.judge_id)
            factories.judge(entry.alert, person, self.value(), seen=entry.decision_id, now=NOW)

    def retract(self) -> None:
        if standing := self.verdicts():
            entry = self.random.choice(standing)
            retract_verdict(verdict=entry, judge=User.objects.get(pk=entry.judge_id), decision_id=uuid.uuid4(), now=NOW)

    def verdicts(self) -> list[LedgerEntry]:
        """The last verdicts that nobody took back, one an alert and source."""
        rows = LedgerEntry.objects.filter(kind=Kind.VERDICT, retraction__isnull=True).order_by("position")
        return list({(row.alert_id, row.source): row for row in rows}.values())

    def value(self) -> Value:
        return self.random.choice([Value.ACCURATE, Value.ACCURATE, Value.FALSE_POSITIVE, Value.UNSURE])


class TestFollowLedger:
    @pytest.mark.parametrize("seed", range(4))
    def test_the_figures_are_those_of_the_label_rule_whatever_the_portions(
        self, queue: Queue, upstream: Scorer, rhea: User, ada: User, seed: int
    ) -> None:
        storm = Storm(queue, upstream, [rhea], [ada], seed)
        for portion in (1, 3, 2_000):
            storm.blow(25)
            follow_ledger(queue=queue, now=NOW + FRESH_FOR * portion, entries=portion)
        catch_up(queue=queue, now=NOW + FRESH_FOR * 3_000)
        assert total(queue) == from_facts(queue)
        assert total(queue).total.raised >= 15

    def test_following_again_changes_nothing(self, queue: Queue, upstream: Scorer, rhea: User, ada: User) -> None:
        Storm(queue, upstream, [rhea], [ada], 9).blow(40)
        catch_up(queue=queue, now=NOW)
        before = total(queue), blocks_of(queue.pk)
        catch_up(queue=queue, now=NOW + FRESH_FOR)
        assert (total(queue), blocks_of(queue.pk)) == before

    def test_a_recount_from_facts_finds_the_same(self, queue: Queue, upstream: Scorer, rhea: User, ada: User) -> None:
        Storm(queue, upstream, [rhea], [ada], 5).blow(60)
        catch_up(queue=queue, now=NOW)
        before = total(queue), blocks_of(queue.pk)
        recount_figures(queue=queue, now=NOW)
        assert (total(queue), blocks_of(queue.pk)) == before

    def test_a_verdict_taken_back_leaves_no_trace(self, queue: Queue, upstream: Scorer, rhea: User) -> None:
        alert = judged_at(queue, upstream, rhea, weeks_ago(1), accurate=True)
        catch_up(queue=queue, now=NOW)
        assert total(queue).total.judged == 1
        retract_verdict(verdict=alert.entries.get(), judge=rhea, decision_id=uuid.uuid4(), now=NOW)
        catch_up(queue=queue, now=NOW)
        assert (total(queue).total.judged, JudgedAlert.objects.count(), blocks_of(queue.pk)) == (0, 0, [])

    def test_a_hidden_alert_that_a_labeler_judged_was_not_sampled(
        self, queue: Queue, upstream: Scorer, ada: User
    ) -> None:
        alert = alert_at(queue, upstream, weeks_ago(1), 0.05, 0.1, "hide")
        factories.judge(alert, ada, source=Source.LABELER, now=NOW)
        catch_up(queue=queue, now=NOW)
        assert (total(queue).drawn.raised, total(queue).drawn.judged) == (1, 0)
        assert JudgedAlert.objects.count() == 1

    def test_a_hidden_alert_that_was_raised_again_was_not_sampled(
        self, queue: Queue, upstream: Scorer, rhea: User
    ) -> None:
        alert = alert_at(queue, upstream, weeks_ago(1), 0.05, 0.1, "hide")
        Exposure.objects.create(
            alert=alert, queue=queue, decision="show", tier=0, probability=0.05, propensity=1.0, policy_version=1,
            position=0, decided_at=weeks_ago(0.9),
        )  # fmt: skip
        factories.judge(alert, rhea, now=NOW)
        catch_up(queue=queue, now=NOW)
        assert total(queue) == Sample({Cell(0.1, 0, 2, monday_of(weeks_ago(1)).toordinal()): Counts(1, 0, 0, 0)})

    def test_what_a_person_keeps_quiet_is_not_told_by_audits_of_what_the_model_hides(
        self, queue: Queue, upstream: Scorer, rhea: User, lena: User
    ) -> None:
        change_policy(queue=queue, now=weeks_ago(1), stage=Stage.RANK, blind_share=0.0)
        suppress(queue=queue, about=About(phrase="price"), days=14, by=lena, now=weeks_ago(1))
        drafts = [
            factories.make_draft("The price", raised_at=weeks_ago(0.9), upstream_score=1.0, external_id=f"quiet-{n}")
            for n in range(30)
        ]
        take_in(queue=queue, scorer=upstream, drafts=drafts, now=weeks_ago(0.9))
        for _ in range(20):
            judged_at(queue, upstream, rhea, weeks_ago(1), False, probability=0.05, propensity=0.1, decision="audit")
        catch_up(queue=queue, now=NOW)
        hidden = Exposure.objects.filter(queue=queue, decision="hide")
        assert len(hidden) >= 20 and {one.tier for one in hidden} == {1}
        assert spared(total(queue)).low == 0.0 and hidden_accurate(total(queue)).high >= len(hidden)

    def test_what_a_page_cannot_afford_stays_noted(self, queue: Queue, upstream: Scorer, rhea: User) -> None:
        for weeks in (1, 2, 3):
            judged_at(queue, upstream, rhea, weeks_ago(weeks), accurate=True)
        catch_up(queue=queue, now=NOW)
        for alert in Alert.objects.all():
            factories.judge(alert, rhea, Value.UNSURE, seen=alert.entries.get().decision_id, now=NOW)
        assert len(follow_ledger(queue=queue, now=NOW, alerts=0).stale_weeks) >= 3
        standing = follow_ledger(queue=queue, now=NOW, alerts=UNCOUNTED_WEEK + 1)
        assert (total(queue).total.judged, len(standing.stale_weeks)) == (2, 2)
        catch_up(queue=queue, now=NOW)
        assert total(queue).total.judged == 0
        assert FigureStanding.objects.get().stale_weeks == []

    def test_who_finds_the_lock_taken_leaves_the_work(self, queue: Queue, upstream: Scorer, rhea: User) -> None:
        judged_at(queue, upstream, rhea, weeks_ago(1), accurate=True)
        other = connections.create_connection("default")
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [Lock.FIGURES.value, queue.pk])
            assert follow_ledger(queue=queue, now=NOW).position == 0
        other.close()
        assert follow_ledger(queue=queue, now=NOW).position == 1

    def test_a_failure_leaves_nothing_half_counted(
        self, queue: Queue, upstream: Scorer, rhea: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        judged_at(queue, upstream, rhea, weeks_ago(1), accurate=True)
        monkeypatch.setattr("scoring.lead.services.recount_weeks", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            follow_ledger(queue=queue, now=NOW)
        assert (JudgedAlert.objects.count(), FigureStanding.objects.count()) == (0, 0)

    def test_a_throwaway_queue_is_not_counted(self, rhea: User, upstream: Scorer) -> None:
        replay = factories.make_queue("replay", throwaway=True)
        alert_at(replay, upstream, weeks_ago(1))
        assert catch_up(queue=replay, now=NOW).position == 0
        assert not WeeklyFigure.objects.exists()

    def test_alerts_without_verdicts_are_counted_after_a_while(self, queue: Queue, upstream: Scorer) -> None:
        follow_ledger(queue=queue, now=NOW)
        alert_at(queue, upstream, NOW + timedelta(seconds=1))
        follow_ledger(queue=queue, now=NOW + FRESH_FOR / 2)
        assert total(queue).total.raised == 0
        follow_ledger(queue=queue, now=NOW + FRESH_FOR)
        assert total(queue).total.raised == 1


class TestWeeks:
    def test_a_week_begins_on_monday_at_midnight_in_the_products_zone(
        self, queue: Queue, upstream: Scorer, rhea: User
    ) -> None:
        monday = NOW.replace(day=22, hour=0)  # 16:00 UTC on Sunday
        judged_at(queue, upstream, rhea, monday - timedelta(seconds=1), accurate=True)
        judged_at(queue, upstream, rhea, monday, accurate=True)
        catch_up(queue=queue, now=NOW)
        weeks = figures_of([queue.pk], NOW)[queue.pk].weeks
        assert [week.sample.total.judged for week in weeks[-2:]] == [1, 1]
        assert weeks[-1].monday == monday.date() == monday_of(monday)

    def test_the_window_is_half_a_year_and_ends_with_this_week(self) -> None:
        weeks = window(NOW)
        assert (len(weeks), weeks[-1]) == (26, monday_of(NOW))


class TestBlocks:
    def test_they_hold_the_labels_by_the_position_that_taught_them(
        self, queue: Queue, upstream: Scorer, rhea: User
    ) -> None:
        for number in range(BLOCK_SIZE + 5):
            judged_at(queue, upstream, rhea, weeks_ago(1), accurate=number % 2 == 0, probability=(number % 10) / 10)
        catch_up(queue=queue, now=NOW)
        first, second = blocks_of(queue.pk)
        assert (first.judged, first.accurate, second.judged) == (BLOCK_SIZE, BLOCK_SIZE // 2, 5)
        said, truth = zip(
            *JudgedAlert.objects.filter(anchor__lte=BLOCK_SIZE).values_list("probability", "accurate"), strict=True
        )
        assert first.log_loss == pytest.approx(log_loss_sum(said, truth))


class TestTheWorker:
    def test_it_counts_the_queues_that_are_behind_and_no_other(
        self, queue: Queue, other_queue: Queue, upstream: Scorer, rhea: User
    ) -> None:
        judged_at(queue, upstream, rhea, weeks_ago(1), accurate=True)
        assert count_queues_behind(now=NOW) == [queue.pk]
        assert total(queue).total.judged == 1
        assert count_queues_behind(now=NOW) == []

    def test_its_task_needs_nothing_but_the_clock(self, queue: Queue, upstream: Scorer, rhea: User) -> None:
        judged_at(queue, upstream, rhea, weeks_ago(1), accurate=True)
        count()
        assert FigureStanding.objects.get(queue=queue).position == 1
