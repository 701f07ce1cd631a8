"""Reads the folder `stories/`: the words, people's habits of speech and figures from which the history is told."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from scoring.demo.people import EVERY_QUEUE

_FOLDER = Path(__file__).parent / "stories"

Bilingual = Mapping[str, str]
Banks = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class ScorerStory:
    """An upstream scorer. `kind` is llm, rule or sql; the second version, if any, arrives in month 3."""

    name: str
    kind: str
    versions: tuple[str, ...]
    share: float
    fails: Bilingual
    grounds: Banks


@dataclass(frozen=True, slots=True)
class FeatureStory:
    """How a structured feature behaves where the alert is accurate and where it is false.

    `kind`: customer (read off the customer), count (log-normal: median, sigma), ratio and grade (normal: mean,
    deviation) or category (shares by value; `values`: what each is called). `missing`: the share of alerts without it.
    """

    key: str
    label: Bilingual
    kind: str
    accurate: Any = None
    false: Any = None
    missing: float = 0.0
    values: Mapping[str, Bilingual] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scene:
    """A situation with the lines people say in it. `truth` is accurate, false, or either (the figures decide)."""

    key: str
    truth: str
    weight: float
    scorers: tuple[str, ...]
    lines: Banks
    reason: str = ""
    from_month: int = 1
    until_month: int = 6


@dataclass(frozen=True, slots=True)
class QueueStory:
    """One queue: its names, its guideline, its scorers, features and scenes. Texts are by language (zh, en)."""

    slug: str
    names: Bilingual
    claim: Bilingual
    guidelines: Bilingual
    alerts: int
    base_rate: float
    dialogue: Banks
    customer_speaks: bool
    scorers: tuple[ScorerStory, ...]
    features: tuple[FeatureStory, ...]
    scenes: tuple[Scene, ...]
    # As scoring.policy.rules_from reads them.
    hard_rules: tuple[Mapping[str, Any], ...]
    # (from which day on, what the lead asks of the policy until the lab grants it), in order.
    policy: tuple[tuple[int, Mapping[str, Any]], ...]


@dataclass(frozen=True, slots=True)
class CommonWords:
    """What all queues share: slots by language, openers, closers, signatures, small talk, notes by reason."""

    slots: Mapping[str, Mapping[str, tuple[str, ...]]]
    openers: Banks
    closers: Banks
    signatures: Banks
    smalltalk: Banks
    notes: Mapping[str, Banks]


@cache
def queue_stories() -> tuple[QueueStory, ...]:
    """The six queues, in the order of the menu."""
    return tuple(_queue(_read(slug)) for slug in EVERY_QUEUE)


@cache
def common_words() -> CommonWords:
    """The words shared by all queues."""
    raw = _read("common")
    slots = {lang: {name: tuple(words) for name, words in bank.items()} for lang, bank in raw["slots"].items()}
    slots["mixed"] = slots["zh"]
    notes = {reason: {lang: tuple(words) for lang, words in bank.items()} for reason, bank in raw["notes"].items()}
    banks = {name: _banks(raw[name]) for name in ("openers", "closers", "signatures", "smalltalk")}
    return CommonWords(slots=slots, notes=notes, **banks)


@cache
def company_names() -> Banks:
    """Invented company names by language."""
    raw = _read("customers")
    english = raw["en"].strip().replace("\n", "|").split("|")
    return {"zh": tuple(raw["zh"].split()), "en": tuple(english)}


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def _banks(raw: Mapping[str, Any]) -> Banks:
    """Line by line where a bank is one text, item by item where it is a list."""
    return {
        lang: tuple(value.strip().splitlines()) if isinstance(value, str) else tuple(value)
        for lang, value in raw.items()
        if lang in ("zh", "en", "mixed")
    }


def _queue(raw: dict[str, Any]) -> QueueStory:
    return QueueStory(
        slug=raw["slug"], names=raw["names"], claim=raw["claim"], guidelines=raw["guidelines"],
        alerts=raw["alerts"], base_rate=raw["base_rate"], dialogue=_banks(raw.get("dialogue", {})),
        customer_speaks="speaker" not in raw and "dialogue" not in raw,
        scorers=tuple(_scorer(item) for item in raw["scorers"]),
        features=tuple(FeatureStory(**item) for item in raw["features"]),
        scenes=tuple(_scene(item) for item in raw["scenes"]),
        hard_rules=tuple(raw["hard_rules"]),
        policy=tuple((step.pop("from_day"), step) for step in raw["policy"]),
    )  # fmt: skip


def _scorer(raw: dict[str, Any]) -> ScorerStory:
    return ScorerStory(
        name=f"{raw['name']}-demo", kind=raw["kind"], versions=tuple(raw["versions"]), share=raw["share"],
        fails=raw["fails"], grounds=_banks(raw.get("grounds", {})),
    )  # fmt: skip


def _scene(raw: dict[str, Any]) -> Scene:
    rest = {name: raw[name] for name in ("reason", "from_month", "until_month") if name in raw}
    return Scene(
        key=raw["key"],
        truth=raw["truth"],
        weight=raw["weight"],
        scorers=tuple(raw["scorers"]),
        lines=_banks(raw),
        **rest,
    )
