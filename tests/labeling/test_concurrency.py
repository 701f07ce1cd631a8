"""Many labelers at once, on real connections: nobody gets what another has, and no question gets too many answers."""

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from django.contrib.auth.models import User
from django.db import connection

from feedback.models import Check, LedgerEntry, Queue, Role, Scorer, Source, Value
from feedback.services import Recorded
from labeling.errors import SlotTaken
from labeling.models import Hold, Lease, Question, State
from labeling.services import answer, claim_next, undo
from tests.factories import NOON, judge, make_person, make_queue, make_scorer, raise_alert

THREADS = 40

Given = TypeVar("Given")
Result = TypeVar("Result")

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(act: Callable[[Given], Result], given: Iterable[Given]) -> list[Result | Exception]:
    """Run `act` for each in a thread with its own connection, all starting together."""
    them = list(given)
    barrier = threading.Barrier(len(them))

    def run(one: Given) -> Result | Exception:
        try:
            barrier.wait()
            return act(one)
        except Exception as error:  # noqa: BLE001 - the test looks at it
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(them)) as threads:
        return list(threads.map(run, them))


@pytest.fixture
def labelers(transactional_db: None) -> list[User]:
    queue = make_queue()
    return [make_person(f"labeler-{number}", (queue, Role.LABELER)) for number in range(THREADS)]


@pytest.fixture
def crowd_queue(labelers: list[User]) -> Queue:
    return Queue.objects.get()


@pytest.fixture
def crowd_scorer(crowd_queue: Queue) -> Scorer:
    return make_scorer("rules", crowd_queue)


@pytest.fixture
def ask(crowd_queue: Queue, crowd_scorer: Scorer) -> Callable[[int, int], None]:
    def put(count: int, overlap: int) -> None:
        for number in range(count):
            alert = raise_alert(crowd_queue, crowd_scorer)
            Question.objects.create(
                queue=crowd_queue, alert=alert, because="random", overlap=overlap, utility=number / count,
                uncertainty=0.5, probability=0.5, position=0, asked_at=NOON,
            )  # fmt: skip

    return put


class TestManyLabelersAtOnce:
    def test_no_question_is_claimed_twice(
        self, labelers: list[User], crowd_queue: Queue, ask: Callable[[int, int], None]
    ) -> None:
        ask(30, 1)
        leases = at_once(lambda person: claim_next(queue=crowd_queue, labeler=person, now=NOON), labelers)
        assert not [lease for lease in leases if isinstance(lease, Exception)]
        claimed = Counter(lease.question_id for lease in leases if isinstance(lease, Lease))
        assert len(claimed) == 30
        assert set(claimed.values()) == {1}

    def test_no_question_is_given_out_more_often_than_its_overlap(
        self, labelers: list[User], crowd_queue: Queue, ask: Callable[[int, int], None]
    ) -> None:
        ask(5, 3)
        at_once(lambda person: claim_next(queue=crowd_queue, labeler=person, now=NOON), labelers)
        given = Counter(Lease.objects.filter(state=Hold.HELD).values_list("question_id", flat=True))
        assert set(given.values()) == {3}
        assert len(given) == 5

    def test_late_answers_never_exceed_the_overlap(
        self, labelers: list[User], crowd_queue: Queue, ask: Callable[[int, int], None]
    ) -> None:
        ask(1, 2)
        now = NOON
        for person in labelers[:12]:  # each comes after the one before has gone away
            claim_next(queue=crowd_queue, labeler=person, now=(now := now + timedelta(minutes=5)))
        question = Question.objects.get()

        def late(person: User) -> Recorded:
            return answer(question=question, labeler=person, value=Value.ACCURATE, decision_id=uuid.uuid4(), now=now)

        outcomes = at_once(late, labelers[:12])
        assert Counter(type(outcome) for outcome in outcomes) == {Recorded: 2, SlotTaken: 10}
        assert LedgerEntry.objects.count() == 2

    def test_two_tabs_of_one_labeler_share_one_question(
        self, labelers: list[User], crowd_queue: Queue, ask: Callable[[int, int], None]
    ) -> None:
        ask(30, 1)
        tabs = at_once(lambda person: claim_next(queue=crowd_queue, labeler=person, now=NOON), labelers[:1] * 20)
        assert len({lease.pk for lease in tabs if isinstance(lease, Lease)}) == 1
        assert Lease.objects.count() == 1

    def test_a_form_sent_many_times_is_one_answer(
        self, labelers: list[User], crowd_queue: Queue, ask: Callable[[int, int], None]
    ) -> None:
        ask(1, 1)
        claim_next(queue=crowd_queue, labeler=labelers[0], now=NOON)
        question, decision_id = Question.objects.get(), uuid.uuid4()

        def click(person: User) -> Recorded:
            return answer(question=question, labeler=person, value=Value.UNSURE, decision_id=decision_id, now=NOON)

        outcomes = at_once(click, labelers[:1] * 20)
        assert [outcome.created for outcome in outcomes if isinstance(outcome, Recorded)].count(True) == 1
        assert len({outcome.entry.pk for outcome in outcomes if isinstance(outcome, Recorded)}) == 1
        assert len(outcomes) == sum(isinstance(outcome, Recorded) for outcome in outcomes)

    def test_a_busy_day_leaves_no_deadlock_and_no_question_with_too_many_answers(
        self, labelers: list[User], crowd_queue: Queue, ask: Callable[[int, int], None]
    ) -> None:
        ask(24, 2)

        def work(person: User) -> int:
            done = 0
            while (lease := claim_next(queue=crowd_queue, labeler=person, now=NOON)) is not None:
                give = {"question": lease.question, "labeler": person, "now": NOON}
                answer(value=Value.ACCURATE, decision_id=uuid.uuid4(), **give)  # type: ignore[arg-type]
                if done == 0:
                    undo(decision_id=uuid.uuid4(), **give)  # type: ignore[arg-type]
                done += 1
            return done

        outcomes = at_once(work, labelers[:16])
        assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        answers = Counter(Lease.objects.filter(state=Hold.ANSWERED).values_list("question_id", flat=True))
        assert set(answers.values()) == {2}
        assert not Question.objects.filter(state="open").exists()


class TestChecksAmongThem:
    @pytest.fixture(autouse=True)
    def _settled(self, labelers: list[User], crowd_queue: Queue, crowd_scorer: Scorer, settings: Any) -> None:
        """Every labeler has begun, ten alerts are settled, and nearly half of what is asked is a check."""
        settings.CHECK_SHARE = 0.4
        lead = make_person("lead", (crowd_queue, Role.LEAD))
        for number in range(10):
            judge(raise_alert(crowd_queue, crowd_scorer, f"settled {number}"), lead, source=Source.LEAD)
        for person in labelers[:12]:
            judge(raise_alert(crowd_queue, crowd_scorer), person, source=Source.LABELER)

    def test_two_tabs_of_one_labeler_share_one_check(
        self, labelers: list[User], crowd_queue: Queue, settings: Any
    ) -> None:
        settings.CHECK_SHARE = 1.0
        tabs = at_once(lambda person: claim_next(queue=crowd_queue, labeler=person, now=NOON), labelers[:1] * 20)
        assert len({lease.pk for lease in tabs if isinstance(lease, Lease)}) == 1
        assert not [lease for lease in tabs if isinstance(lease, Exception)]
        assert Check.objects.count() == Question.objects.filter(state=State.CHECK).count() == 1

    def test_a_busy_day_still_gives_every_question_its_overlap_and_nobody_a_check_twice(
        self, labelers: list[User], crowd_queue: Queue, ask: Callable[[int, int], None]
    ) -> None:
        ask(24, 2)
        evening = NOON + timedelta(hours=9)

        def work(person: User) -> int:
            done = 0
            while (lease := claim_next(queue=crowd_queue, labeler=person, now=evening)) is not None:
                give = {"question": lease.question, "labeler": person, "now": evening}
                answer(value=Value.ACCURATE, decision_id=uuid.uuid4(), **give)  # type: ignore[arg-type]
                if done % 5 == 0:
                    undo(decision_id=uuid.uuid4(), **give)  # type: ignore[arg-type]
                done += 1
            return done

        outcomes = at_once(work, labelers[:12])
        assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        asked = Lease.objects.filter(state=Hold.ANSWERED)
        ordinary = Counter(asked.exclude(question__state=State.CHECK).values_list("question_id", flat=True))
        assert (len(ordinary), set(ordinary.values())) == (24, {2})
        checks = asked.filter(question__state=State.CHECK)
        assert checks.count() == Check.objects.filter(entry__isnull=False).count() > 12
        assert max(Counter(checks.values_list("labeler_id", "question__alert_id")).values()) == 1
        assert set(checks.values_list("answer__is_check", flat=True)) == {True}
