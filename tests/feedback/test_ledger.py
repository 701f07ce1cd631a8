"""Recording verdicts and taking them back."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, connections, transaction

from feedback.errors import AlreadyJudged, AlreadyRetracted, DecisionConflict, NotPermitted, NotYours
from feedback.models import Alert, Kind, LedgerEntry, OpenAlert, Queue, RepeatedDecision, Role, Scorer, Source, Value
from feedback.selectors import label_of_alert, standing_verdict
from feedback.services import Recorded, erase_throwaway, record_outcome, record_verdict, retract_verdict
from tests.factories import NOON, judge, make_person, make_queue, make_scorer, raise_alert


def verdict(alert: Alert, person: User, value: Value = Value.ACCURATE, **fields: object) -> Recorded:
    defaults = {"decision_id": uuid.uuid4(), "source": Source.REP, "now": NOON}
    return record_verdict(alert=alert, judge=person, value=value, **{**defaults, **fields})  # type: ignore[arg-type]


def retract(entry: LedgerEntry, person: User, **fields: object) -> Recorded:
    return retract_verdict(verdict=entry, judge=person, **{"decision_id": uuid.uuid4(), "now": NOON, **fields})  # type: ignore[arg-type]


class TestRecordVerdict:
    def test_the_first_verdict_of_a_queue_has_position_one(self, alert: Alert, rhea: User) -> None:
        assert verdict(alert, rhea).entry.position == 1

    def test_it_takes_the_alert_out_of_the_open_ones(self, alert: Alert, rhea: User) -> None:
        verdict(alert, rhea)
        assert not OpenAlert.objects.filter(alert=alert).exists()

    def test_a_labelers_answer_leaves_it_open_for_the_rep(self, alert: Alert, ada: User) -> None:
        verdict(alert, ada, source=Source.LABELER)
        assert OpenAlert.objects.filter(alert=alert).exists()

    def test_a_labelers_check_stays_one_whether_or_not_the_alert_is_open(self, alert: Alert, ada: User) -> None:
        assert verdict(alert, ada, source=Source.LABELER, is_check=True).entry.is_check
        assert OpenAlert.objects.filter(alert=alert).exists() and label_of_alert(alert) is None

    def test_a_repeat_is_the_same_answer(self, alert: Alert, rhea: User) -> None:
        click = uuid.uuid4()
        first, second = verdict(alert, rhea, decision_id=click), verdict(alert, rhea, decision_id=click)
        assert (second.entry, second.created) == (first.entry, False)

    def test_a_decision_id_cannot_stand_for_two_decisions(self, alert: Alert, rhea: User) -> None:
        click = uuid.uuid4()
        verdict(alert, rhea, decision_id=click)
        with pytest.raises(DecisionConflict):
            verdict(alert, rhea, Value.FALSE_POSITIVE, decision_id=click)
        assert LedgerEntry.objects.count() == 1

    def test_a_second_person_is_told_what_stands(self, alert: Alert, rhea: User, tom: User) -> None:
        first = verdict(alert, rhea)
        with pytest.raises(AlreadyJudged) as refusal:
            verdict(alert, tom, Value.FALSE_POSITIVE)
        assert refusal.value.standing == first.entry
        assert LedgerEntry.objects.count() == 1

    def test_whoever_has_seen_what_stands_may_add_theirs(self, alert: Alert, rhea: User, tom: User) -> None:
        first = verdict(alert, rhea)
        verdict(alert, tom, Value.FALSE_POSITIVE, seen=first.entry.decision_id)
        assert [entry.position for entry in LedgerEntry.objects.all()] == [1, 2]

    def test_the_same_verdict_from_a_second_tab_is_the_first_one(self, alert: Alert, rhea: User) -> None:
        first = verdict(alert, rhea)
        assert verdict(alert, rhea).entry == first.entry

    def test_another_verdict_from_a_second_tab_is_asked_about(self, alert: Alert, rhea: User) -> None:
        verdict(alert, rhea)
        with pytest.raises(AlreadyJudged):
            verdict(alert, rhea, Value.FALSE_POSITIVE)

    def test_changing_ones_mind_appends(self, alert: Alert, rhea: User) -> None:
        first = verdict(alert, rhea)
        verdict(alert, rhea, Value.FALSE_POSITIVE, seen=first.entry.decision_id)
        label = label_of_alert(alert)
        assert label is not None and (label.accurate, label.anchor) == (False, 2)

    @pytest.mark.parametrize("source", [Source.LABELER, Source.LEAD])
    def test_a_rep_judges_only_as_a_rep(self, alert: Alert, rhea: User, source: Source) -> None:
        with pytest.raises(NotPermitted):
            verdict(alert, rhea, source=source)
        assert not LedgerEntry.objects.exists()

    def test_nobody_judges_in_a_queue_that_is_not_theirs(self, alert: Alert, mallory: User) -> None:
        with pytest.raises(NotPermitted):
            verdict(alert, mallory)
        assert OpenAlert.objects.filter(alert=alert).exists()

    def test_queues_count_their_own_positions(
        self, alert: Alert, rhea: User, other_queue: Queue, upstream: Scorer, mallory: User
    ) -> None:
        verdict(alert, rhea)
        assert verdict(raise_alert(other_queue, upstream), mallory).entry.position == 1


class TestRetractVerdict:
    def test_it_appends_and_opens_the_alert_again(self, alert: Alert, rhea: User) -> None:
        taken_back = retract(judge(alert, rhea), rhea).entry
        assert (taken_back.position, taken_back.kind) == (2, Kind.RETRACTION)
        assert OpenAlert.objects.filter(alert=alert).exists()

    def test_a_repeat_is_the_same_answer(self, alert: Alert, rhea: User) -> None:
        entry, click = judge(alert, rhea), uuid.uuid4()
        assert retract(entry, rhea, decision_id=click).entry == retract(entry, rhea, decision_id=click).entry

    def test_a_verdict_is_taken_back_once(self, alert: Alert, rhea: User) -> None:
        entry = judge(alert, rhea)
        retract(entry, rhea)
        with pytest.raises(AlreadyRetracted):
            retract(entry, rhea)

    def test_another_rep_cannot_take_it_back(self, alert: Alert, rhea: User, tom: User) -> None:
        entry = judge(alert, rhea)
        with pytest.raises(NotYours):
            retract(entry, tom)
        assert standing_verdict(alert) == entry

    def test_a_lead_can(self, alert: Alert, rhea: User, lena: User) -> None:
        assert retract(judge(alert, rhea), lena).entry.source == Source.LEAD

    def test_another_persons_verdict_keeps_the_alert_closed(self, alert: Alert, rhea: User, tom: User) -> None:
        first = judge(alert, rhea)
        second = judge(alert, tom, seen=first.decision_id)
        retract(second, tom)
        assert standing_verdict(alert) == first
        assert not OpenAlert.objects.filter(alert=alert).exists()


def outcome(
    alert: Alert, scorer: Scorer, value: Value = Value.FALSE_POSITIVE, decision_id: uuid.UUID | None = None
) -> Recorded:
    return record_outcome(alert=alert, scorer=scorer, value=value, decision_id=decision_id or uuid.uuid4(), now=NOON)


class TestRecordOutcome:
    def test_it_closes_the_alert_and_outranks_the_rep(self, alert: Alert, rhea: User, upstream: Scorer) -> None:
        judge(alert, rhea)
        outcome(alert, upstream)
        label = label_of_alert(alert)
        assert label is not None and not label.accurate

    def test_saying_it_again_is_the_first_outcome(self, alert: Alert, rhea: User, upstream: Scorer) -> None:
        first = outcome(alert, upstream)
        judge(alert, rhea, seen=first.entry.decision_id)
        again = outcome(alert, upstream)
        assert (again.entry, again.created) == (first.entry, False)
        assert LedgerEntry.objects.count() == 2

    def test_saying_it_again_leaves_the_place_where_the_label_is_learnt(self, alert: Alert, upstream: Scorer) -> None:
        for value in (Value.ACCURATE, Value.FALSE_POSITIVE, Value.FALSE_POSITIVE):
            outcome(alert, upstream, value)
        label = label_of_alert(alert)
        assert label is not None and (label.accurate, label.anchor) == (False, 2)

    def test_another_value_appends_and_so_does_the_first_one_after_it(self, alert: Alert, upstream: Scorer) -> None:
        values = (Value.ACCURATE, Value.FALSE_POSITIVE, Value.ACCURATE)
        assert [outcome(alert, upstream, value).entry.position for value in values] == [1, 2, 3]

    def test_an_id_that_was_answered_without_a_row_undoes_no_correction(self, alert: Alert, upstream: Scorer) -> None:
        late = uuid.uuid4()
        first = outcome(alert, upstream, Value.ACCURATE)
        outcome(alert, upstream, Value.ACCURATE, late)
        outcome(alert, upstream, Value.FALSE_POSITIVE)
        again = outcome(alert, upstream, Value.ACCURATE, late)
        assert (again.entry, again.created) == (first.entry, False)
        assert LedgerEntry.objects.count() == 2

    def test_an_id_that_was_answered_without_a_row_says_nothing_else(self, alert: Alert, upstream: Scorer) -> None:
        late = uuid.uuid4()
        outcome(alert, upstream)
        outcome(alert, upstream, decision_id=late)
        with pytest.raises(DecisionConflict):
            outcome(alert, upstream, Value.ACCURATE, late)
        with pytest.raises(DecisionConflict):
            outcome(raise_alert(alert.queue, upstream), upstream, decision_id=late)
        assert LedgerEntry.objects.count() == 1

    def test_what_was_taken_back_may_be_said_again(self, alert: Alert, upstream: Scorer, lena: User) -> None:
        retract(outcome(alert, upstream).entry, lena)
        assert outcome(alert, upstream).entry.position == 3

    def test_another_scorers_outcome_is_its_own(self, alert: Alert, upstream: Scorer) -> None:
        outcome(alert, upstream)
        other = make_scorer("billing")
        assert outcome(alert, other).created


def refused(sql: str, *parameters: object) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)


class TestTheDatabaseItself:
    @pytest.mark.parametrize(
        "table", ["feedback_alert", "feedback_exposure", "feedback_ledgerentry", "feedback_repeateddecision"]
    )
    @pytest.mark.parametrize(
        "statement", ["UPDATE {} SET queue_id = queue_id", "DELETE FROM {}", "TRUNCATE {} CASCADE"]
    )
    def test_facts_are_never_changed(
        self, alert: Alert, rhea: User, upstream: Scorer, table: str, statement: str
    ) -> None:
        judge(alert, rhea)
        for _ in range(2):
            outcome(alert, upstream)
        refused(statement.format(table))

    def test_a_gap_in_the_positions_is_refused(self, alert: Alert, rhea: User) -> None:
        entry = judge(alert, rhea)
        entry.pk, entry.decision_id, entry.position = None, uuid.uuid4(), 3
        with pytest.raises(DatabaseError), transaction.atomic():
            entry.save(force_insert=True)

    def test_an_entry_about_another_queues_alert_is_refused(self, alert: Alert, rhea: User, other_queue: Queue) -> None:
        entry = judge(alert, rhea)
        entry.pk, entry.decision_id, entry.position, entry.queue = None, uuid.uuid4(), 1, other_queue
        with pytest.raises(DatabaseError), transaction.atomic():
            entry.save(force_insert=True)

    def test_a_throwaway_queue_goes_with_all_its_facts(self, upstream: Scorer) -> None:
        throwaway = make_queue("throwaway", throwaway=True)
        for one in [raise_alert(throwaway, upstream)] * 2:
            outcome(one, upstream)
        erase_throwaway(queue=throwaway)
        assert not LedgerEntry.objects.exists() and not RepeatedDecision.objects.exists()

    def test_a_real_queue_never_becomes_a_throwaway(self, queue: Queue) -> None:
        refused("UPDATE feedback_queue SET throwaway = true WHERE id = %s", queue.pk)


def at_once(calls: list[Callable[[], object]]) -> list[object]:
    """What each call returned or raised, all of them started together, each on a connection of its own."""

    def run(call: Callable[[], object]) -> object:
        try:
            return call()
        except Exception as error:  # noqa: BLE001
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


@pytest.mark.django_db(transaction=True)
class TestManyAtOnce:
    def test_a_click_sent_ten_times_is_one_verdict(self, alert: Alert, rhea: User) -> None:
        click = uuid.uuid4()
        answers = at_once([lambda: verdict(alert, rhea, decision_id=click)] * 10)
        assert {answer.entry.position for answer in answers} == {1}  # type: ignore[attr-defined]

    def test_two_people_at_once_get_one_verdict_and_one_clear_answer(self, alert: Alert, rhea: User, tom: User) -> None:
        answers = at_once([lambda: verdict(alert, rhea), lambda: verdict(alert, tom, Value.FALSE_POSITIVE)])
        assert {type(answer) for answer in answers} == {Recorded, AlreadyJudged}

    def test_positions_have_no_gaps_however_many_write(self, queue: Queue, upstream: Scorer) -> None:
        people = [make_person(f"rep{number}", (queue, Role.REP)) for number in range(8)]
        alerts = [raise_alert(queue, upstream) for _ in range(40)]
        at_once([lambda a=a, p=people[i % 8]: verdict(a, p) for i, a in enumerate(alerts)])  # type: ignore[misc]
        assert [entry.position for entry in LedgerEntry.objects.order_by("position")] == list(range(1, 41))
