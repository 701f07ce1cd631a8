"""Probabilities and reasons of many alerts at a time: what `OnlineModel` says of each, in one sweep. Pure.

One alert costs some hundred calls into numpy, whose price is the call; a batch shares them. Probabilities are equal bit
by bit to those of one alert at a time, and a test holds that; reasons are equal up to rounding in the sums.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
from scoring.registry import Category, categories_of
from scoring.state import Floats, upstream_of
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
    hashed: Floats
    hashed_bounds: list[int]
    categories: Floats
    category_bounds: list[int]
    scores: Floats
    bins: Floats
    number_bounds: list[int]
    known: list[list[tuple[str, float]]]
    by_category: dict[Category, float]


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
    parts, usual = _weigh(model, features), model.encoder.usual(model.weights)
    phrases = _phrases(model, features, found, grams)
    return [
        _judge(model, facts, one, parts, usual, row, phrases[row], top)
        for row, (facts, one) in enumerate(zip(alerts, features, strict=True))
    ]


def _features(model: OnlineModel, alerts: Sequence[AlertFacts], grams: Grams) -> list[Features]:
    bits = model.config.text_bits
    keys = np.unique(grams.rows << bits | grams.ids)
    bounds = np.searchsorted(keys, np.arange(len(alerts) + 1) << bits).tolist()
    ids = (keys & ((1 << bits) - 1)).astype(np.int32)
    return [assemble(facts, ids[bounds[row] : bounds[row + 1]], model.config) for row, facts in enumerate(alerts)]


def _weigh(model: OnlineModel, features: Sequence[Features]) -> _Parts:
    encoder, weights = model.encoder, model.weights
    columns, statistics = encoder.registry.columns, encoder.statistics
    rows = [encoder.row(one) for one in features]
    found = np.concatenate([row.columns for row in rows])
    numbers = np.concatenate([row.numbers for row in rows])
    first = encoder.registry.first_slots[found]
    sizes = [len(row.text_ids) for row in rows]
    gains = [model.config.text_gain / size**0.5 if size else 0.0 for size in sizes]
    return _Parts(
        weights.sparse[np.concatenate([row.text_ids for row in rows])] * np.repeat(gains, sizes),
        _bounds(sizes),
        weights.sparse[np.concatenate([row.hashed for row in rows])],
        _bounds([len(row.hashed) for row in rows]),
        weights.dense[np.concatenate([row.categories for row in rows])],
        _bounds([len(row.categories) for row in rows]),
        weights.dense[first] * statistics.z(found, numbers),
        weights.dense[first + 1 + statistics.bin(found, numbers)],
        _bounds([len(row.columns) for row in rows]),
        [[(name, number) for name, number in one.numbers if name in columns] for one in features],
        {key: encoder.category(key, weights) for key in {key for one in features for key in categories_of(one)}},
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
    usual: Mapping[str, float],
    row: int,
    phrases: Sequence[_Phrase],
    top: int,
) -> Judged:
    upstream = upstream_of(features)
    number = slice(*parts.number_bounds[row : row + 2])
    numbers = (parts.scores[number] + parts.bins[number]).tolist()
    found: list[_Candidate] = [(strength, None, (spans,)) for strength, spans in phrases]
    for (name, value), part in zip(parts.known[row], numbers, strict=True):
        found.append((part - usual[name], number_reason, (name, value)))
    for name, category in categories_of(features):
        part = parts.by_category[name, category] - usual.get(name, 0.0)
        found.append((part, missing_reason, (name,)) if category is None else (part, category_reason, (name, category)))
    found.append((model.prior(upstream), _prior_reason, (facts.upstream_score,)))
    probability = model.probability(_log_odds(model, parts, row), upstream)
    return Judged(probability, _heaviest(found, facts, model.config.max_text_chars, top))


def _log_odds(model: OnlineModel, parts: _Parts, row: int) -> float:
    """The sum of an alert's parts, in the order of `Weights.dot`: sums of floats depend on it."""
    text, hashed = slice(*parts.text_bounds[row : row + 2]), slice(*parts.hashed_bounds[row : row + 2])
    category, number = slice(*parts.category_bounds[row : row + 2]), slice(*parts.number_bounds[row : row + 2])
    dense = (model.weights.dense[:1], parts.categories[category], parts.scores[number], parts.bins[number])
    sparse = np.concatenate((parts.texts[text], parts.hashed[hashed]))
    return float(np.add.reduce(np.concatenate(dense))) + float(np.add.reduce(sparse))


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
    config, weights = model.config, model.weights.sparse[grams.ids]
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
