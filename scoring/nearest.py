"""How alike two alerts are, and a sketch of each so that the alike are found among a million. Pure.

A *profile* is an alert as a sparse vector of length 1: its n-grams, each as heavy as the model thinks it weighs, and
beside them its numbers and categories. A *signature* sketches a profile in ``BITS`` bits: bit by bit on which side of a
random plane it lies, so that the share of bits in which two differ estimates their angle (Charikar 2002, "Similarity
estimation techniques from rounding algorithms"). Signatures find candidates; profiles put them in order.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import copysign, floor, log2, sqrt
from typing import Final

import numpy as np
import numpy.typing as npt

from scoring.features import SCORER_VERSION, UPSTREAM, Features
from scoring.hashing import Ids, mixed

Floats = npt.NDArray[np.float64]
Keys = npt.NDArray[np.int64]
_Mark = str | int | None

VERSION: Final = 2  # of profiles and signatures: another one cannot be compared with these
BITS: Final = 1_024
FLOOR: Final = 0.02  # of what an n-gram counts that the model knows nothing of; known ones count some 0.1 to 1
TABLE_SHARE: Final = 0.6  # length of numbers and categories beside words of length 1
MOST_GRAMS: Final = 512  # of a long text those with the smallest ids: of two texts that share words, the same ones
_STEPS: Final = 4  # of a number from one power of two to the next: twice as much is four steps away
_REACH: Final = 3  # steps at which two numbers stop being alike
_PLACES: Final = 64  # between two steps that are told apart
_APART: Final = 2 * _REACH * _PLACES  # from here on the hills of two numbers share nothing
_BOTH: Final = (1 / sqrt(1 + TABLE_SHARE**2), TABLE_SHARE / sqrt(1 + TABLE_SHARE**2))
_SMALLEST: Final = 1e-300  # in place of a length of 0
_NOWHERE: Final = ""  # no mark is an empty text
_MARKS: Final = {str: "\x1f", int: "\x1d"}
_FINENESS: Final = 4_096  # weights are rounded to whole parts of this, so that sums are the same on any machine
_TABLE_KEYS: Final = 1 << 40  # keys of the table begin here, far above those of n-grams
_WORDS: Final = BITS // 64
_WORD_NUMBERS: Final = np.arange(1, _WORDS + 1, dtype=np.uint64)


@dataclass(frozen=True, slots=True)
class Profile:
    """Ascending keys with their weights, of length 1 in sum of squares; empty where the alert says nothing."""

    keys: Keys
    weights: Floats


def importance(log_odds: Floats) -> Floats:
    """How much n-grams count in a comparison, from the log-odds that the model gives them."""
    return FLOOR + np.sqrt(np.abs(log_odds))


def profile_of(features: Features, sparse: Floats) -> Profile:
    """The profile of an alert under a model whose n-grams have the log-odds ``sparse``, by id."""
    grams = features.text_ids[:MOST_GRAMS].astype(np.int64)
    words = _unit(importance(sparse[grams]))
    table = _table(features)
    keys = np.array(sorted(table), dtype=np.int64)
    facts = _unit(np.array([table[key] for key in keys.tolist()], dtype=np.float64))
    share = TABLE_SHARE if len(words) else 1.0
    return Profile(np.concatenate((grams, keys)), _unit(np.concatenate((words, share * facts))))


def signature(profile: Profile) -> bytes:
    """``BITS`` bits, the same in every process and on every machine.

    Weights are whole numbers and small enough for their sums to be exact in whatever order they are taken.
    """
    weights = np.rint(profile.weights * _FINENESS).astype(np.float32)
    sides = np.unpackbits(_hashes(profile.keys).view(np.uint8), axis=1).astype(np.float32)
    votes = 2.0 * (weights @ sides) - weights.sum()
    return np.packbits(votes > 0).tobytes()


def closest(query: Features, candidates: Mapping[int, Features], sparse: Floats, count: int) -> list[tuple[int, float]]:
    """The ``count`` candidates most like the query with their similarity, the most alike first; equal ones by key."""
    found = zip(candidates, likeness(query, list(candidates.values()), sparse).tolist(), strict=True)
    return sorted((one for one in found if one[1] > 0.0), key=lambda one: (-one[1], one[0]))[:count]


def likeness(query: Features, others: Sequence[Features], sparse: Floats) -> Floats:
    """The cosine of the query's profile with that of each other alert: 0 where they share nothing, 1 for the same.

    All of them in one sweep. The profiles themselves are not made: that would take several times as long.
    """
    words = _words_alike([one.text_ids[:MOST_GRAMS] for one in (query, *others)], sparse)
    mine = _marks(query)
    theirs = [_marks(one) for one in others]
    facts = np.array([_facts_alike(mine, one) for one in theirs])
    of_words, of_facts = _lengths(query, mine)
    shares = np.array([_lengths(*one) for one in zip(others, theirs, strict=True)]).reshape(-1, 2)
    alike: Floats = np.minimum(1.0, of_words * shares[:, 0] * words + of_facts * shares[:, 1] * facts)
    return alike


def _words_alike(texts: Sequence[Ids], sparse: Floats) -> Floats:
    """The cosine of the words of the first text with those of each other one; 0 where there are none."""
    ids, mine = np.concatenate(texts), texts[0]
    rows = np.repeat(np.arange(len(texts)), [len(one) for one in texts])
    squares = importance(sparse[ids]) ** 2
    lengths = np.bincount(rows, squares, len(texts))
    shared = mine[np.minimum(np.searchsorted(mine, ids), len(mine) - 1)] == ids if len(mine) else ids < 0
    # A word weighs the same on both sides, so that its product is its square.
    products = np.bincount(rows[shared], squares[shared], len(texts))[1:]
    alike: Floats = products / np.sqrt(np.maximum(lengths[0] * lengths[1:], _SMALLEST))
    return alike


def _facts_alike(mine: Mapping[str, _Mark], theirs: Mapping[str, _Mark]) -> float:
    """The cosine of two tables; 0 where there are none."""
    shared = 0.0
    for name, mark in theirs.items():
        other = mine.get(name, _NOWHERE)
        if other == mark:
            shared += 1.0
        elif isinstance(mark, int) and isinstance(other, int) and abs(mark - other) < _APART:
            shared += _overlap(mark % _PLACES, other - mark)
    return shared / sqrt(len(mine) * len(theirs)) if shared else 0.0


def _lengths(features: Features, marks: Mapping[str, _Mark]) -> tuple[float, float]:
    """What words and table have of the length of a profile."""
    if len(features.text_ids) and marks:
        return _BOTH
    return float(len(features.text_ids) > 0), float(len(marks) > 0)


def _unit(weights: Floats) -> Floats:
    """The weights at length 1."""
    length = float(np.sqrt(np.sum(weights * weights)))
    return weights / length if length else weights


def _hashes(keys: Keys) -> npt.NDArray[np.uint64]:
    """(keys, words) pseudo-random bits (splitmix64), little-endian on any machine."""
    state: npt.NDArray[np.uint64] = keys.astype(np.uint64)[:, None] * np.uint64(_WORDS) + _WORD_NUMBERS
    return mixed(state).astype("<u8", copy=False)


def _marks(features: Features) -> dict[str, _Mark]:
    """What the table says of each feature: a category, a number's place, or None for a missing value."""
    found: dict[str, _Mark] = {name: value for name, value in features.categories if name != SCORER_VERSION}
    found |= dict.fromkeys(features.missing)
    return found | {name: _place(name, number) for name, number in features.numbers}


def _table(features: Features) -> dict[int, float]:
    """Keys and weights of the numbers and categories, each feature of length 1."""
    found: dict[int, float] = {}
    for name, mark in _marks(features).items():
        found |= _number(name, mark) if isinstance(mark, int) else {_key(name, mark): 1.0}
    return found


def _place(name: str, number: float) -> int:
    """Where a number stands among the steps, in parts of a step."""
    size = log2(abs(number)) + 1.0 if abs(number) > 1.0 and name != UPSTREAM else abs(number)
    place = copysign(_STEPS * size, number)
    first = floor(place)
    return _PLACES * first + round(_PLACES * (place - first))


def _number(name: str, place: int) -> dict[int, float]:
    """A number as a small hill of steps: two numbers share the more of it the less apart they are, in proportion."""
    first, rest = divmod(place, _PLACES)
    heights, length = _hill(rest)
    return {_key(name, first + step): height / length for step, height in heights}


@lru_cache(maxsize=65_536)
def _overlap(place: int, apart: int) -> float:
    """What two hills share: one at a place between two steps, the other so many parts of a step from it."""
    first, rest = divmod(place + apart, _PLACES)
    (mine, length), (theirs, other_length) = _hill(place), _hill(rest)
    heights = dict(mine)
    return sum(heights.get(first + step, 0.0) * height for step, height in theirs) / (length * other_length)


@lru_cache(maxsize=_PLACES)
def _hill(place: int) -> tuple[tuple[tuple[int, float], ...], float]:
    """Heights of the steps around a place between two of them, and their length."""
    steps = range(1 - _REACH, 1 + _REACH)
    heights = tuple((step, _REACH - abs(step - place / _PLACES)) for step in steps)
    kept = tuple((step, height) for step, height in heights if height > 0)
    return kept, sum(height * height for _, height in kept) ** 0.5


@lru_cache(maxsize=65_536)
def _key(name: str, value: str | int | None) -> int:
    """The key of a category, of a step (a whole number), or of a missing value."""
    text = f"{name}\x1e" if value is None else f"{name}{_MARKS[type(value)]}{value}"
    return _TABLE_KEYS + zlib.crc32(text.encode(errors="surrogatepass"))
