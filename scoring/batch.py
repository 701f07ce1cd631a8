"""Probabilities and reasons of many alerts at a time: what `OnlineModel` says of each, in one sweep. Pure.

One alert costs some hundred calls into numpy, whose price is the call; a batch shares them. Probabilities are equal bit
by bit to those of one alert at a time, and a test holds that; reasons are equal up to rounding in the sums.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from scoring.features import AlertFacts, Features, assemble
from scoring.online_model import OnlineModel, Reason
from scoring.reasons import (
    FAINT,
    LEAST,
    category_reason,
    heaviest,
    in_original,
    missing_reason,
    number_reason,
    text_reason,
)
from scoring.state import Floats, category_slot, upstream_of
from scoring.text import WORD, Grams, Tokens, fold, grams_of, shorten, tokens

_Phrase = tuple[float, list[tuple[int, int]]]
_Maker = Callable[..., Reason]
# Log-odds, what makes the reason (None: a phrase of the text), and of what.
_Candidate = tuple[float, _Maker | None, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Judged:
    """The probability that an alert is accurate, and the heaviest reasons for it, heaviest first."""

    probability: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class _Parts:
    """Log-odds of everything in a batch, laid end to end; the bounds say where each alert's begin."""

    texts: Floats
    text_bounds: list[int]
    slots: Floats
    slot_bounds: list[int]
    scores: Floats
    bins: Floats
    number_bounds: list[int]
    known: list[list[tuple[str, float]]]


def judge_many(model: OnlineModel, alerts: Sequence[AlertFacts], top: int) -> list[Judged]:
    """Probability and reasons of each alert. Changes nothing.

    1. Cut all texts into n-grams. 2. Weigh everything. 3. Sum up alert by alert. 4. Find the heaviest reasons.
    """
    if not alerts:
        return []
    config = model.config
    found = tokens([fold(shorten(one.text, config.max_text_chars)) for one in alerts])
    grams = grams_of(found, config.text_bits)
    features = _features(model, alerts, grams)
    parts = _weigh(model, features)
    phrases = _phrases(model, features, found, grams)
    return [
        _judge(model, facts, one, parts, row, phrases[row], top)
        for row, (facts, one) in enumerate(zip(alerts, features, strict=True))
    ]


def _features(model: OnlineModel, alerts: Sequence[AlertFacts], grams: Grams) -> list[Features]:
    bits = model.config.text_bits
    keys = np.unique(grams.rows << bits | grams.ids)
    bounds = np.searchsorted(keys, np.arange(len(alerts) + 1) << bits).tolist()
    ids = (keys & ((1 << bits) - 1)).astype(np.int32)
    return [assemble(facts, ids[bounds[row] : bounds[row + 1]], model.config) for row, facts in enumerate(alerts)]


def _weigh(model: OnlineModel, features: Sequence[Features]) -> _Parts:
    encoder, weights = model.encoder, model.river.weights_array
    layout, index = encoder.layout, encoder.columns.index
    slots = [
        [
            *(category_slot(layout, name, value) for name, value in one.categories),
            *(category_slot(layout, name, None) for name in one.missing),
        ]
        for one in features
    ]
    known = [[(name, number) for name, number in one.numbers if name in index] for one in features]
    columns = np.array([index[name] for row in known for name, _ in row], dtype=np.int32)
    numbers = np.array([number for row in known for _, number in row], dtype=np.float64)
    first = layout.numeric + columns * layout.stride
    gains = [model.config.text_gain / len(one.text_ids) ** 0.5 if len(one.text_ids) else 0.0 for one in features]
    sizes = [len(one.text_ids) for one in features]
    text_ids = np.concatenate([one.text_ids for one in features])
    return _Parts(
        weights[text_ids] * np.repeat(gains, sizes),
        _bounds(sizes),
        weights[np.array([slot for row in slots for slot in row], dtype=np.int32)],
        _bounds([len(row) for row in slots]),
        weights[first] * encoder.z(columns, numbers),
        weights[first + 1 + encoder.bin(columns, numbers)],
        _bounds([len(row) for row in known]),
        known,
    )


def _bounds(sizes: Sequence[int]) -> list[int]:
    bounds = [0]
    for size in sizes:
        bounds.append(bounds[-1] + size)
    return bounds


def _judge(
    model: OnlineModel,
    facts: AlertFacts,
    features: Features,
    parts: _Parts,
    row: int,
    phrases: Sequence[_Phrase],
    top: int,
) -> Judged:
    text = slice(*parts.text_bounds[row : row + 2])
    slot = slice(*parts.slot_bounds[row : row + 2])
    number = slice(*parts.number_bounds[row : row + 2])
    scores, bins = parts.scores[number], parts.bins[number]
    upstream = upstream_of(features)
    # The order of OnlineModel.log_odds: sums of floats depend on it.
    linear = float(np.add.reduce(np.concatenate((parts.texts[text], parts.slots[slot], scores, bins))))
    found: list[_Candidate] = [(strength, None, (spans,)) for strength, spans in phrases]
    found += [(part, number_reason, one) for one, part in zip(parts.known[row], (scores + bins).tolist(), strict=True)]
    found += zip(parts.slots[slot].tolist(), *_category_makers(features), strict=True)
    found.append((model.prior(upstream), _prior_reason, (facts.upstream_score,)))
    return Judged(model.probability(linear, upstream), _heaviest(found, facts, model.config.max_text_chars, top))


def _category_makers(features: Features) -> tuple[list[_Maker], list[tuple[Any, ...]]]:
    makers: list[_Maker] = [category_reason] * len(features.categories) + [missing_reason] * len(features.missing)
    return makers, [*features.categories, *((name,) for name in features.missing)]


def _prior_reason(upstream_score: float | None, part: float) -> Reason:
    return Reason("prior", "upstream_score", upstream_score, part)


def _heaviest(found: Sequence[_Candidate], facts: AlertFacts, limit: int, top: int) -> tuple[Reason, ...]:
    """Only what can be among the heaviest is made into reasons: a batch has thousands of candidates."""
    least = max(LEAST, sorted((abs(one[0]) for one in found), reverse=True)[min(top, len(found)) - 1])
    chosen = [one for one in found if abs(one[0]) >= least]
    made = [make(*what, part) for part, make, what in chosen if make]
    phrases = [(part, what[0]) for part, make, what in chosen if make is None]
    places = iter(in_original(facts.text, limit, [span for _, spans in phrases for span in spans]) if phrases else ())
    made += [text_reason(facts.text, list(islice(places, len(spans))), part) for part, spans in phrases]
    return tuple(heaviest(made, top))


def _phrases(model: OnlineModel, features: Sequence[Features], found: Tokens, grams: Grams) -> list[list[_Phrase]]:
    """Each alert's phrases: log-odds in sum, and where they stand in its folded text (see reasons.highlights)."""
    density = _whole_words(found, _density(model, features, found, grams))
    lengths = np.diff(found.offsets, append=len(density))
    peaks = np.maximum.reduceat(np.abs(density), found.offsets)
    strong = np.where(np.abs(density) >= FAINT * np.repeat(np.maximum(peaks, LEAST), lengths), np.sign(density), 0.0)
    edges = np.flatnonzero(np.diff(strong, prepend=0.0, append=0.0))
    starts, ends = edges[:-1][strong[edges[:-1]] != 0], edges[1:][strong[edges[:-1]] != 0]
    sums = np.concatenate(([0.0], np.cumsum(density)))
    rows = np.searchsorted(found.offsets, starts, side="right") - 1
    kept: list[dict[str, _Phrase]] = [{} for _ in features]
    begins = found.offsets[rows]
    columns = (rows, starts, ends, sums[ends] - sums[starts], begins)
    for row, start, end, strength, begin in zip(*(column.tolist() for column in columns), strict=True):
        phrase = found.joined[start:end].strip()
        before, spans = kept[row].get(phrase, (0.0, []))
        kept[row][phrase] = (before + strength, [*spans, (start - begin, end - begin)])
    return [list(one.values()) for one in kept]


def _density(model: OnlineModel, features: Sequence[Features], found: Tokens, grams: Grams) -> Floats:
    """Log-odds of each folded character of the batch, and of one place behind the last."""
    config, weights = model.config, model.river.weights_array[grams.ids]
    used = np.concatenate([one.text_ids.astype(np.int64) | row << config.text_bits for row, one in enumerate(features)])
    keys = grams.rows << config.text_bits | grams.ids
    heavy = weights != 0
    if any(len(one.text_ids) >= config.max_text_ids for one in features):
        heavy &= np.isin(keys, used)
    _, inverse, times = np.unique(keys[heavy], return_inverse=True, return_counts=True)
    starts, ends, rows = grams.starts[heavy], grams.ends[heavy], grams.rows[heavy]
    scale = config.text_gain * np.array([one.text_value for one in features])
    share = weights[heavy] * scale[rows] / times[inverse] / (ends - starts)
    size = len(found.joined) + 1
    density = np.cumsum(np.bincount(starts, share, size) - np.bincount(ends, share, size))
    covered = np.cumsum(np.bincount(starts, minlength=size) - np.bincount(ends, minlength=size))
    return np.where(covered > 0, density, 0.0)  # where nothing stands, only rounding is left of the sums


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
