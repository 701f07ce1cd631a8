"""A withdrawn label leaves no trace: the model is byte-equal to one that never learnt it, generations included."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import ProgrammingError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedback.errors import FeedbackError
from feedback.models import Alert, LedgerEntry, Queue, Scorer, Source, Value
from feedback.selectors import head_of
from feedback.services import record_outcome, record_verdict, retract_verdict
from scoring import checkpoints
from scoring.amended import amendments_of
from scoring.facts import facts_of_alerts
from scoring.features import extract
from scoring.fold import Way, configuration_of, model_at, nothing_learnt
from scoring.learner import generation
from scoring.learner.generation import TrainingLesson
from scoring.models import Amendment, Generation, ModelConfiguration
from scoring.online_model import ModelConfig, OnlineModel
from scoring.replica import Replica, forget_replicas, replica_of
from scoring.services import amending, learn, take_in
from scoring.services.generations import milestones_of, repair
from tests.factories import NOON, judge, make_draft

JUDGED = 52  # the first generation is due at 50 labels, the next at 57
WORDS = ["cancel now", "thanks, all good", "第三次出问题了", "态度挺好的", "how do I export", "再这样就换别家"]


@pytest.fixture
def history(queue: Queue, upstream: Scorer, rhea: User) -> list[Alert]:
    """Alerts of which the first 52 were judged by rhea; the worker was there. A small slow model, to be quick."""
    config = ModelConfig(slow_trees=6, memory=40).to_dict()
    ModelConfiguration.objects.create(queue=queue, version=1, parameters=config)
    drafts = [make_draft(WORDS[n % 6], features={"logins": n % 7, "plan": "ab"[n % 2]}) for n in range(64)]
    raised = take_in(queue=queue, scorer=upstream, drafts=drafts, now=NOON)
    alerts = [Alert(pk=one.alert_id, queue=queue) for one in raised]
    for number, alert in enumerate(alerts[:JUDGED]):
        judge(alert, rhea, Value.ACCURATE if number % 7 < 3 else Value.FALSE_POSITIVE)
        if number in (30, 49):
            learn(queue_id=queue.pk, now=NOON)
    return alerts


def served(queue: Queue) -> bytes:
    with replica_of(queue.pk).hold(sync_limit=None) as belief:
        assert not belief.stale
        return belief.model.dump()


def from_nothing(queue: Queue) -> bytes:
    configuration = configuration_of(queue.pk)
    way = Way(configuration, head_of(queue.pk), amendments_of(queue.pk))
    return way.fold(nothing_learnt(configuration)).model.dump()


def never_learnt(queue: Queue) -> bytes:
    """The model of the labels that count now, learnt by a process that never heard of any other.

    Written without the fold: every generation is trained here from the lessons themselves. An adoption counts where
    the lessons that its generation knew are the first ones now, from the position of its record on.
    """
    configuration, amendments = configuration_of(queue.pk), amendments_of(queue.pk)
    lessons = Way(configuration, head_of(queue.pk), amendments).lessons()
    config = ModelConfig.from_dict(configuration.parameters)
    facts = facts_of_alerts([one.alert_id for one in lessons])
    taught = [TrainingLesson(extract(facts[one.alert_id], config), one.accurate, one.weight) for one in lessons]
    model, chains = OnlineModel(config), milestones_of(lessons)
    adoptions = [row for row in amendments.adoptions(configuration.pk) if chains.get(row.learnt) == row.chain]
    for place in range(len(lessons) + 1):
        before = lessons[place - 1].anchor if place else 0
        after = lessons[place].anchor if place < len(lessons) else head_of(queue.pk) + 1
        for learnt in sorted({row.learnt for row in adoptions if before <= row.since < after}):
            if learnt <= place and (model.generation is None or model.generation.learnt < learnt):
                model.adopt(generation.train(taught[:learnt], config))
        if place < len(lessons):
            one = lessons[place]
            model.learn(taught[place].features, one.accurate, one.weight, key=one.alert_id, text=one.teaches_text)
    return model.dump()


def undo(alert: Alert, person: User) -> None:
    entry = LedgerEntry.objects.filter(alert=alert, kind="verdict", judge=person).latest("position")
    retract_verdict(verdict=entry, judge=person, decision_id=uuid.uuid4(), now=NOON)


@pytest.mark.django_db
class TestAWithdrawnLabel:
    def test_a_generation_is_adopted_by_a_record(self, history: list[Alert], queue: Queue) -> None:
        row = Amendment.objects.get()
        assert (row.kind, row.since, row.generation and row.generation.learnt) == ("adopt", 50, 50)
        assert served(queue) == from_nothing(queue) == never_learnt(queue)

    def test_a_recent_undo_takes_effect_before_the_next_score(
        self, history: list[Alert], queue: Queue, rhea: User
    ) -> None:
        undo(history[51], rhea)
        with replica_of(queue.pk).hold() as belief:
            assert (belief.model.learnt, belief.stale) == (51, False)
            assert belief.model.generation is not None
            assert belief.model.dump() == never_learnt(queue)

    def test_a_generation_that_knew_it_serves_no_more(self, history: list[Alert], queue: Queue, rhea: User) -> None:
        undo(history[10], rhea)
        with replica_of(queue.pk).hold() as belief:
            assert (belief.model.learnt, belief.model.generation) == (51, None)

    def test_the_worker_trains_it_again_without(self, history: list[Alert], queue: Queue, rhea: User) -> None:
        undo(history[10], rhea)
        learn(queue_id=queue.pk, now=NOON)
        newest = Amendment.objects.latest("number")
        assert (Generation.objects.count(), newest.since) == (2, 51)  # the fiftieth label is now the one at 51
        assert served(queue) == from_nothing(queue) == never_learnt(queue)

    def test_a_repair_trains_the_same_from_the_ledger_alone(
        self, history: list[Alert], queue: Queue, rhea: User
    ) -> None:
        undo(history[10], rhea)
        assert repair(queue=queue, end=head_of(queue.pk), now=NOON) == 1
        newest = Amendment.objects.latest("number")
        assert (newest.kind, newest.generation and newest.generation.learnt) == ("adopt", 50)
        assert served(queue) == from_nothing(queue) == never_learnt(queue)
        assert repair(queue=queue, end=head_of(queue.pk), now=NOON) == 0

    def test_a_label_that_comes_back_finds_its_old_generation(
        self, history: list[Alert], queue: Queue, rhea: User
    ) -> None:
        before = served(queue)
        hold = amending.hold_back(queue=queue, since=3, until=9, judge=rhea, note="", by=None, now=NOON)
        assert served(queue) != before
        amending.let_in(hold=hold, by=None, now=NOON)
        assert served(queue) == before

    def test_too_old_to_be_unlearnt_at_once_the_last_good_state_serves_and_says_so(
        self, history: list[Alert], queue: Queue, rhea: User
    ) -> None:
        good = served(queue)
        undo(history[0], rhea)
        with replica_of(queue.pk).hold(sync_limit=20) as belief:
            assert (belief.model.dump(), belief.stale) == (good, True)
        learn(queue_id=queue.pk, now=NOON)
        assert served(queue) == never_learnt(queue)


@pytest.mark.django_db
class TestALabelersCheck:
    def test_it_teaches_nothing_though_labelers_outrank_reps(
        self, history: list[Alert], queue: Queue, ada: User
    ) -> None:
        before = served(queue)
        for number in (3, 20, 51):
            judge(history[number], ada, Value.ACCURATE if number == 20 else Value.UNSURE, Source.LABELER, is_check=True)
            judge(history[number], ada, Value.FALSE_POSITIVE, Source.LABELER, is_check=True)
        learn(queue_id=queue.pk, now=NOON)
        assert served(queue) == from_nothing(queue) == never_learnt(queue) == before

    def test_taking_it_back_rewinds_nothing(self, history: list[Alert], queue: Queue, ada: User) -> None:
        served(queue)
        judge(history[3], ada, Value.FALSE_POSITIVE, Source.LABELER, is_check=True)
        undo(history[3], ada)
        with replica_of(queue.pk).hold(sync_limit=2) as belief:
            assert (belief.model.learnt, belief.stale, belief.position) == (JUDGED, False, JUDGED + 2)


@pytest.mark.django_db
class TestAnAdoption:
    def test_another_process_takes_it_from_the_checkpoint(
        self, history: list[Alert], queue: Queue, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        expected = from_nothing(queue)
        monkeypatch.setattr(OnlineModel, "adopt", lambda *_: pytest.fail("learnt again what a checkpoint has"))
        with Replica(queue.pk).hold() as belief:
            assert belief.model.dump() == expected

    def test_a_past_position_knows_only_the_amendments_of_its_day(self, history: list[Alert], queue: Queue) -> None:
        past = model_at(configuration_of(queue.pk), 51, amendments=amendments_of(queue.pk, 0))
        assert past.model.generation is None

    def test_bytes_that_were_tampered_with_are_not_adopted(self, history: list[Alert], queue: Queue) -> None:
        row = Generation.objects.get()
        with pytest.raises(ProgrammingError):
            Generation.objects.filter(pk=row.pk).update(payload=bytes(row.payload)[:-1] + b"x")


@pytest.mark.django_db
class TestARollBack:
    def test_the_model_is_the_one_of_that_day(self, history: list[Alert], queue: Queue, lena: User) -> None:
        then = model_at(configuration_of(queue.pk), 51).model.dump()
        amending.roll_back(queue=queue, to_position=51, note="bad week", by=lena, now=NOON)
        assert served(queue) == then

    def test_what_was_withdrawn_since_stays_withdrawn(
        self, history: list[Alert], queue: Queue, lena: User, rhea: User
    ) -> None:
        withdrawn = LedgerEntry.objects.get(position=20)
        retract_verdict(verdict=withdrawn, judge=rhea, decision_id=uuid.uuid4(), now=NOON)
        amending.roll_back(queue=queue, to_position=51, note="bad week", by=lena, now=NOON)
        with replica_of(queue.pk).hold(sync_limit=None) as belief:
            assert belief.model.learnt == 50
        assert served(queue) == from_nothing(queue)

    def test_what_comes_after_teaches_again(self, history: list[Alert], queue: Queue, lena: User, rhea: User) -> None:
        amending.roll_back(queue=queue, to_position=51, note="bad week", by=lena, now=NOON)
        judge(history[60], rhea)
        with replica_of(queue.pk).hold() as belief:
            assert belief.model.learnt == 52
        assert served(queue) == from_nothing(queue)

    def test_beyond_the_head_it_is_refused(self, history: list[Alert], queue: Queue, lena: User) -> None:
        with pytest.raises(amending.AmendmentInvalid, match="before 52"):
            amending.roll_back(queue=queue, to_position=52, note="", by=lena, now=NOON)


# One step of a history: what is done, to which alert, by whom, with which value.
step = st.tuples(st.integers(0, 9), st.integers(0, 63), st.integers(0, 2), st.booleans())


def act(
    queue: Queue, alerts: Sequence[Alert], people: Sequence[User], upstream: Scorer, one: tuple[int, int, int, bool]
) -> None:
    """A verdict of a rep, labeler (some asked as a check) or lead, an outcome, a retraction, a hold, its end, ..."""
    kind, which, who, yes = one
    alert, value = alerts[which], Value.ACCURATE if yes else Value.FALSE_POSITIVE
    person, source = people[who], [Source.REP, Source.LABELER, Source.LEAD][who]
    last = LedgerEntry.objects.filter(alert=alert, kind="verdict", judge__isnull=False).order_by("-position").first()
    head = head_of(queue.pk)
    try:
        if kind <= 3:
            closing = LedgerEntry.objects.filter(alert=alert, kind="verdict").exclude(source="labeler")
            seen = closing.order_by("-position").values_list("decision_id", flat=True).first()
            record_verdict(
                alert=alert, judge=person, value=value, decision_id=uuid.uuid4(), source=source, now=NOON, seen=seen,
                is_check=kind == 3 and source == Source.LABELER,
            )  # fmt: skip
        elif kind == 4 and last is not None and last.judge is not None:
            retract_verdict(verdict=last, judge=last.judge, decision_id=uuid.uuid4(), now=NOON)
        elif kind == 5:
            record_outcome(alert=alert, scorer=upstream, value=value, decision_id=uuid.uuid4(), now=NOON)
        elif kind == 6:
            since, until = which % head, None if yes else which % head + 5
            amending.hold_back(queue=queue, since=since, until=until, judge=person, note="", by=None, now=NOON)
        elif kind == 7:
            hold = Amendment.objects.filter(queue=queue, kind="hold_back").order_by("?").first()
            _ = hold and amending.let_in(hold=hold, by=None, now=NOON)
        elif kind == 8 and yes:
            amending.roll_back(queue=queue, to_position=head - 1 - which % 8, note="", by=None, now=NOON)
        elif kind == 9:
            amending.weigh(queue=queue, weights={person.pk: 0.25 + who / 4}, now=NOON)
    except FeedbackError:
        return


@pytest.mark.django_db
class TestAnyHistory:
    @settings(
        max_examples=25, deadline=None, derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )  # fmt: skip
    @given(steps=st.lists(st.tuples(step, st.integers(0, 5)), min_size=1, max_size=8))
    def test_what_is_served_was_never_taught_what_does_not_count(
        self, history: list[Alert], queue: Queue, rhea: User, ada: User, lena: User, upstream: Scorer,
        steps: list[tuple[tuple[int, int, int, bool], int]],
    ) -> None:  # fmt: skip
        """Between the steps the worker comes or does not, a process dies, a checkpoint is kept or lost."""
        forget_replicas()  # each example has the database to itself
        for one, between in steps:
            act(queue, history, (rhea, ada, lena), upstream, one)
            if between <= 1:
                learn(queue_id=queue.pk, now=NOON + timedelta(minutes=5 * between))
            elif between == 2:
                forget_replicas()
            elif between == 3:
                with replica_of(queue.pk).hold(sync_limit=None) as belief:
                    checkpoints.write(configuration_of(queue.pk), belief.model, belief.position, NOON, belief.amendment)
            assert served(queue) == from_nothing(queue)
        learn(queue_id=queue.pk, now=NOON)
        assert served(queue) == from_nothing(queue) == never_learnt(queue)
