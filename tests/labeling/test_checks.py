"""What was settled before and is put before a labeler all the same: they cannot tell, and it changes nothing."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.test import Client

from feedback.models import Alert, Check, LedgerEntry, OpenAlert, Queue, Role, Scorer, Source, Value
from feedback.selectors import label_of_alert
from feedback.services import record_outcome
from labeling.errors import NotHeld
from labeling.models import Because, Hold, Lease, Question, QuestionPlan, State
from labeling.pool import askable
from labeling.selectors import page_for
from labeling.services import answer, change_answer, claim_next, fill_questions, release_expired, skip, undo
from scoring.models import Reranking
from tests.factories import NOON, judge, make_person, raise_alert
from tests.labeling.conftest import Ask

LATER = NOON + timedelta(hours=3)
PAGE = "/label/churn/"


@pytest.fixture(autouse=True)
def _always(settings: Any) -> None:
    settings.CHECK_SHARE = 1.0


@pytest.fixture
def begun(queue: Queue, upstream: Scorer, ada: User) -> LedgerEntry:
    """Ada has labeled before: who has not begun is not checked."""
    return judge(raise_alert(queue, upstream, "first"), ada, source=Source.LABELER)


@pytest.fixture
def settled(queue: Queue, upstream: Scorer, rhea: User, lena: User) -> Alert:
    """Rhea called it a false positive; Lena ruled that it was accurate."""
    alert = raise_alert(queue, upstream, "settled")
    theirs = judge(alert, rhea, Value.FALSE_POSITIVE)
    judge(alert, lena, Value.ACCURATE, Source.LEAD, seen=theirs.decision_id)
    return alert


def claim(queue: Queue, person: User, now: Any = LATER) -> Lease:
    lease = claim_next(queue=queue, labeler=person, now=now)
    assert lease is not None
    return lease


def give(question: Question, person: User, value: Value = Value.FALSE_POSITIVE, act: Any = answer) -> LedgerEntry:
    recorded = act(question=question, labeler=person, value=value, decision_id=uuid.uuid4(), now=LATER)
    assert isinstance(recorded.entry, LedgerEntry)
    return recorded.entry


@pytest.mark.usefixtures("begun")
class TestBeingAsked:
    def test_now_and_then_the_answer_is_known(self, queue: Queue, ada: User, settled: Alert, ask: Ask) -> None:
        ask()
        lease = claim(queue, ada)
        assert (lease.question.alert, lease.question.state) == (settled, State.CHECK)
        check = Check.objects.get()
        assert (check.person, check.alert, check.certain, check.source) == (ada, settled, True, Source.LABELER)

    def test_an_outcome_settles_it(self, queue: Queue, upstream: Scorer, ada: User) -> None:
        alert = raise_alert(queue, upstream)
        record_outcome(alert=alert, scorer=upstream, value=Value.ACCURATE, decision_id=uuid.uuid4(), now=NOON)
        assert claim(queue, ada).question.alert == alert

    def test_labelers_settle_it_where_two_say_the_same(self, queue: Queue, ada: User, ben: User, alert: Alert) -> None:
        judge(alert, ben, source=Source.LABELER)
        assert claim_next(queue=queue, labeler=ada, now=LATER) is None
        judge(alert, make_person("dan", (queue, Role.LABELER)), source=Source.LABELER)
        assert claim(queue, ada).question.alert == alert

    def test_a_reps_word_alone_settles_nothing(self, queue: Queue, ada: User, rhea: User, alert: Alert) -> None:
        judge(alert, rhea)
        assert claim_next(queue=queue, labeler=ada, now=LATER) is None

    def test_who_has_not_begun_is_not_asked(self, queue: Queue, ben: User, settled: Alert) -> None:
        assert claim_next(queue=queue, labeler=ben, now=LATER) is None

    def test_who_settled_it_is_not_asked(self, queue: Queue, lena: User, settled: Alert) -> None:
        assert claim_next(queue=queue, labeler=lena, now=LATER) is None

    def test_nobody_is_asked_twice(self, queue: Queue, ada: User, settled: Alert, ask: Ask) -> None:
        give(claim(queue, ada).question, ada)
        assert claim_next(queue=queue, labeler=ada, now=LATER) is None
        ask(settled)
        assert claim_next(queue=queue, labeler=ada, now=LATER) is None

    def test_colleagues_are_asked_too_each_by_their_own_check(
        self, queue: Queue, upstream: Scorer, ada: User, ben: User, settled: Alert
    ) -> None:
        judge(raise_alert(queue, upstream), ben, source=Source.LABELER)
        give(claim(queue, ada).question, ada)
        assert claim(queue, ben).question.alert == settled
        assert Check.objects.count() == Question.objects.filter(state=State.CHECK).count() == 2

    def test_without_a_share_there_are_none(self, queue: Queue, ada: User, settled: Alert, settings: Any) -> None:
        settings.CHECK_SHARE = 0.0
        assert claim_next(queue=queue, labeler=ada, now=LATER) is None

    def test_the_share_is_about_what_was_asked_for(
        self, queue: Queue, upstream: Scorer, ada: User, lena: User, ask: Ask, settings: Any
    ) -> None:
        settings.CHECK_SHARE = 0.25
        for _ in range(60):
            judge(raise_alert(queue, upstream), lena, source=Source.LEAD)
        for _ in range(120):
            ask()
        checks = [give(claim(queue, ada).question, ada).is_check for _ in range(120)]
        assert 12 <= sum(checks) <= 48  # the draw depends on ids: four standard deviations either way


@pytest.mark.usefixtures("begun")
class TestHoldingIt:
    def test_loading_the_page_again_brings_the_same_one(self, queue: Queue, ada: User, settled: Alert) -> None:
        assert claim(queue, ada) == claim(queue, ada)
        assert Check.objects.count() == Lease.objects.count() == 1

    def test_left_unanswered_it_comes_back(self, queue: Queue, ada: User, settled: Alert) -> None:
        claim(queue, ada, NOON)
        release_expired(now=LATER)
        assert claim(queue, ada).question.alert == settled
        assert Lease.objects.count() == 1

    def test_it_goes_to_nobody_else(self, queue: Queue, ada: User, ben: User, settled: Alert) -> None:
        question = claim(queue, ada, NOON).question
        release_expired(now=LATER)
        assert claim_next(queue=queue, labeler=ben, now=LATER) is None
        with pytest.raises(NotHeld):
            give(question, ben)

    def test_skipped_it_does_not_come_back_but_can_be_answered(self, queue: Queue, ada: User, settled: Alert) -> None:
        question = claim(queue, ada).question
        skip(question=question, labeler=ada, now=LATER)
        assert claim_next(queue=queue, labeler=ada, now=LATER) is None
        assert page_for(queue, ada, None, LATER).skipped == 1
        assert give(question, ada).is_check

    def test_at_the_desk_it_is_not_asked(self, client: Client, queue: Queue, settled: Alert, upstream: Scorer) -> None:
        eve = make_person("eve", (queue, Role.LABELER), (queue, Role.REP))
        judge(raise_alert(queue, upstream), eve, source=Source.LABELER)
        claim(queue, eve)
        client.force_login(eve)
        assert "settled" not in client.get("/queues/churn/").content.decode()


@pytest.mark.usefixtures("begun")
class TestBeingAnswered:
    def test_it_is_a_check_in_the_ledger(self, queue: Queue, ada: User, settled: Alert) -> None:
        entry = give(claim(queue, ada).question, ada)
        assert (entry.source, entry.blind, entry.is_check) == (Source.LABELER, True, True)
        assert Check.objects.get().entry == entry

    def test_the_alert_keeps_its_label_and_its_place(
        self, queue: Queue, ada: User, ben: User, cora: User, alert: Alert
    ) -> None:
        judge(alert, ben, source=Source.LABELER), judge(alert, cora, source=Source.LABELER)
        before = label_of_alert(alert)
        give(claim(queue, ada).question, ada)
        assert label_of_alert(alert) == before
        assert OpenAlert.objects.filter(alert=alert).exists()

    def test_taken_back_it_is_asked_again_and_the_alert_stays_settled(
        self, queue: Queue, ada: User, settled: Alert
    ) -> None:
        question = claim(queue, ada).question
        give(question, ada)
        undo(question=question, labeler=ada, decision_id=uuid.uuid4(), now=LATER)
        assert claim(queue, ada).question == question
        assert not OpenAlert.objects.filter(alert=settled).exists()
        assert Question.objects.get(pk=question.pk).state == State.CHECK

    def test_changed_it_stays_a_check_and_the_first_answer_is_kept(
        self, queue: Queue, ada: User, settled: Alert
    ) -> None:
        question = claim(queue, ada).question
        first = give(question, ada)
        assert give(question, ada, Value.ACCURATE, change_answer).is_check
        assert Check.objects.get().entry == first

    def test_it_is_work_but_not_what_the_model_was_taught(self, queue: Queue, ada: User, settled: Alert) -> None:
        entry = give(claim(queue, ada).question, ada)
        Reranking.objects.create(
            queue=queue, from_position=entry.position - 1, to_position=entry.position, open_alerts=9, moved=3,
            finished_at=NOON,
        )  # fmt: skip
        page = page_for(queue, ada, None, LATER)
        assert (page.progress.answered, page.taught) == (1, None)


@pytest.mark.usefixtures("begun")
class TestWhatIsKeptReady:
    def test_a_check_is_none_of_the_questions(self, queue: Queue, upstream: Scorer, ada: User, settled: Alert) -> None:
        QuestionPlan.objects.create(queue=queue, open_questions=2)
        for number in range(3):
            raise_alert(queue, upstream, f"waiting {number}")
        claim(queue, ada)
        assert fill_questions(queue=queue, now=LATER).asked == 2
        assert fill_questions(queue=queue, now=LATER) == fill_questions(queue=queue, now=LATER)

    def test_an_alert_that_is_open_again_can_be_asked_about(self, queue: Queue, ada: User, settled: Alert) -> None:
        give(claim(queue, ada).question, ada)
        Question.objects.update(asked_at=NOON)
        OpenAlert.objects.create(
            alert=settled, queue=queue, probability=0.5, tier=1, urgency=1.5, position=0, raised_at=NOON,
            opened_at=NOON,
        )  # fmt: skip
        assert settled.pk in askable(queue.pk, "seed")

    def test_an_ordinary_question_waits_untouched(self, queue: Queue, ada: User, settled: Alert, ask: Ask) -> None:
        question = ask(overlap=2)
        give(claim(queue, ada).question, ada)
        assert not Lease.objects.filter(question=question).exists()
        assert claim(queue, ada).question == question

    def test_the_database_knows_no_check_without_its_row(self, ask: Ask) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            ask(state=State.CHECK)


@pytest.mark.usefixtures("begun")
class TestThePage:
    @pytest.fixture
    def client_of_ada(self, client: Client, ada: User) -> Client:
        client.force_login(ada)
        return client

    def test_it_looks_like_any_other_question(
        self, client: Client, queue: Queue, upstream: Scorer, ada: User, ben: User, settled: Alert, ask: Ask
    ) -> None:
        ask(raise_alert(queue, upstream, "settled"), because=Because.DIVERSE)
        pages = {}
        for person in (ada, ben):
            client.force_login(person)
            page = client.get(PAGE).content.decode()
            # What differs between any two pages: ids, tokens, the customer and the reader.
            pages[person] = re.sub(r'(value|data-judges)="[^"]*"|Customer \d+|questions/\d+/|Ada|Ben', "…", page)
        assert Lease.objects.get(labeler=ada).question.is_check and not Lease.objects.get(labeler=ben).question.is_check
        assert "nothing like it has been judged yet" in pages[ada] and pages[ada] == pages[ben]

    def test_it_says_that_there_are_checks(self, client_of_ada: Client) -> None:
        assert "A few of the questions were settled before" in client_of_ada.get(PAGE).content.decode()

    def test_once_answered_it_is_marked(self, client_of_ada: Client, settled: Alert) -> None:
        client_of_ada.get(PAGE)
        address = f"{PAGE}questions/{Question.objects.get().pk}/"
        form = {"verdict": "accurate", "decision_id": uuid.uuid4()}
        reply = client_of_ada.post(f"{address}answer/", form, headers={"HX-Request": "true"}).content.decode()
        assert "strip--accurate strip--check" in reply and "accurate · check" in reply
        assert "it was settled before, and nothing changes about it" in client_of_ada.get(address).content.decode()

    def test_skipped_it_is_not_marked(self, client_of_ada: Client, settled: Alert) -> None:
        client_of_ada.get(PAGE)
        client_of_ada.post(f"{PAGE}questions/{Question.objects.get().pk}/skip/")
        page = client_of_ada.get(PAGE).content.decode()
        assert "strip--skipped" in page and "strip--check" not in page
        assert Lease.objects.get().state == Hold.SKIPPED

    def test_a_check_of_somebody_else_does_not_exist(
        self, client: Client, queue: Queue, ada: User, ben: User, settled: Alert
    ) -> None:
        question = claim(queue, ada).question
        client.force_login(ben)
        for act in ("answer", "skip", "undo"):
            form = {"verdict": "accurate", "decision_id": uuid.uuid4()}
            assert client.post(f"{PAGE}questions/{question.pk}/{act}/", form).status_code == 404
        assert not Check.objects.filter(entry__isnull=False).exists()
