"""The words of a text that weighed: from n-grams to readable stretches. Pure, for one text or many at a time.

An n-gram's log-odds are shared out evenly over the characters of all its occurrences. Neighbouring characters of one
sign make a stretch; outside Chinese a stretch covers whole words; faint characters are left out. In Chinese, which has
no spaces, a character's sign is that of its surroundings, a stretch ends at punctuation, and a character alone has to
weigh much to be one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from scoring.features import Features
from scoring.learner.model_config import ModelConfig
from scoring.learner.state import Floats
from scoring.text import RUN, WORD, Grams, Tokens, origins, shorten

Span = tuple[int, int]
Mask = np.ndarray[tuple[int], np.dtype[np.bool_]]

FAINT: Final = 0.15  # characters below this share of the strongest one of their text are not worth a colour
LONE: Final = 0.5  # a Chinese character alone below this share of the strongest stretch is no phrase
LEAST: Final = 1e-9  # log-odds up to which a contribution is none


@dataclass(frozen=True, slots=True)
class Highlight:
    """Characters ``start`` to ``end`` (excluded) of a text and their log-odds: above 0 for accurate."""

    start: int
    end: int
    strength: float


@dataclass(frozen=True, slots=True)
class Phrase:
    """The same stretch wherever it stands in a folded text, and its log-odds in sum."""

    strength: float
    spans: tuple[Span, ...]


def stretches(
    config: ModelConfig, sparse: Floats, features: Sequence[Features], found: Tokens, grams: Grams
) -> list[list[Highlight]]:
    """For each folded text its stretches, in order of place, each counted from that text's beginning."""
    density = _whole_words(found, _density(config, sparse, features, found, grams))
    wordlike, run = _characters(found)
    seen = np.where(wordlike, _around(density, run & wordlike), 0.0)
    lengths = np.diff(found.offsets, append=len(density))
    peaks = np.maximum.reduceat(np.abs(seen), found.offsets)
    strong = np.where(np.abs(seen) >= FAINT * np.repeat(np.maximum(peaks, LEAST), lengths), np.sign(seen), 0.0)
    edges = np.flatnonzero(np.diff(strong, prepend=0.0, append=0.0))
    named = strong[edges[:-1]] != 0.0
    starts, ends = edges[:-1][named], edges[1:][named]
    sums = np.concatenate(([0.0], np.cumsum(density)))
    strengths = sums[ends] - sums[starts]
    rows = np.searchsorted(found.offsets, starts, side="right") - 1
    heaviest = np.zeros(len(features))
    np.maximum.at(heaviest, rows, np.abs(strengths))
    kept = (strengths * strong[starts] > 0) & (
        (ends - starts > 1) | ~run[starts] | (np.abs(strengths) >= LONE * heaviest[rows])
    )
    begins = found.offsets[rows]
    return _by_row(len(features), *(column[kept] for column in (rows, starts - begins, ends - begins, strengths)))


def _by_row(count: int, *columns: np.ndarray[tuple[int], np.dtype[Any]]) -> list[list[Highlight]]:
    """Stretches of all texts (row, start, end, strength), text by text."""
    found: list[list[Highlight]] = [[] for _ in range(count)]
    for row, start, end, strength in zip(*(column.tolist() for column in columns), strict=True):
        found[row].append(Highlight(start, end, strength))
    return found


def _characters(found: Tokens) -> tuple[Mask, Mask]:
    """Which characters are no punctuation within a run, and which are of a run."""
    size = len(found.joined) + 1
    spans = np.bincount(found.starts, found.kinds == RUN, size) - np.bincount(found.ends, found.kinds == RUN, size)
    run = np.cumsum(spans) > 0
    letters = np.fromiter(map(str.isalnum, found.joined), np.bool_, size - 1)
    return np.append(letters, False) | ~run, run


def _around(density: Floats, among: Mask) -> Floats:
    """The density of each of these characters evened out with that of its neighbours among them."""
    own = np.where(among, density, 0.0)
    around = 0.5 * own
    around[1:] += 0.25 * own[:-1]
    around[:-1] += 0.25 * own[1:]
    return np.where(among, around, density)


def phrases(folded: str, found: Sequence[Highlight]) -> list[Phrase]:
    """Stretches of a folded text with the same words put together, in order of their first place."""
    kept: dict[str, Phrase] = {}
    for one in found:
        words = folded[one.start : one.end].strip()
        before = kept.get(words, Phrase(0.0, ()))
        kept[words] = Phrase(before.strength + one.strength, (*before.spans, (one.start, one.end)))
    return list(kept.values())


def in_original(text: str, limit: int, spans: Sequence[Span]) -> list[Span]:
    """Spans of ``fold(shorten(text, limit))`` as spans of the text."""
    short = shorten(text, limit)
    back, cut, skipped = origins(short), limit - limit // 4, len(text) - len(short)
    places = [(back[first], back[last - 1] + 1) for first, last in spans]
    return [(start + (skipped if start >= cut else 0), end + (skipped if end > cut else 0)) for start, end in places]


def _density(config: ModelConfig, sparse: Floats, features: Sequence[Features], found: Tokens, grams: Grams) -> Floats:
    """Log-odds of each folded character of all texts, and of one place behind the last."""
    weights, keys = sparse[grams.ids], grams.rows << config.text_bits | grams.ids
    heavy = weights != 0
    if any(len(one.text_ids) >= config.max_text_ids for one in features):
        heavy &= np.isin(keys, _used(config, features))
    _, inverse, times = np.unique(keys[heavy], return_inverse=True, return_counts=True)
    starts, ends, rows = grams.starts[heavy], grams.ends[heavy], grams.rows[heavy]
    scale = config.text_gain * np.array([one.text_value for one in features])
    share = weights[heavy] * scale[rows] / times[inverse] / (ends - starts)
    size = len(found.joined) + 1
    density = np.cumsum(np.bincount(starts, share, size) - np.bincount(ends, share, size))
    covered = np.cumsum(np.bincount(starts, minlength=size) - np.bincount(ends, minlength=size))
    return np.where(covered > 0, density, 0.0)  # where nothing stands, only rounding is left of the sums


def _used(config: ModelConfig, features: Sequence[Features]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The n-grams that were not cut off, of all texts."""
    return np.concatenate([one.text_ids.astype(np.int64) | row << config.text_bits for row, one in enumerate(features)])


def _whole_words(found: Tokens, density: Floats) -> Floats:
    """The density with that of each word spread evenly over the word."""
    words = found.kinds == WORD
    starts, lengths = found.starts[words], (found.ends - found.starts)[words]
    sums = np.concatenate(([0.0], np.cumsum(density)))
    means = (sums[starts + lengths] - sums[starts]) / lengths
    within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    spread = density.copy()
    spread[np.repeat(starts, lengths) + within] = np.repeat(means, lengths)
    return spread
