"""Why an alert got its probability: contributions in log-odds, and the words of the text that weighed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

import numpy as np

from scoring.features import SCORER, SCORER_VERSION, UPSTREAM, AlertFacts, Features
from scoring.registry import categories_of
from scoring.state import Encoder, Floats, Weights
from scoring.text import fold, grams, origins, shorten, word_ends

Kind = Literal["text", "number", "category", "missing", "upstream", "scorer", "prior"]
Span = tuple[int, int]

FAINT: Final = 0.15  # characters below this share of the strongest one are not worth a colour
LEAST: Final = 1e-9  # log-odds up to which a contribution is none
_REASON_SPANS: Final = 4  # places of one phrase that a reason names


@dataclass(frozen=True, slots=True)
class Highlight:
    """Characters ``start`` to ``end`` (excluded) of the original text and their log-odds: above 0 for accurate."""

    start: int
    end: int
    strength: float


@dataclass(frozen=True, slots=True)
class Reason:
    """One contribution to the log-odds that an alert is accurate.

    ``kind`` text: ``name`` is "text", ``value`` the phrase, ``spans`` where it stands in the original text. Number,
    category, missing: ``name`` is the feature's. Upstream: the scorer's own score as the model has learnt to read it.
    Prior: the same score before verdicts outweigh it. Scorer: who raised the alert.
    """

    kind: Kind
    name: str
    value: str | float | None
    contribution: float
    spans: tuple[Span, ...] = ()


def reasons(
    facts: AlertFacts, features: Features, encoder: Encoder, weights: Weights, prior: float, top: int
) -> list[Reason]:
    """The ``top`` heaviest reasons, heaviest first; equal ones by kind and name."""
    usual = encoder.usual(weights)
    found = [*_text_reasons(facts, features, encoder, weights), *_number_reasons(features, encoder, weights, usual)]
    found += _category_reasons(features, encoder, weights, usual)
    if prior:
        found.append(Reason("prior", "upstream_score", facts.upstream_score, prior))
    return heaviest(found, top)


def heaviest(found: Iterable[Reason], top: int) -> list[Reason]:
    """The ``top`` heaviest reasons, heaviest first; equal ones by kind and name; those that weigh nothing left out."""
    heavy = [reason for reason in found if abs(reason.contribution) > LEAST]
    return sorted(heavy, key=lambda r: (-abs(r.contribution), r.kind, r.name, str(r.value)))[:top]


def highlights(facts: AlertFacts, features: Features, encoder: Encoder, weights: Weights) -> list[Highlight]:
    """Readable spans of the original text with what they weigh, in order of place; faint ones left out.

    An n-gram's contribution is shared out evenly over the characters of all its occurrences. Neighbouring characters of
    one sign make a span; outside Chinese a span covers whole words.
    """
    text = shorten(facts.text, encoder.config.max_text_chars)
    folded = fold(text)
    density = _density(folded, features, encoder, weights)
    if not density.any():
        return []
    spans = _spans(_whole_words(folded, density))
    places = in_original(facts.text, encoder.config.max_text_chars, spans)
    return [
        Highlight(*place, float(density[first:last].sum())) for place, (first, last) in zip(places, spans, strict=True)
    ]


def _density(folded: str, features: Features, encoder: Encoder, weights: Weights) -> Floats:
    """Log-odds of each folded character."""
    density = np.zeros(len(folded) + 1)
    found = grams(folded, encoder.config.text_bits)
    places = np.isin(found.ids, features.text_ids)
    ids, starts, ends = found.ids[places], found.starts[places], found.ends[places]
    if not len(ids):
        return density[:-1]
    _, inverse, times = np.unique(ids, return_inverse=True, return_counts=True)
    scale = encoder.config.text_gain * features.text_value
    share = weights.sparse[ids] * scale / times[inverse] / (ends - starts)
    np.add.at(density, starts, share)
    np.add.at(density, ends, -share)
    return np.cumsum(density)[:-1]


def _whole_words(folded: str, density: Floats) -> Floats:
    """The density with that of each word spread evenly over the word."""
    spread = density.copy()
    for first, last in word_ends(folded):
        spread[first:last] = density[first:last].mean()
    return spread


def _spans(density: Floats) -> list[Span]:
    """Maximal stretches of one sign in which every character is stronger than faint."""
    strong = np.where(np.abs(density) >= FAINT * np.abs(density).max(), np.sign(density), 0.0)
    edges = np.flatnonzero(np.diff(np.concatenate(([0.0], strong, [0.0]))))
    return [(int(a), int(b)) for a, b in pairwise(edges) if strong[a] != 0.0]


def _original(back: Sequence[int], beyond: tuple[int, int], first: int, last: int) -> Span:
    """Folded positions as positions in the original text."""
    cut, skipped = beyond
    start, end = back[first], back[last - 1] + 1
    return start + (skipped if start >= cut else 0), end + (skipped if end > cut else 0)


def _skipped(original: str, text: str, limit: int) -> tuple[int, int]:
    """From which position of the shortened text on characters moved, and by how many."""
    return limit - limit // 4, len(original) - len(text)


def _text_reasons(facts: AlertFacts, features: Features, encoder: Encoder, weights: Weights) -> list[Reason]:
    phrases: dict[str, tuple[float, list[Span]]] = {}
    for one in highlights(facts, features, encoder, weights):
        phrase = facts.text[one.start : one.end].strip()
        strength, spans = phrases.get(fold(phrase), (0.0, []))
        phrases[fold(phrase)] = strength + one.strength, [*spans, (one.start, one.end)]
    return [text_reason(facts.text, spans, strength) for strength, spans in phrases.values()]


def text_reason(text: str, spans: Sequence[Span], part: float) -> Reason:
    """The reason that a phrase is, which stands at these places of the original text."""
    return Reason("text", "text", text[slice(*spans[0])].strip(), part, tuple(spans[:_REASON_SPANS]))


def in_original(text: str, limit: int, spans: Sequence[Span]) -> list[Span]:
    """Spans of ``fold(shorten(text, limit))`` as spans of the text."""
    short = shorten(text, limit)
    back, beyond = origins(short), _skipped(text, short, limit)
    return [_original(back, beyond, first, last) for first, last in spans]


def _number_reasons(features: Features, encoder: Encoder, weights: Weights, usual: Mapping[str, float]) -> list[Reason]:
    row = encoder.row(features)
    known = [(name, number) for name, number in features.numbers if name in encoder.registry.columns]
    parts = encoder.measures(row.columns, row.numbers, weights).tolist()
    return [number_reason(name, number, part - usual[name]) for (name, number), part in zip(known, parts, strict=True)]


def number_reason(name: str, number: float, part: float) -> Reason:
    """The reason that a number is; the upstream score is one."""
    if name == UPSTREAM:
        return Reason("upstream", "upstream_score", number, part)
    return Reason("number", name, number, part)


def _category_reasons(
    features: Features, encoder: Encoder, weights: Weights, usual: Mapping[str, float]
) -> list[Reason]:
    parts = [(key, encoder.category(key, weights) - usual.get(key[0], 0.0)) for key in categories_of(features)]
    return [category_reason(name, value, part) if value is not None else missing_reason(name, part)
            for (name, value), part in parts]  # fmt: skip


def missing_reason(name: str, part: float) -> Reason:
    """The reason that it is for a feature to have no value."""
    return Reason("missing", "upstream_score" if name == UPSTREAM else name, None, part)


def category_reason(name: str, value: str, part: float) -> Reason:
    """The reason that a category is; the scorer and its version are two."""
    if name == SCORER:
        return Reason("scorer", "scorer", value, part)
    if name == SCORER_VERSION:
        return Reason("scorer", "scorer_version", value.replace("\x1f", " "), part)
    return Reason("category", name, value, part)
