"""`model_at(P)` is a pure function of the first P ledger rows: same rows, same model, byte for byte."""

import uuid
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from django.contrib.auth.models import User
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedback.errors import FeedbackError
from feedback.models import Alert, LedgerEntry, Queue, Scorer, Source, Value
from feedback.selectors import head_of
from feedback.services import record_verdict, retract_verdict
from scoring import checkpoints
from scoring.amended import amendments_of
from scoring.amendments import Amendment
from scoring.features import Features
from scoring.fold import Belief, TooLong, Way, configuration_of, last_adopted, model_at, nothing_learnt
from scoring.learner.chain import START, extend
from scoring.learner.generation import TrainingLesson, train
from scoring.online_model import ModelConfig, OnlineModel
from scoring.plan import Lesson
from scoring.replica import Replica, replica_of
from tests.factories import NOON, judge, raise_alert

TEXTS = [
    "cancel our plan now",
    "thanks, all good",
    "第三次出问题了",
    "态度挺好的",
    "how do I export data",
    "再这样就换别家",
]


def from_nothing(queue: Queue, end: int) -> Belief:
    configuration = configuration_of(queue.pk)
    return Way(configuration, end, amendments_of(queue.pk)).fold(nothing_learnt(configuration))


def dump(belief: Belief) -> bytes:
    return belief.model.dump()


@pytest.fixture
def alerts(queue: Queue, upstream: Scorer) -> list[Alert]:
    return [raise_alert(queue, upstream, text) for text in TEXTS]


# One step of a history: (which alert, accurate?, whose verdict, is it a retraction of their last one?, checkpoint
# after?)
step = st.tuples(st.integers(0, 5), st.booleans(), st.booleans(), st.integers(0, 3), st.booleans())


def act(alerts: list[Alert], people: tuple[User, User], one: tuple[int, bool, bool, int, bool]) -> None:
    """A verdict, a changed mind, or a retraction; refusals are fine, they write nothing."""
    which, accurate, first, kind, _checkpoint = one
    person, alert = people[0 if first else 1], alerts[which]
    last = LedgerEntry.objects.filter(alert=alert, kind="verdict").order_by("-position").first()
    try:
        if kind == 0 and last is not None:
            retract_verdict(verdict=last, judge=person, decision_id=uuid.uuid4(), now=NOON)
        else:
            value = Value.ACCURATE if accurate else Value.FALSE_POSITIVE
            seen = last.decision_id if last else None
            record_verdict(
                alert=alert, judge=person, value=value, decision_id=uuid.uuid4(), source=Source.REP, now=NOON, seen=seen
            )
    except FeedbackError:
        return


def adoption(number: int, since: int, learnt: int, chain: str, generation: int | None = 1) -> Amendment:
    return Amendment(number, "adopt", since, generation=generation, learnt=learnt, chain=chain)


class TestTheLastAdoptionOnTheWay:
    """What a fold leaps to is what would be in force, had it adopted each one that counts."""

    lessons = tuple(Lesson(anchor=2 * number, alert_id=number, accurate=True, weight=1.0) for number in range(1, 81))

    def chain(self, count: int) -> str:
        chain = START
        for one in self.lessons[:count]:
            chain = extend(chain, one.alert_id, one.accurate, one.weight, one.teaches_text)
        return chain

    def found(self, *ahead: Amendment) -> int | None:
        row = last_adopted(OnlineModel(ModelConfig()), self.lessons, ahead)
        return row.number if row else None

    def test_is_the_newest_that_knew_what_is_learnt(self) -> None:
        first, second = adoption(1, 100, 50, self.chain(50)), adoption(2, 120, 57, self.chain(57))
        assert self.found(first, second) == 2
        assert self.found(first, replace(second, chain=self.chain(56))) == 1  # it knew a label that was withdrawn
        assert self.found(first, replace(second, generation=None)) == 1

    def test_is_not_an_older_one_that_came_later(self) -> None:
        assert self.found(adoption(1, 120, 57, self.chain(57)), adoption(2, 130, 50, self.chain(50))) == 1

    def test_is_none_that_took_effect_before_its_lessons_were_learnt(self) -> None:
        assert self.found(adoption(1, 99, 50, self.chain(50))) is None

    def test_leaves_one_that_is_in_force_already(self) -> None:
        model = OnlineModel(ModelConfig())
        for one in self.lessons[:60]:
            model.learn(Features(np.zeros(0, dtype=np.int32), (), (), ()), one.accurate, one.weight, key=one.alert_id)
        known, rest = adoption(1, 120, 57, self.chain(57)), self.lessons[60:]
        assert last_adopted(model, rest, [known]) == known
        model.adopt(train([TrainingLesson(Features(np.zeros(0, dtype=np.int32), (), (), ()), True)] * 57, model.config))
        assert last_adopted(model, rest, [known]) is None


@pytest.mark.django_db
class TestTheSameModelWhateverTheWay:
    @settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(history=st.lists(step, max_size=14))
    def test_a_replica_that_lived_through_it_equals_a_fold_from_nothing(
        self, alerts: list[Alert], rhea: User, tom: User, queue: Queue, history: list[tuple[int, bool, bool, int, bool]]
    ) -> None:
        lived = Replica(queue.pk)
        for one in history:
            act(alerts, (rhea, tom), one)
            with lived.hold() as belief:
                if one[4]:
                    checkpoints.write(configuration_of(queue.pk), belief.model, belief.position, NOON)
                assert dump(belief) == dump(from_nothing(queue, head_of(queue.pk)))

    def test_undoing_gives_the_model_that_never_learnt_it(self, alerts: list[Alert], rhea: User, queue: Queue) -> None:
        judge(alerts[0], rhea)
        before = dump(from_nothing(queue, 1))
        mistake = judge(alerts[1], rhea, Value.FALSE_POSITIVE)
        retract_verdict(verdict=mistake, judge=rhea, decision_id=uuid.uuid4(), now=NOON)
        with replica_of(queue.pk).hold() as belief:
            assert (dump(belief), belief.position) == (before, 3)

    def test_a_position_in_the_past_is_reproduced(self, alerts: list[Alert], rhea: User, queue: Queue) -> None:
        judge(alerts[0], rhea)
        then = dump(from_nothing(queue, 1))
        judge(alerts[1], rhea)
        assert dump(model_at(configuration_of(queue.pk), 1)) == then


@pytest.mark.django_db
class TestCheckpoints:
    def test_bytes_that_do_not_match_their_digest_are_not_loaded(
        self, alerts: list[Alert], rhea: User, queue: Queue
    ) -> None:
        judge(alerts[0], rhea)
        configuration = configuration_of(queue.pk)
        row = checkpoints.write(configuration, from_nothing(queue, 1).model, 1, NOON)
        row.payload = bytes(row.payload)[:-1] + b"x"
        row.save()
        assert checkpoints.load(configuration, nothing_learnt(configuration).config, 1) is None
        assert dump(model_at(configuration, 1)) == dump(from_nothing(queue, 1))

    def test_one_is_due_after_rows_time_or_an_amendment(self, alerts: list[Alert], rhea: User, queue: Queue) -> None:
        configuration = configuration_of(queue.pk)
        judge(alerts[0], rhea)
        row = checkpoints.write(configuration, from_nothing(queue, 1).model, 1, NOON)
        soon, later = NOON + timedelta(seconds=1), NOON + timedelta(minutes=3)
        assert row.created_at == NOON
        assert not checkpoints.is_due(configuration, 2, 0, soon)
        assert checkpoints.is_due(configuration, 2, 0, later)
        assert checkpoints.is_due(configuration, 1 + checkpoints.EVERY_ROWS, 0, soon)
        assert not checkpoints.is_due(configuration, 1, 0, later)
        assert checkpoints.is_due(configuration, 1, 1, soon)


@pytest.mark.django_db
class TestALongReplay:
    def test_it_is_left_to_the_worker_and_the_last_good_state_serves(
        self, alerts: list[Alert], rhea: User, queue: Queue
    ) -> None:
        first = judge(alerts[0], rhea)
        for alert in alerts[1:]:
            judge(alert, rhea)
        replica = Replica(queue.pk)
        with replica.hold() as belief:
            good = dump(belief)
        retract_verdict(verdict=first, judge=rhea, decision_id=uuid.uuid4(), now=NOON)
        with replica.hold(sync_limit=3) as belief:
            assert (dump(belief), belief.stale) == (good, True)
        late = judge(raise_alert(queue, alerts[0].scorer, "one more"), rhea)
        with replica.hold(sync_limit=3) as belief:
            assert (belief.position, belief.model.learnt, belief.stale) == (late.position, 7, True)

    def test_a_process_that_knows_nothing_serves_the_newest_checkpoint(
        self, alerts: list[Alert], rhea: User, queue: Queue
    ) -> None:
        judge(alerts[0], rhea)
        checkpoints.write(configuration_of(queue.pk), from_nothing(queue, 1).model, 1, NOON)
        for alert in alerts[1:]:
            judge(alert, rhea)
        with Replica(queue.pk).hold(sync_limit=3) as belief:
            assert (belief.position, belief.behind) == (1, 5)

    def test_none_of_it_is_read(
        self, alerts: list[Alert], rhea: User, queue: Queue, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        judge(alerts[0], rhea)
        checkpoints.write(configuration_of(queue.pk), from_nothing(queue, 1).model, 1, NOON)
        replica = Replica(queue.pk)
        with replica.hold() as belief:
            assert belief.position == 1
        for alert in alerts[1:]:
            judge(alert, rhea)
        monkeypatch.setattr("scoring.fold.facts_touched", lambda *_: pytest.fail("the ledger was read"))
        for one in (replica, replica, Replica(queue.pk)):
            with one.hold(sync_limit=3) as belief:
                assert (belief.position, belief.behind, belief.stale) == (1, 5, True)

    def test_it_says_so_by_name(self, alerts: list[Alert], rhea: User, queue: Queue) -> None:
        for alert in alerts:
            judge(alert, rhea)
        with pytest.raises(TooLong):
            model_at(configuration_of(queue.pk), 6, nothing_learnt(configuration_of(queue.pk)), limit=3)
