"""What the verdicts of one alert add up to."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.rules import Fact, Label, certain_answer, checked, closing_verdict, effective_verdicts, label_of


def fact(position: int, value: str = "accurate", source: str = "rep", judge: str = "rhea", **more: Any) -> Fact:
    return Fact(position, value, source, judge, **more)


entries = st.lists(
    st.tuples(
        st.sampled_from(["accurate", "false_positive", "unsure"]),
        st.sampled_from(["rep", "labeler", "lead", "outcome"]),
        st.sampled_from(["rhea", "tom", "ada"]),
        st.booleans(),
    ),
    max_size=12,
)


def _ledger(rows: list[tuple[str, str, str, bool]]) -> list[Fact]:
    ledger: list[Fact] = []
    for position, (value, source, judge, takes_back) in enumerate(rows, start=1):
        taken = {one.retracts for one in ledger}
        open_verdicts = [one.position for one in ledger if one.retracts is None and one.position not in taken]
        if takes_back and open_verdicts:
            ledger.append(Fact(position, "", source, judge, retracts=open_verdicts[-1]))
        else:
            ledger.append(Fact(position, value, source, judge))
    return ledger


facts = entries.map(_ledger)


class TestLabel:
    def test_one_verdict_is_the_label(self) -> None:
        assert label_of([fact(3)]) == Label(True, 3)

    def test_no_verdict_is_no_label(self) -> None:
        assert label_of([]) is None

    def test_not_sure_decides_nothing(self) -> None:
        assert label_of([fact(1, "unsure")]) is None

    def test_a_changed_mind_replaces_what_the_same_person_said(self) -> None:
        assert label_of([fact(1), fact(2, "false_positive")]) == Label(False, 2)

    def test_becoming_unsure_takes_the_label_away(self) -> None:
        assert label_of([fact(1), fact(2, "unsure")]) is None

    def test_a_retracted_verdict_does_not_count(self) -> None:
        assert label_of([fact(1), fact(2, "", retracts=1)]) is None

    def test_retracting_the_changed_mind_brings_the_first_verdict_back(self) -> None:
        ledger = [fact(1), fact(2, "false_positive"), fact(3, "", retracts=2)]
        assert label_of(ledger) == Label(True, 1)

    def test_the_majority_of_labelers_decides(self) -> None:
        votes = [
            fact(p, v, "labeler", f"l{p}") for p, v in enumerate(["accurate", "false_positive", "false_positive"], 1)
        ]
        assert label_of(votes) == Label(False, 2)

    def test_a_tie_is_no_label(self) -> None:
        assert label_of([fact(1), fact(2, "false_positive", judge="tom")]) is None

    def test_an_outcome_outranks_every_rep(self) -> None:
        assert label_of([fact(1), fact(2, judge="tom"), fact(3, "false_positive", "outcome", "crm")]) == Label(False, 3)

    def test_a_lead_outranks_an_outcome(self) -> None:
        assert label_of([fact(1, "false_positive", "outcome", "crm"), fact(2, "accurate", "lead", "lena")]) == Label(
            True, 2
        )

    @given(facts, st.randoms())
    def test_the_order_in_which_facts_are_read_does_not_matter(self, ledger: list[Fact], random: object) -> None:
        shuffled = ledger[:]
        random.shuffle(shuffled)  # type: ignore[attr-defined]
        assert label_of(shuffled) == label_of(ledger)

    @given(facts)
    def test_the_anchor_is_a_verdict_that_stands_and_says_so(self, ledger: list[Fact]) -> None:
        label = label_of(ledger)
        if label is not None:
            anchor = next(one for one in effective_verdicts(ledger) if one.position == label.anchor)
            assert anchor.value == ("accurate" if label.accurate else "false_positive")


class TestReasons:
    @pytest.mark.parametrize("reason", ["handled", "not_worth_it"])
    def test_what_is_no_use_says_nothing_about_the_text(self, reason: str) -> None:
        assert label_of([fact(1, "false_positive", reason=reason)]) == Label(False, 1, teaches_text=False)

    @pytest.mark.parametrize("reason", ["", "misread", "expected", "wrong_data"])
    def test_any_other_false_positive_teaches_the_text(self, reason: str) -> None:
        assert label_of([fact(1, "false_positive", reason=reason)]) == Label(False, 1)

    def test_an_accurate_alert_that_was_handled_was_read_rightly(self) -> None:
        assert label_of([fact(1, reason="handled")]) == Label(True, 1)

    def test_one_who_found_it_misread_is_enough(self) -> None:
        ledger = [
            fact(1, "false_positive", reason="handled"),
            fact(2, "false_positive", judge="tom", reason="misread"),
        ]
        assert label_of(ledger) == Label(False, 1)


# What labelers answered when they were asked what had been settled, at places in and behind the ledger.
checks = st.lists(
    st.tuples(st.integers(0, 14), st.sampled_from(["accurate", "false_positive"]), st.sampled_from(["ada", "rhea"])),
    max_size=4,
)


class TestALabelersCheck:
    @given(facts, checks)
    def test_it_is_no_label_settles_nothing_and_takes_no_answer_away(
        self, ledger: list[Fact], asked: list[tuple[int, str, str]]
    ) -> None:
        checked = [Fact(n + 0.5, value, "labeler", judge, check=True) for n, value, judge in asked]  # type: ignore[arg-type]
        for rule in (label_of, certain_answer, closing_verdict):
            assert rule([*ledger, *checked]) == rule(ledger)

    def test_the_first_answer_is_the_one_that_counts(self) -> None:
        ledger = [
            fact(3, "false_positive", "labeler", "ada", check=True),
            fact(4, source="labeler", judge="ada", check=True),
        ]
        ledger += [fact(5, "", "labeler", "ada", retracts=3), fact(6, judge="tom", check=True), fact(7, judge="rhea")]
        assert checked(ledger[::-1]) == {"ada": "false_positive"}

    def test_where_nothing_else_is_left_nothing_is_known(self) -> None:
        left = [fact(1, "accurate", "lead", "lena"), fact(2, source="labeler", judge="ada", check=True)]
        assert label_of([*left, fact(3, "", "lead", "lena", retracts=1)]) is None

    def test_a_reps_second_look_is_a_verdict_like_any_other(self) -> None:
        assert label_of([fact(1), fact(2, "false_positive", judge="tom", check=True)]) is None


class TestCertainty:
    def test_a_lead_or_an_outcome_is_enough(self) -> None:
        assert certain_answer([fact(1, "false_positive", "lead", "lena")]) is False
        assert certain_answer([fact(1, source="outcome", judge="crm")]) is True

    def test_labelers_must_be_two_and_say_the_same(self) -> None:
        ada, ben = (fact(n, source="labeler", judge=name) for n, name in enumerate(("ada", "ben"), 1))
        other = fact(3, "false_positive", "labeler", "cora")
        assert [certain_answer(said) for said in ([ada], [ada, ben], [ada, ben, other])] == [None, True, None]

    def test_nobody_is_certain_of_their_own_word(self) -> None:
        assert certain_answer([fact(1, source="lead", judge="lena")], apart_from="lena") is None


class TestClosing:
    def test_a_labelers_answer_leaves_the_alert_to_the_reps(self) -> None:
        assert closing_verdict([fact(1, source="labeler")]) is None

    def test_even_not_sure_closes_for_the_rep(self) -> None:
        assert closing_verdict([fact(1, "unsure")]) == fact(1, "unsure")

    def test_the_last_standing_verdict_is_the_one_on_screen(self) -> None:
        assert closing_verdict([fact(1), fact(2, "false_positive", judge="tom")]) == fact(
            2, "false_positive", judge="tom"
        )
