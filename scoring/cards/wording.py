"""Which phrases stand in a scorer's false positives more often than in its accurate alerts. Pure.

A phrase is two to eight Chinese characters in a row, or one to three words of another script. Phrases grow from their
parts: a longer one is looked at only where both of its halves are frequent enough to be named, so that thousands of
texts take a fraction of a second.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import hypergeom

from scoring.cards.trial import Trial
from scoring.shares import discoveries
from scoring.text import fold

LEAST = 5  # false positives that a phrase stands in
SHARE = 0.01  # and of all of them
CHARACTERS = 600  # of each text that are read
LONGEST_RUN, LONGEST_WORDS = 8, 3

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_PIECE = re.compile(rf"[{_CJK}]+|(?:[^\W_{_CJK}]+(?:'[^\W_{_CJK}]+)?)")
_IS_RUN = re.compile(rf"[{_CJK}]")
# A Chinese phrase that begins or ends with one of these is a fragment of another.
_PARTICLES = frozenset("的了吗呢吧啊呀么嘛着过得地")

Gram = tuple[str, ...]  # one character or word each


@dataclass(frozen=True, slots=True)
class Wording:
    """A phrase, in how many false positives and accurate alerts it stands, out of how many."""

    phrase: str
    false: int
    accurate: int
    of_false: int
    of_accurate: int

    @property
    def share(self) -> float:
        """The accurate share of the alerts that have the phrase."""
        return self.accurate / (self.false + self.accurate)


def tell_tale_wordings(trials: Sequence[Trial], most: int = 10) -> list[Wording]:
    """The phrases over-represented among false positives, most telling first; none is part of another.

    The chance of so many by luck is hypergeometric (Fisher's exact test, one-sided); those that stand out of so many
    comparisons are kept (`discoveries`).
    """
    pieces = [_pieces(trial.text) for trial in trials]
    false = np.array([not trial.accurate for trial in trials], dtype=bool)
    found = [(gram, rows) for gram, rows in _frequent(pieces, false) if not _is_fragment(gram)]
    if not found:
        return []
    n, bad = len(trials), int(false.sum())
    hits = np.array([int(false[list(rows)].sum()) for _, rows in found])
    everywhere = np.array([len(rows) for _, rows in found])
    chances = hypergeom.sf(hits - 1, n, bad, everywhere)
    kept = discoveries(chances.tolist())
    order = sorted((i for i, keep in enumerate(kept) if keep), key=lambda i: (chances[i], -len(found[i][0]), found[i]))
    named: list[Wording] = []
    for i in order:
        phrase = _phrase(found[i][0])
        if len(named) < most and not any(phrase in one.phrase or one.phrase in phrase for one in named):
            named.append(Wording(phrase, int(hits[i]), int(everywhere[i] - hits[i]), bad, n - bad))
    return named


def _pieces(text: str) -> list[Gram]:
    """The text cut into runs of Chinese characters and runs of words."""
    pieces: list[Gram] = []
    words: list[str] = []
    for piece in _PIECE.findall(fold(text[:CHARACTERS])):
        if _IS_RUN.match(piece):
            pieces += [tuple(words)] if words else []
            pieces.append(tuple(piece))
            words = []
        else:
            words.append(piece)
    return [*pieces, tuple(words)] if words else pieces


def _frequent(
    pieces: Sequence[Sequence[Gram]], false: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> Iterator[tuple[Gram, frozenset[int]]]:
    """Every phrase that enough false positives have, with the alerts it stands in; shortest first."""
    least = max(LEAST, SHARE * float(false.sum()))
    bad = frozenset(np.flatnonzero(false).tolist())
    known: set[Gram] = set()
    for length in range(1, LONGEST_RUN + 1):
        rows: dict[Gram, set[int]] = defaultdict(set)
        for row, runs in enumerate(pieces):
            for gram in _grams(runs, length):
                if length == 1 or (gram[1:] in known and gram[:-1] in known):
                    rows[gram].add(row)
        known = {gram for gram, where in rows.items() if len(where & bad) >= least}
        if not known:
            return
        yield from ((gram, frozenset(rows[gram])) for gram in sorted(known))


def _grams(runs: Sequence[Gram], length: int) -> Iterator[Gram]:
    for run in runs:
        if length <= LONGEST_WORDS or _IS_RUN.match(run[0]):
            yield from (run[i : i + length] for i in range(len(run) - length + 1))


def _is_fragment(gram: Gram) -> bool:
    if not _IS_RUN.match(gram[0]):
        return False
    return len(gram) == 1 or gram[0] in _PARTICLES or gram[-1] in _PARTICLES


def _phrase(gram: Gram) -> str:
    return "".join(gram) if _IS_RUN.match(gram[0]) else " ".join(gram)
