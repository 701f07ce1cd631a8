"""Why an alert got its probability: contributions in log-odds, and the words of the text that weighed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Literal

from scoring.features import SCORER, SCORER_VERSION, UPSTREAM, AlertFacts, Features
from scoring.learner import counts
from scoring.learner.phrases import LEAST, Highlight, Span, in_original, phrases, stretches
from scoring.learner.registry import BELIEFS, SLOW, categories_of
from scoring.learner.state import Encoder, Floats, Weights
from scoring.text import fold, grams_of, shorten, tokens

Kind = Literal[
    "text", "number", "category", "missing", "upstream", "scorer", "prior", "customer", "generation", "lately",
    "faint", "absent", "calibration", "baseline",
]  # fmt: skip

_REASON_SPANS: Final = 4  # places of one phrase that a reason names


@dataclass(frozen=True, slots=True)
class Reason:
    """One contribution to the log-odds that an alert is accurate.

    ``kind`` text: ``name`` is "text", ``value`` the phrase, ``spans`` where it stands in the original text. Number,
    category, missing: ``name`` is the feature's. Upstream: the scorer's own score as the model has learnt to read it.
    Prior: the same score before verdicts outweigh it. Scorer: who raised the alert; lately: how its last few hundred
    went. Customer: how this customer's earlier alerts went. Generation: what the slow model says beyond the features.
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
    return heaviest(every_reason(facts, features, encoder, weights, prior), top)


def every_reason(
    facts: AlertFacts, features: Features, encoder: Encoder, weights: Weights, prior: float
) -> list[Reason]:
    """Every reason that the model can name, however little it weighs."""
    held = weights.dense[SLOW:BELIEFS] * encoder.beliefs(features)
    beside, rest = beliefs(features, encoder, weights, held)
    usual = encoder.usual(weights)
    usual = {name: usual.get(name, 0.0) - beside.get(name, 0.0) for name in usual.keys() | beside.keys()}
    found = [*text_reasons(facts, features, encoder, weights), *_number_reasons(features, encoder, weights, usual)]
    found += [*_category_reasons(features, encoder, weights, usual), *rest]
    found.append(Reason("prior", "upstream_score", facts.upstream_score, prior))
    return found


def beliefs(
    features: Features, encoder: Encoder, weights: Weights, held: Floats
) -> tuple[dict[str, float], list[Reason]]:
    """What generation and counts add beyond the average alert: by feature, and as reasons of their own.

    ``held``: what the generation and each count adds to this alert's log-odds. What the generation says is put down to
    features by its trees. The categories' own contributions have the counts in them, so the average is taken off here;
    a scorer's are taken out, and stand alone: how its alerts did of late is the same for all that it raises.
    """
    beyond = held - weights.dense[SLOW:BELIEFS] * weights.usual[SLOW:BELIEFS]
    share = float(beyond[0])
    beside: dict[str, float] = {}
    named = {name for name, _ in features.numbers} | {name for name, _ in categories_of(features)}
    if encoder.generation is not None and share:
        slow = float(weights.dense[SLOW])
        beside = {name: slow * part for name, part in encoder.generation.parts(features).items() if name in named}
        share -= sum(beside.values())
    segments = [name for name, _ in features.categories if counts.slot_of(name) == counts.SEGMENTS]
    average = held[1:] - beyond[1:]
    lately = float(beyond[1 + counts.SCORERS])
    owners = [(SCORER, held[1 + counts.SCORERS]), (SCORER_VERSION, average[counts.RULES])]
    if counts.RULE not in named:
        owners[1] = (SCORER_VERSION, held[1 + counts.RULES])
        lately += float(beyond[1 + counts.RULES])
    owners += [(name, average[counts.SEGMENTS] / len(segments)) for name in segments]
    for name, part in owners:
        beside[name] = beside.get(name, 0.0) - float(part)
    if not segments:
        share -= float(average[counts.SEGMENTS])
    customer = float(beyond[1 + counts.CUSTOMERS] + beyond[1 + counts.KNOWN])
    return beside, [
        Reason("generation", "generation", None, share),
        Reason("customer", "customer", features.customer or None, customer),
        Reason("lately", "scorer", dict(features.categories)[SCORER], lately),
    ]


def heaviest(found: Iterable[Reason], top: int) -> list[Reason]:
    """The ``top`` heaviest reasons, heaviest first; equal ones by kind and name; those that weigh nothing left out."""
    heavy = [reason for reason in found if abs(reason.contribution) > LEAST]
    return sorted(heavy, key=lambda r: (-abs(r.contribution), r.kind, r.name, str(r.value)))[:top]


def highlights(facts: AlertFacts, features: Features, encoder: Encoder, weights: Weights) -> list[Highlight]:
    """Readable spans of the original text with what they weigh, in order of place; faint ones left out."""
    _, found = _stretches(facts, features, encoder, weights)
    places = in_original(facts.text, encoder.config.max_text_chars, [(one.start, one.end) for one in found])
    marked: list[Highlight] = []
    reached = 0
    for (first, end), one in zip(places, found, strict=True):
        start = max(first, reached)  # two stretches can share an original character: ¼ folds to three
        if start < end:
            marked.append(Highlight(start, end, one.strength))
            reached = end
    return marked


def _stretches(
    facts: AlertFacts, features: Features, encoder: Encoder, weights: Weights
) -> tuple[str, list[Highlight]]:
    """The folded text and its stretches."""
    config = encoder.config
    folded = fold(shorten(facts.text, config.max_text_chars))
    cut = tokens([folded])
    return folded, stretches(config, weights.sparse, [features], cut, grams_of(cut, config.text_bits))[0]


def text_reasons(facts: AlertFacts, features: Features, encoder: Encoder, weights: Weights) -> list[Reason]:
    """The phrases of the text that weighed; of ``weights`` only the sparse ones count."""
    found = phrases(*_stretches(facts, features, encoder, weights))
    places = iter(in_original(facts.text, encoder.config.max_text_chars, [span for one in found for span in one.spans]))
    return [text_reason(facts.text, list(islice(places, len(one.spans))), one.strength) for one in found]


def text_reason(text: str, spans: Sequence[Span], part: float) -> Reason:
    """The reason that a phrase is, which stands at these places of the original text."""
    return Reason("text", "text", text[slice(*spans[0])].strip(), part, tuple(spans[:_REASON_SPANS]))


def _number_reasons(features: Features, encoder: Encoder, weights: Weights, usual: Mapping[str, float]) -> list[Reason]:
    """A number without a column of its own can still weigh in the slow generation."""
    row = encoder.row(features)
    known = [name for name, _ in features.numbers if name in encoder.registry.columns]
    parts = dict(zip(known, encoder.measures(row.columns, row.numbers, weights).tolist(), strict=True))
    return [
        number_reason(name, number, parts.get(name, 0.0) - usual.get(name, 0.0)) for name, number in features.numbers
    ]


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
    """The reason that a category is; the scorer and its version are two, with one value where the version is empty."""
    if name == SCORER:
        return Reason("scorer", "scorer", value, part)
    if name == SCORER_VERSION:
        return Reason("scorer", "scorer_version", value.removesuffix("\x1f").replace("\x1f", " "), part)
    return Reason("category", name, value, part)
