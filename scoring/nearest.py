"""How alike two alerts are, and a sketch of each so that the alike are found among a million. Pure.

A *profile* is an alert as a sparse vector of length 1: its n-grams, each as heavy as the model thinks it weighs, and
beside them its numbers and categories. A *signature* sketches a profile in ``BITS`` bits: bit by bit on which side of a
random plane it lies, so that the share of bits in which two differ estimates their angle (Charikar 2002, "Similarity
estimation techniques from rounding algorithms"). Signatures find candidates; profiles put them in order.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import copysign, floor, log2
from typing import Final

import numpy as np
import numpy.typing as npt

from scoring.features import SCORER_VERSION, UPSTREAM, Features
from scoring.hashing import mixed
from scoring.state import Floats

Keys = npt.NDArray[np.int64]

VERSION: Final = 2  # of profiles and signatures: another one cannot be compared with these
BITS: Final = 1_024
FLOOR: Final = 0.02  # of what an n-gram counts that the model knows nothing of; known ones count some 0.1 to 1
TABLE_SHARE: Final = 0.6  # length of numbers and categories beside words of length 1
MOST_GRAMS: Final = 512  # of a long text those with the smallest ids: of two texts that share words, the same ones
_STEPS: Final = 4  # of a number from one power of two to the next: twice as much is four steps away
_REACH: Final = 3  # steps at which two numbers stop being alike
_PLACES: Final = 64  # between two steps that are told apart
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


def similarity(one: Profile, other: Profile) -> float:
    """The cosine of two profiles: 0 where they share nothing, 1 where they are the same."""
    if not len(one.keys) or not len(other.keys):
        return 0.0
    places = np.minimum(np.searchsorted(other.keys, one.keys), len(other.keys) - 1)
    shared = other.keys[places] == one.keys
    return min(1.0, float(np.sum(one.weights[shared] * other.weights[places[shared]])))


def signature(profile: Profile) -> bytes:
    """``BITS`` bits, the same in every process and on every machine.

    Weights are whole numbers and small enough for their sums to be exact in whatever order they are taken.
    """
    weights = np.rint(profile.weights * _FINENESS).astype(np.float32)
    sides = np.unpackbits(_hashes(profile.keys).view(np.uint8), axis=1).astype(np.float32)
    votes = 2.0 * (weights @ sides) - weights.sum()
    return np.packbits(votes > 0).tobytes()


def closest(query: Profile, candidates: Mapping[int, Profile], count: int) -> list[tuple[int, float]]:
    """The ``count`` candidates most like the query with their similarity, the most alike first; equal ones by key."""
    found = [(key, similarity(query, profile)) for key, profile in candidates.items()]
    return sorted((one for one in found if one[1] > 0.0), key=lambda one: (-one[1], one[0]))[:count]


def _unit(weights: Floats) -> Floats:
    """The weights at length 1."""
    length = float(np.sqrt(np.sum(weights * weights)))
    return weights / length if length else weights


def _hashes(keys: Keys) -> npt.NDArray[np.uint64]:
    """(keys, words) pseudo-random bits (splitmix64), little-endian on any machine."""
    state: npt.NDArray[np.uint64] = keys.astype(np.uint64)[:, None] * np.uint64(_WORDS) + _WORD_NUMBERS
    return mixed(state).astype("<u8", copy=False)


def _table(features: Features) -> dict[int, float]:
    """Keys and weights of the numbers and categories, each feature of length 1."""
    found = {_key(name, value): 1.0 for name, value in features.categories if name != SCORER_VERSION}
    found |= {_key(name, None): 1.0 for name in features.missing}
    for name, number in features.numbers:
        found |= _number(name, number)
    return found


def _number(name: str, number: float) -> dict[int, float]:
    """A number as a small hill of steps: two numbers share the more of it the less apart they are, in proportion."""
    size = log2(abs(number)) + 1.0 if abs(number) > 1.0 and name != UPSTREAM else abs(number)
    place = copysign(_STEPS * size, number)
    first = floor(place)
    heights, length = _hill(round(_PLACES * (place - first)))
    return {_key(name, first + step): height / length for step, height in heights}


@lru_cache(maxsize=_PLACES + 1)
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
