"""Sentences one after the other."""

import pytest
from django.utils.translation import override

from scoring.lead.prose import prose


@pytest.mark.parametrize(("language", "text"), [("en", "One. Two. Three."), ("zh-hans", "One.Two.Three.")])
def test_sentences_are_joined_as_the_reader_writes_them(language: str, text: str) -> None:
    with override(language):
        assert prose("One.", "", "Two.", "Three.") == text


def test_what_a_sentence_holds_is_left_as_it_is() -> None:
    assert prose("Of %(n)s", "100 % sure") == "Of %(n)s 100 % sure"
    assert prose("", "") == ""
