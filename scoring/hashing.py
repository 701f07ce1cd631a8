"""Stable ids of n-grams, and pseudo-random bits of numbers, many at a time. Pure.

An *atom* is a number that stands for a character (its code point) or for a word (CRC-32, above all code points); 0 is
a boundary. The id of an n-gram is the highest bits of the sum of its atoms, each times the multiplier of its place,
modulo 2**64: multiply-shift, Dietzfelbinger (1996), STACS; the first multiplier is the golden ratio, so that no two
Chinese characters share an id (Knuth's Fibonacci hashing). Nothing depends on the process, and all n-grams of all
texts are a few array operations.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int32]
Atoms = NDArray[np.uint64]
Mask = NDArray[np.bool_]

_PLACES: Final = tuple(np.uint64(m) for m in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9))
_FIRST: Final = np.ones(1, dtype=np.bool_)
_MIXING: Final = tuple(  # multiply, then let the upper bits into the lower ones
    (np.uint64(multiplier), np.uint64(shift))
    for multiplier, shift in ((0x9E3779B97F4A7C15, 30), (0xBF58476D1CE4E5B9, 27), (0x94D049BB133111EB, 31))
)
WORD_BIT: Final = 1 << 32  # sets the atoms of words apart from those of characters


def ngram_ids(atoms: Atoms, bits: int, longest: int) -> Ids:
    """Ids below ``2**bits`` of all n-grams: of single atoms, then of neighbours, then (``longest`` 3) of triples.

    Of n atoms there are n + (n - 1) + (n - 2), in order; those across a boundary too: leave them out by ``inside``.
    """
    count = len(atoms)
    pairs, triples = max(count - 1, 0), max(count - 2, 0) if longest > 2 else 0
    hashes = np.empty(count + pairs + triples, dtype=np.uint64)
    one, two, three = hashes[:count], hashes[count : count + pairs], hashes[count + pairs :]
    np.multiply(atoms, _PLACES[0], out=one)
    np.multiply(atoms[1:], _PLACES[1], out=two)
    two += one[:-1]
    if triples:
        np.multiply(atoms[2:], _PLACES[2], out=three)
        three += two[:-1]
    return (hashes >> np.uint64(64 - bits)).astype(np.int32)


def inside(atoms: Atoms) -> Mask:
    """Which n-grams of ``ngram_ids`` (triples too) lie between two boundaries; triples are of characters alone."""
    whole = atoms > 0
    letters = whole & (atoms < np.uint64(WORD_BIT))
    pairs = whole[:-1] & whole[1:]
    triples = letters[:-2] & letters[1:-1] & letters[2:]
    return np.concatenate((whole, pairs, triples))


def distinct(ids: Ids) -> Ids:
    """The distinct ids, ascending; the argument is used up."""
    ids.sort()
    found: Ids = ids[np.concatenate((_FIRST[: len(ids)], ids[1:] != ids[:-1]))]
    return found


def distinct_by_text(ids: Ids, texts: NDArray[np.int64], count: int, bits: int) -> list[Ids]:
    """The distinct ids of each of ``count`` texts, ascending; ``texts`` says whose each id is."""
    keys = texts << bits | ids
    keys.sort()
    keys = keys[np.concatenate((_FIRST[: len(keys)], keys[1:] != keys[:-1]))]
    bounds = np.searchsorted(keys, np.arange(count + 1) << bits).tolist()
    found = (keys & ((1 << bits) - 1)).astype(np.int32)
    return [found[first:last].copy() for first, last in pairwise(bounds)]


def end_to_end(parts: Sequence[Atoms]) -> Atoms:
    """The atoms of several texts with a boundary after each."""
    boundary = np.zeros(1, dtype=np.uint64)
    return np.concatenate([boundary[:0], *(piece for part in parts for piece in (part, boundary))])


def mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The numbers as pseudo-random bits, in place: SplitMix64, Steele, Lea and Flood (2014), OOPSLA."""
    for multiplier, shift in _MIXING:
        np.multiply(numbers, multiplier, out=numbers)
        np.bitwise_xor(numbers, np.right_shift(numbers, shift), out=numbers)
    return numbers
