"""Cutting a text at the words that weighed. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol


class Highlight(Protocol):
    """A stretch of the text, in characters from its start, and its log-odds: positive speaks for accurate."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def strength(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of the text: `side` is "for", "against", or empty where nothing weighed."""

    text: str
    side: str = ""


def passages(text: str, highlights: Iterable[Highlight]) -> list[Passage]:
    """The text in pieces that put together are the text again, whatever the highlights claim.

    Where highlights overlap the earlier one keeps its stretch; what lies outside the text, and marks on mere
    punctuation, are left out. Neighbours of one side with nothing but space between become one piece: a phrase.
    """
    joined: list[Passage] = []
    for piece in filter(lambda piece: piece.text, _cut(text, highlights)):
        joined.append(piece)
        if _is_phrase(joined[-3:]):
            joined[-3:] = [Passage("".join(part.text for part in joined[-3:]), piece.side)]
    return joined


def _is_phrase(last: list[Passage]) -> bool:
    """Whether the last three pieces are two of one side with nothing but space between."""
    return len(last) == 3 and last[0].side == last[2].side != "" and last[1].text.isspace()


def _cut(text: str, highlights: Iterable[Highlight]) -> Iterator[Passage]:
    reached = 0
    for mark in sorted(highlights, key=lambda mark: (mark.start, mark.end)):
        start, end = max(mark.start, reached), min(mark.end, len(text))
        if end <= start or not any(map(str.isalnum, text[start:end])):
            continue
        yield Passage(text[reached:start])
        yield Passage(text[start:end], "for" if mark.strength > 0 else "against")
        reached = end
    yield Passage(text[reached:])
