"""Words and Chinese n-grams of a text as stable hashed ids, and where in the text each of them stands.

A text is folded one character at a time (NFKC, case folding, invisible characters dropped), so that every folded
character knows the original character it came from. It is then cut into *tokens*:

- a **run**: an unbroken stretch of Chinese, Japanese or Korean characters, with the digits and punctuation inside it;
  its character 1-, 2- and 3-grams are features;
- a **word**: letters and digits of any other script; words and pairs of neighbouring words are features;
- a **mark**: an emoji, an exclamation or question mark outside a run; it is a feature alone.

The hash is a fixed multiply-and-shift over code points and CRC-32 of words, so ids are the same in every process.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int32]
_Hashes = NDArray[np.uint64]

_CJK: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_IN_RUN: Final = rf"{_CJK}0-9!-/:-@\[-`{{-~\u2010-\u27bf\u3001-\u303f\U0001f300-\U0001faff"
_TOKEN: Final = re.compile(
    rf"(?P<run>[{_IN_RUN}]*[{_CJK}][{_IN_RUN}]*)"
    rf"|(?P<word>[^\W_{_CJK}]+(?:'[^\W_{_CJK}]+)?)"
    r"|(?P<mark>[!?\u2600-\u27bf\U0001f300-\U0001faff])"
)
_CJK_CHARACTER: Final = re.compile(f"[{_CJK}]")
_CACHED_CHARACTERS: Final = 20_000  # a hostile text cannot grow the folding table beyond this
_MULTIPLIERS: Final = tuple(
    np.uint64(m) for m in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93)
)


class _Folding(dict[int, str]):
    """What each code point folds to; computed once, so that ``str.translate`` runs at C speed."""

    def __missing__(self, code: int) -> str:
        folded = _fold_character(chr(code))
        if len(self) < _CACHED_CHARACTERS:
            self[code] = folded
        return folded


def _fold_character(character: str) -> str:
    if character.isspace():
        return " "
    folded = unicodedata.normalize("NFKC", character).casefold()
    return "".join(c for c in folded if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Mn"})


_FOLDING: Final = _Folding()


def fold(text: str) -> str:
    """The text as features see it: NFKC, case-folded, without control, invisible and combining characters.

    >>> fold("ＷｉＦｉ　很\u200b卡！")
    'wifi 很卡!'
    """
    return text.translate(_FOLDING)


def origins(text: str) -> list[int]:
    """For each character of ``fold(text)``, the position in ``text`` of the character that it came from."""
    return [position for position, c in enumerate(text) for _ in _FOLDING[ord(c)]]


@dataclass(frozen=True, slots=True)
class Grams:
    """Every n-gram occurrence of a text. Three arrays of one length: id, first character, character after the last."""

    ids: Ids
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


def shorten(text: str, limit: int) -> str:
    """At most ``limit`` characters: the beginning and, since the point often comes last, a quarter from the end."""
    if len(text) <= limit:
        return text
    tail = limit // 4
    return f"{text[: limit - tail - 1]} {text[len(text) - tail :]}"


def grams(folded: str, bits: int) -> Grams:
    """All n-gram occurrences of a folded text, as ids below ``2**bits``."""
    atoms, starts, ends, groups = _atoms(folded)
    if not len(atoms):
        nothing = np.zeros(0, dtype=np.int64)
        return Grams(nothing.astype(np.int32), nothing, nothing)
    pieces = [_ngram(atoms, starts, ends, groups, length) for length in (1, 2, 3)]
    hashes = np.concatenate([p[0] for p in pieces])
    shift = np.uint64(64 - bits)
    return Grams(
        (hashes >> shift).astype(np.int32),
        np.concatenate([p[1] for p in pieces]),
        np.concatenate([p[2] for p in pieces]),
    )


def gram_ids(folded: str, bits: int) -> Ids:
    """The distinct ids of a folded text, ascending."""
    return np.unique(grams(folded, bits).ids)


def _atoms(folded: str) -> tuple[_Hashes, NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Hash, start, end and group of each atom: a character of a run, a word, or a mark.

    Atoms of one group that stand next to each other form n-grams. Group 0 holds all words; each run has a group of
    its own, from 3 upwards; each mark a negative one.
    """
    hashes: list[int] = []
    starts: list[int] = []
    ends: list[int] = []
    groups: list[int] = []
    run = 2
    for match in _TOKEN.finditer(folded):
        first, last = match.span()
        kind = match.lastgroup
        if kind == "run":
            run += 1
            codes = [ord(c) for c in folded[first:last]]
            hashes += codes
            starts += range(first, last)
            ends += range(first + 1, last + 1)
            groups += [run] * len(codes)
        else:
            hashes.append(zlib.crc32(match.group().encode()) | 1 << 32)
            starts.append(first)
            ends.append(last)
            groups.append(0 if kind == "word" else -first - 1)
    return (
        np.array(hashes, dtype=np.uint64),
        np.array(starts, dtype=np.int64),
        np.array(ends, dtype=np.int64),
        np.array(groups, dtype=np.int64),
    )


def _ngram(
    atoms: _Hashes, starts: NDArray[np.int64], ends: NDArray[np.int64], groups: NDArray[np.int64], length: int
) -> tuple[_Hashes, NDArray[np.int64], NDArray[np.int64]]:
    """Hashes and spans of the n-grams of one length; words go up to pairs, runs to triples, marks stay alone."""
    count = len(atoms) - length + 1
    if count <= 0:
        nothing = np.zeros(0, dtype=np.int64)
        return nothing.astype(np.uint64), nothing, nothing
    mixed = atoms[:count] * _MULTIPLIERS[0] + np.uint64(length)
    for step in range(1, length):
        mixed = (mixed ^ (mixed >> np.uint64(29))) * _MULTIPLIERS[step] + atoms[step : step + count]
    mixed = (mixed ^ (mixed >> np.uint64(32))) * _MULTIPLIERS[3]
    first, last = groups[:count], groups[length - 1 :]
    keep = (first == last) & ((first > 0) | (length < 3))
    return mixed[keep], starts[:count][keep], ends[length - 1 :][keep]


def word_ends(folded: str) -> list[tuple[int, int]]:
    """Where each word of a folded text starts and ends; runs and marks are not words."""
    return [match.span() for match in _TOKEN.finditer(folded) if match.lastgroup == "word"]


def contains_phrase(folded: str, phrase: str) -> bool:
    """Whether a folded phrase occurs in a folded text; at word boundaries, except beside a Chinese character.

    >>> contains_phrase("i will cancel.", "cancel"), contains_phrase("cancellation", "cancel")
    (True, False)
    >>> contains_phrase("我要退订了", "退订")
    True
    """
    words = phrase.strip()
    before = rf"(?<![^\W_{_CJK}])" if _ends_a_word(words[:1]) else ""
    after = rf"(?![^\W_{_CJK}])" if _ends_a_word(words[-1:]) else ""
    return re.search(before + re.escape(words) + after, folded) is not None


def _ends_a_word(character: str) -> bool:
    return character.isalnum() and not _CJK_CHARACTER.match(character)
