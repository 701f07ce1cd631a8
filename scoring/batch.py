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
from scoring.learner.phrases import LEAST, Phrase, in_original, phrases, stretches
from scoring.learner.reasons import beliefs, category_reason, heaviest, missing_reason, number_reason, text_reason
from scoring.learner.registry import BELIEFS, SLOW, Category, categories_of
from scoring.learner.state import Floats, upstream_of
from scoring.online_model import OnlineModel, Reason
from scoring.text import Grams, fold, grams_of, shorten, tokens

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
    beliefs: list[Floats]
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
    folded = [fold(shorten(one.text, config.max_text_chars)) for one in alerts]
    found = tokens(folded)
    grams = grams_of(found, config.text_bits)
    features = _features(model, alerts, grams)
    parts, usual = _weigh(model, features), model.encoder.usual(model.weights)
    marked = stretches(config, model.weights.sparse, features, found, grams)
    return [
        _judge(model, facts, one, parts, usual, row, phrases(text, marked[row]), top)
        for row, (facts, one, text) in enumerate(zip(alerts, features, folded, strict=True))
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
    rows = encoder.rows(features)
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
        [weights.dense[SLOW:BELIEFS] * row.beliefs for row in rows],
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
    words: Sequence[Phrase],
    top: int,
) -> Judged:
    upstream = upstream_of(features)
    number = slice(*parts.number_bounds[row : row + 2])
    numbers = (parts.scores[number] + parts.bins[number]).tolist()
    found: list[_Candidate] = [(one.strength, None, (one.spans,)) for one in words]
    beside, rest = beliefs(features, model.encoder, model.weights, parts.beliefs[row])
    for (name, value), part in zip(parts.known[row], numbers, strict=True):
        found.append((part - usual[name] + beside.get(name, 0.0), number_reason, (name, value)))
    for name, category in categories_of(features):
        part = parts.by_category[name, category] - usual.get(name, 0.0) + beside.get(name, 0.0)
        found.append((part, missing_reason, (name,)) if category is None else (part, category_reason, (name, category)))
    found += [(one.contribution, _given, (one,)) for one in rest]
    found.append((model.prior(upstream), _prior_reason, (facts.upstream_score,)))
    probability = model.probability(_log_odds(model, parts, row), upstream)
    return Judged(probability, _heaviest(found, facts, model.config.max_text_chars, top))


def _log_odds(model: OnlineModel, parts: _Parts, row: int) -> float:
    """The sum of an alert's parts, in the order of `Weights.dot`: sums of floats depend on it."""
    text, hashed = slice(*parts.text_bounds[row : row + 2]), slice(*parts.hashed_bounds[row : row + 2])
    category, number = slice(*parts.category_bounds[row : row + 2]), slice(*parts.number_bounds[row : row + 2])
    dense = (
        model.weights.dense[:1],
        parts.beliefs[row],
        parts.categories[category],
        parts.scores[number],
        parts.bins[number],
    )
    sparse = np.concatenate((parts.texts[text], parts.hashed[hashed]))
    return float(np.add.reduce(np.concatenate(dense))) + float(np.add.reduce(sparse))


def _given(reason: Reason, _part: float) -> Reason:
    return reason


def _prior_reason(upstream_score: float | None, part: float) -> Reason:
    return Reason("prior", "upstream_score", upstream_score, part)


def _heaviest(found: Sequence[_Candidate], facts: AlertFacts, limit: int, top: int) -> tuple[Reason, ...]:
    """Only what can be among the heaviest is made into reasons: a batch has thousands of candidates."""
    least = max(LEAST, sorted((abs(one[0]) for one in found), reverse=True)[min(top, len(found)) - 1])
    chosen = [one for one in found if abs(one[0]) >= least]
    made = [make(*what, part) for part, make, what in chosen if make]
    words = [(part, what[0]) for part, make, what in chosen if make is None]
    places = iter(in_original(facts.text, limit, [span for _, spans in words for span in spans]) if words else ())
    made += [text_reason(facts.text, list(islice(places, len(spans))), part) for part, spans in words]
    return tuple(heaviest(made, top))
