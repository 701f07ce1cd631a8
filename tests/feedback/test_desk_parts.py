"""The pure parts of the desk: cursors, marked passages, reasons in words, bars."""

from dataclasses import dataclass

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from feedback.desk.cursor import Cursor
from feedback.desk.passages import Passage, passages
from feedback.desk.wording import in_words, weighed
from feedback.naming import Names
from feedback.templatetags import desk as tags


@dataclass(frozen=True)
class Mark:
    start: int
    end: int
    strength: float


@dataclass(frozen=True)
class Why:
    kind: str
    name: str
    value: str | float | None
    contribution: float = 1.0


class TestCursor:
    @given(st.floats(allow_nan=False, allow_infinity=False), st.integers(1, 2**63 - 1))
    def test_reads_back_as_the_same_place(self, urgency: float, alert_id: int) -> None:
        assert Cursor.parse(str(Cursor(urgency, alert_id))) == Cursor(urgency, alert_id)

    @pytest.mark.parametrize(
        "text", ["", "1", "1:", ":1", "a:1", "1:a", "nan:1", "inf:1", "1:-1", "1:0", f"1:{2**63}", "1:2:3"]
    )
    def test_what_cannot_be_read_is_no_cursor(self, text: str) -> None:
        assert Cursor.parse(text) is None

    @given(st.text())
    def test_no_text_is_an_error(self, text: str) -> None:
        Cursor.parse(text)


class TestPassages:
    def test_the_words_that_weighed_are_cut_out_with_their_side(self) -> None:
        cut = passages("please cancel, it is fine", [Mark(7, 13, 2.0), Mark(18, 25, -1.0)])
        assert cut == [
            Passage("please "), Passage("cancel", "for"), Passage(", it "), Passage("is fine", "against")
        ]  # fmt: skip

    def test_punctuation_that_weighed_is_not_worth_a_mark(self) -> None:
        assert passages("no, yes", [Mark(2, 4, 1.0)]) == [Passage("no, yes")]

    def test_words_of_one_side_with_only_space_between_read_as_one_phrase(self) -> None:
        marks = [Mark(0, 2, 1.0), Mark(3, 6, 1.0), Mark(7, 9, -1.0)]
        assert passages("we are no", marks) == [Passage("we are", "for"), Passage(" "), Passage("no", "against")]

    def test_where_marks_overlap_the_earlier_keeps_its_stretch(self) -> None:
        assert passages("abcd", [Mark(0, 3, 1.0), Mark(1, 4, -1.0)]) == [Passage("abc", "for"), Passage("d", "against")]

    def test_a_mark_that_ends_before_it_begins_is_left_out(self) -> None:
        assert passages("we may leave", [Mark(-5, -2, 1.0), Mark(6, 3, 1.0)]) == [Passage("we may leave")]

    @given(st.text(max_size=40), st.lists(st.builds(Mark, st.integers(-5, 50), st.integers(-5, 50), st.floats(-3, 3))))
    def test_the_pieces_are_the_text_again_whatever_is_marked(self, text: str, marks: list[Mark]) -> None:
        assert "".join(piece.text for piece in passages(text, marks)) == text


class TestReasonsInWords:
    @pytest.mark.parametrize(
        ("reason", "words"),
        [
            (Why("text", "text", "cancel"), "“cancel”"),
            (Why("number", "logins_30d", 3.0), "logins 30d is 3"),
            (Why("number", "contract_value", 10_200.0), "contract value is 10,200"),
            (Why("number", "contract_value", 249_812.4), "contract value is 249,812"),
            (Why("number", "contract_value", -2_498_120.0), "contract value is \N{MINUS SIGN}2,498,120"),
            (Why("number", "rate", 0.0000125), "rate is 0.0000125"),
            (Why("category", "plan", "pro"), "plan is pro"),
            (Why("missing", "plan", None), "plan is not known"),
            (Why("scorer", "scorer", "voice-llm"), "raised by voice-llm"),
            (Why("something_new", "some_name", 2.5), "some name 2.5"),
        ],
    )
    def test_every_kind_has_its_phrase(self, reason: Why, words: str) -> None:
        assert in_words(reason) == words

    def test_the_scorers_score_is_one_reason_though_the_model_counts_it_twice(self) -> None:
        twice = [Why("prior", "upstream_score", 0.81, 0.4), Why("upstream", "upstream_score", 0.81, 1.1)]
        assert weighed(twice) == [("the scorer's own score, 0.81", "", 1.5)]

    def test_one_that_is_written_as_nothing_is_left_out(self) -> None:
        said = [Why("text", "text", "cancel", -0.6), Why("text", "text", "hello", 0.04)]
        assert weighed(said) == [("“cancel”", "", -0.6)]

    def test_features_are_called_as_the_queue_calls_them(self) -> None:
        names = Names({"plan": ("Tariff", ""), "text": ("Remark", "")})
        for kind, words in (("category", "Tariff is pro"), ("missing", "Tariff is not known")):
            assert in_words(Why(kind, "plan", "pro"), names) == words
        assert in_words(Why("something_new", "text", 1.0), names) == "text 1"
        assert in_words(Why("missing", "upstream_score", None), names) == "upstream score is not known"

    def test_two_features_of_one_name_stay_two_reasons(self) -> None:
        names = Names({"seats": ("Size", ""), "staff": ("Size", "")})
        twice = [Why("number", "seats", 3.0, 0.4), Why("number", "staff", 3.0, -0.3)]
        assert weighed(twice, names) == [("Size is 3", "seats", 0.4), ("Size is 3", "staff", -0.3)]


class TestFilters:
    def test_a_probability_never_claims_certainty(self) -> None:
        assert [tags.chance(p) for p in (0.0, 0.004, 0.42, 0.994, 0.996, 1.0)] == [
            "<1%",
            "<1%",
            "42%",
            "99%",
            ">99%",
            ">99%",
        ]

    def test_facts_read_as_a_person_writes_them(self) -> None:
        values = [tags.fact(value) for value in (None, True, False, -3, 0.1 + 0.2, "pre-paid")]
        assert values == ["–", "yes", "no", "−3", "0.3", "pre-paid"]

    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    def test_thousands_stand_apart_from_ten_thousand_on(self, language: str) -> None:
        values = (2026, 9_999, 10_000, 776_200, -776_200.0, 12_345.5, 10**17)
        with translation.override(language):
            assert [tags.fact(value) for value in values] == [
                "2026", "9999", "10,000", "776,200", "−776,200", "12,345.5", "1" + 17 * "0",
            ]  # fmt: skip

    def test_a_weight_always_shows_its_sign(self) -> None:
        assert [tags.signed(weight) for weight in (1.94, -0.4, 0.0)] == ["+1.9", "−0.4", "+0.0"]

    def test_the_heaviest_bar_is_the_widest_and_none_disappears(self) -> None:
        bars = tags.with_bars([{"label": "a", "weight": 2.0}, {"label": "b", "weight": -0.001}])
        assert [bar["width"] for bar in bars] == [tags.BAR_WIDTH, 2]

    def test_a_count_that_was_not_finished_says_so(self) -> None:
        assert [tags.limited(count) for count in (0, 99, 100)] == ["0", "99", "99+"]
