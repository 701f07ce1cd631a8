"""Words and Chinese n-grams."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.text import contains_phrase, fold, gram_ids, gram_ids_of, grams, grams_of, origins, shorten, tokens
from tests.scoring.alerts import texts


def pieces(text: str) -> set[str]:
    """The n-grams of a text, as they stand in it."""
    folded = fold(text)
    found = grams(folded, 18)
    return {folded[a:b] for a, b in zip(found.starts.tolist(), found.ends.tolist(), strict=True)}


class TestFolding:
    def test_takes_full_width_and_case_away(self) -> None:
        assert fold("ＷｉＦｉ Straße") == "wifi strasse"

    def test_drops_what_cannot_be_seen(self) -> None:
        assert fold("re\u200bfund\ufeff \u202e!") == "refund !"

    def test_keeps_emoji(self) -> None:
        assert "😡" in fold("😡\ufe0f")

    @given(texts)
    def test_knows_where_each_character_comes_from(self, text: str) -> None:
        back = origins(text)
        assert len(back) == len(fold(text))
        assert all(fold(text)[i] in fold(text[position]) for i, position in enumerate(back))

    @given(texts)
    def test_leaves_nothing_to_fold(self, text: str) -> None:
        assert pieces(fold(text)) == pieces(text)


class TestNgrams:
    def test_of_chinese_are_characters_pairs_and_triples(self) -> None:
        assert pieces("太慢了") == {"太", "慢", "了", "太慢", "慢了", "太慢了"}

    def test_of_english_are_words_and_pairs(self) -> None:
        assert pieces("I don't know") == {"i", "don't", "know", "i don't", "don't know"}

    def test_of_mixed_text_are_both(self) -> None:
        assert pieces("iPhone太卡") == {"iphone", "太", "卡", "太卡"}

    def test_of_chinese_hold_digits_and_punctuation(self) -> None:
        assert {"2个", "了2个", "!"} <= pieces("等了2个!")

    def test_join_words_across_punctuation_but_no_emoji(self) -> None:
        assert pieces("late, again 😡") == {"late", "again", "late, again", "😡"}

    def test_do_not_reach_from_one_run_into_the_next(self) -> None:
        assert "慢太" not in {piece.replace(" ", "") for piece in pieces("太慢 太慢")}

    @given(texts)
    def test_have_the_ids_that_the_text_alone_is_said_to_have(self, text: str) -> None:
        assert gram_ids(fold(text), 18).tolist() == sorted(set(grams(fold(text), 18).ids.tolist()))

    @given(st.lists(texts, max_size=8))
    def test_have_the_ids_that_many_texts_together_are_said_to_have(self, many: list[str]) -> None:
        found = gram_ids_of([fold(text) for text in many], 18)
        assert [ids.tolist() for ids in found] == [gram_ids(fold(text), 18).tolist() for text in many]

    @pytest.mark.parametrize(
        "text",
        ["", "don't 'quote' it's'so", "late!? again!", "'", "a_b-c", "12 太", "app太慢 ok!", "卡 卡"],
    )
    def test_have_the_ids_of_their_occurrences_in_every_script(self, text: str) -> None:
        assert gram_ids(fold(text), 18).tolist() == sorted(set(grams(fold(text), 18).ids.tolist()))

    @given(texts)
    def test_have_the_ids_they_have_among_many_texts(self, text: str) -> None:
        many = grams_of(tokens([fold("很好"), fold(text), "end"]), 18)
        assert sorted(many.ids[many.rows == 1].tolist()) == sorted(grams(fold(text), 18).ids.tolist())


class TestShortening:
    def test_keeps_beginning_and_end(self) -> None:
        short = shorten("a" * 500 + "b" * 500, 100)
        assert len(short) == 100
        assert short.startswith("aaa") and short.endswith("bbb")

    def test_leaves_short_text_alone(self) -> None:
        assert shorten("short", 5) == "short"


class TestAPhrase:
    @pytest.mark.parametrize(
        ("text", "phrase"), [("I will CANCEL.", "cancel"), ("我要退订了", "退订"), ("app退款", "退款"), ("no!!", "!!")]
    )
    def test_is_found(self, text: str, phrase: str) -> None:
        assert contains_phrase(fold(text), fold(phrase))

    @pytest.mark.parametrize(
        ("text", "phrase"), [("cancellation", "cancel"), ("uncancel", "cancel"), ("退 订", "退订")]
    )
    def test_is_not_found_inside_a_word(self, text: str, phrase: str) -> None:
        assert not contains_phrase(fold(text), fold(phrase))
