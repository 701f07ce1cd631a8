"""Amendments: what changes how a ledger is learnt without being a verdict."""

from feedback.rules import Fact
from scoring.amendments import Amendment, Amendments


def said(position: int, judge: object = 7, value: str = "accurate", **more: object) -> Fact:
    return Fact(position, value, "rep", judge, **more)  # type: ignore[arg-type]


def hold(number: int, since: int, until: int | None = None, judge: int | None = 7) -> Amendment:
    return Amendment(number, "hold_back", since, until, judge)


def adopted(number: int, since: int, learnt: int = 50, generation: int = 1) -> Amendment:
    return Amendment(number, "adopt", since, generation=generation, learnt=learnt, chain="c", configuration=3)


class TestHeldBackVerdicts:
    def test_they_do_not_count(self) -> None:
        amendments = Amendments((hold(1, since=4, until=9),))
        assert amendments.applied([said(4), said(5), said(9), said(10)]) == [said(4), said(10)]

    def test_those_of_others_do(self) -> None:
        assert Amendments((hold(1, since=0),)).applied([said(5, judge=8)]) == [said(5, judge=8)]

    def test_a_hold_of_everybody_brings_nothing_back_that_was_withdrawn(self) -> None:
        amendments = Amendments((hold(1, since=4, until=9, judge=None),))
        withdrawn = [said(3), said(5, judge=8, retracts=3)]
        assert amendments.applied([*withdrawn, said(6)]) == withdrawn

    def test_who_is_held_back_may_still_take_back(self) -> None:
        taken_back = said(5, retracts=3)
        assert Amendments((hold(1, since=4),)).applied([said(3), taken_back]) == [said(3), taken_back]

    def test_let_in_they_count_as_if_they_had_never_been_held(self) -> None:
        let_in = Amendment(2, "let_in", 4, ends=1)
        assert Amendments((hold(1, since=4), let_in)).applied([said(5)]) == [said(5)]

    def test_a_past_day_knows_only_its_own_amendments(self) -> None:
        amendments = Amendments((hold(1, since=0, judge=8), hold(2, since=4)))
        assert amendments.up_to(1).applied([said(5)]) == [said(5)]

    def test_a_model_in_a_hold_of_everybody_is_the_one_before_it(self) -> None:
        amendments = Amendments((hold(1, since=4, until=9, judge=None), hold(2, since=2, until=5, judge=None)))
        assert [amendments.counted_to(position) for position in (2, 3, 4, 5, 9, 10)] == [2, 2, 2, 2, 2, 10]

    def test_a_hold_of_one_person_moves_it_nowhere(self) -> None:
        assert Amendments((hold(1, since=4),)).counted_to(9) == 9


class TestWeights:
    def test_they_hold_for_what_is_said_from_then_on(self) -> None:
        amendments = Amendments((Amendment(1, "weigh", 4, weights={7: 0.5}),))
        assert [fact.weight for fact in amendments.applied([said(4), said(5), said(6, judge=8)])] == [1.0, 0.5, 1.0]

    def test_the_newest_that_names_the_judge_counts(self) -> None:
        rows = (Amendment(1, "weigh", 0, weights={7: 0.5}), Amendment(2, "weigh", 3, weights={8: 0.2}))
        assert [fact.weight for fact in Amendments(rows).applied([said(5)])] == [0.5]

    def test_the_newest_before_a_fact_is_its_weight(self) -> None:
        found = [(0, 0.5), (4, 0.25), (4, 1.0), (9, 0.75), (9, 0.2)]
        rows = tuple(Amendment(n + 1, "weigh", since, weights={7: weight}) for n, (since, weight) in enumerate(found))
        facts = [said(1), said(4), said(5), said(9), said(10), said(99)]
        assert [fact.weight for fact in Amendments(rows).applied(facts)] == [0.5, 0.5, 1.0, 1.0, 0.2, 0.2]


class TestAdoptions:
    def test_those_behind_a_state_are_pending(self) -> None:
        amendments = Amendments((adopted(1, since=60), adopted(2, since=80, generation=2)))
        assert [row.number for row in amendments.pending(3, position=60, known=1, end=100)] == [2]

    def test_one_at_the_states_own_position_is_pending_where_it_was_not_known(self) -> None:
        amendments = Amendments((adopted(1, since=60),))
        assert [row.number for row in amendments.pending(3, position=60, known=0, end=60)] == [1]

    def test_one_beyond_the_end_is_not(self) -> None:
        assert Amendments((adopted(1, since=60),)).pending(3, position=0, known=0, end=59) == []

    def test_those_of_another_configuration_are_not(self) -> None:
        assert Amendments((adopted(1, since=60),)).pending(4, position=0, known=0, end=99) == []
