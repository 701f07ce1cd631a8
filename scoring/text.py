"""Words and Chinese n-grams of a text as stable hashed ids, and where in the text each of them stands.

A text is folded one character at a time (NFKC, case folding, invisible characters dropped), so that every folded
character knows the original character it came from. It is then cut into *tokens*:

- a **run**: an unbroken stretch of Chinese, Japanese or Korean characters, with the digits and punctuation inside it;
  its character 1-, 2- and 3-grams are features;
- a **word**: letters and digits of any other script; words and pairs of neighbouring words are features;
- a **mark**: an emoji, an exclamation or question mark outside a run; it is a feature alone.

The hash (scoring/hashing.py) is of code points and CRC-32 of words, so ids are the same in every process.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from scoring.hashing import WORD_BIT, Atoms, Ids, Mask, distinct, distinct_by_text, end_to_end, inside, ngram_ids

Places = NDArray[np.int64]

_CJK: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_INRUN: Final = rf"{_CJK}0-9!-/:-@\[-`{{-~\u2010-\u27bf\u3001-\u303f\U0001f300-\U0001faff"
_TOKEN: Final = re.compile(
    rf"(?P<run>[{_INRUN}]*[{_CJK}][{_INRUN}]*)"
    rf"|(?P<word>[^\W_{_CJK}]+(?:'[^\W_{_CJK}]+)?)"
    r"|(?P<mark>[!?\u2600-\u27bf\U0001f300-\U0001faff])"
)
RUN: Final = 1  # the groups of _TOKEN
WORD: Final = 2
LENGTHS: Final = (1, 2, 3)
_CJK_CHARACTER: Final = re.compile(f"[{_CJK}]")
_CACHED_CHARACTERS: Final = 20_000  # a hostile text cannot grow the folding table beyond this
_ONE_RUN: Final = re.compile(rf"[{_INRUN}]+")
# In ASCII text whatever is not a letter, a digit, a mark or an apostrophe only parts words.
_WORDS_ONLY: Final = bytes(c if c < 128 and (chr(c).isalnum() or chr(c) in "!?'\0") else 32 for c in range(256))
_ASCII_WORD: Final = re.compile(rb"[A-Za-z0-9]+(?:'[A-Za-z0-9]+)?|[!?\0]")
_BOUNDARY: Final = b"\0"
_WORD_BIT: Final = np.uint64(WORD_BIT)


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


class _Widths(dict[int, str]):
    """How many characters each code point folds to, as a character: so that this, too, runs at C speed."""

    def __missing__(self, code: int) -> str:
        width = chr(len(_FOLDING[code]))
        if len(self) < _CACHED_CHARACTERS:
            self[code] = width
        return width


_WIDTHS: Final = _Widths()


def origins(text: str) -> Sequence[int]:
    """For each character of ``fold(text)``, the position in ``text`` of the character that it came from."""
    if text.translate(_WIDTHS).count("\x01") == len(text):
        return range(len(text))
    return [position for position, c in enumerate(text) for _ in _FOLDING[ord(c)]]


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of several folded texts, laid end to end with a separator between two.

    ``starts``, ``ends``, ``kinds`` (1 run, 2 word, 3 mark), ``hashes`` (of words and marks) and ``rows`` (which text)
    have one entry a token; ``offsets`` one a text: its first character in ``joined``.
    """

    joined: str
    offsets: Places
    starts: Places
    ends: Places
    kinds: Places
    hashes: Atoms
    rows: Places


@dataclass(frozen=True, slots=True)
class Grams:
    """Every n-gram occurrence of texts. Four arrays of one length: id, first character, character after the last, text.

    Characters count through all texts, as in ``Tokens.joined``; of a single text they are its own.
    """

    ids: Ids
    starts: Places
    ends: Places
    rows: Places


def shorten(text: str, limit: int) -> str:
    """At most ``limit`` characters: the beginning and, since the point often comes last, a quarter from the end."""
    if len(text) <= limit:
        return text
    tail = limit // 4
    return f"{text[: limit - tail - 1]} {text[len(text) - tail :]}"


def tokens(folded: Sequence[str]) -> Tokens:
    """The tokens of folded texts."""
    joined = "\n".join(folded)
    found = [(*match.span(), match.lastindex or 0) for match in _TOKEN.finditer(joined)]
    hashes = [0 if kind == RUN else _word(joined[first:last]) for first, last, kind in found]
    starts, ends, kinds = np.array(found, dtype=np.int64).reshape(-1, 3).T
    offsets = np.cumsum([0, *(len(text) + 1 for text in folded[:-1])], dtype=np.int64)
    rows = np.searchsorted(offsets, starts, side="right") - 1
    return Tokens(joined, offsets, starts, ends, kinds, np.array(hashes, dtype=np.uint64), rows)


def _word(token: str) -> int:
    """The atom of a word or a mark."""
    return crc32(token.encode()) | WORD_BIT


def grams_of(found: Tokens, bits: int) -> Grams:
    """All n-gram occurrences of many texts, as ids below ``2**bits``: the same as of one text at a time."""
    atoms = _atoms(found)
    kept = [_in_group(atoms.groups, length) for length in LENGTHS]
    first = np.concatenate([np.flatnonzero(one) for one in kept])
    last = np.concatenate([np.flatnonzero(one) + more for more, one in enumerate(kept)])
    ids = ngram_ids(atoms.hashes, bits, LENGTHS[-1])[np.concatenate(kept)]
    return Grams(ids, atoms.starts[first], atoms.ends[last], atoms.rows[first])


def grams(folded: str, bits: int) -> Grams:
    """All n-gram occurrences of a folded text, as ids below ``2**bits``."""
    return grams_of(tokens([folded]), bits)


def gram_ids(folded: str, bits: int) -> Ids:
    """The distinct ids of a folded text, ascending: those of ``grams``, without the work of saying where they stand."""
    atoms, unbroken = _bare_atoms(folded)
    if unbroken:
        return distinct(ngram_ids(atoms, bits, unbroken))
    return distinct(ngram_ids(atoms, bits, LENGTHS[-1])[inside(atoms)])


def gram_ids_of(folded: Sequence[str], bits: int) -> list[Ids]:
    """``gram_ids`` of each of many folded texts."""
    parts = [_bare_atoms(one)[0] for one in folded]
    atoms = end_to_end(parts)
    texts = np.repeat(np.arange(len(parts)), [len(part) + 1 for part in parts])
    kept = inside(atoms)
    ids = ngram_ids(atoms, bits, LENGTHS[-1])[kept]
    return distinct_by_text(ids, np.concatenate((texts, texts[:-1], texts[:-2]))[kept], len(parts), bits)


def _bare_atoms(folded: str) -> tuple[Atoms, int]:
    """The atoms of a text with boundaries between those that do not form n-grams: all that ``gram_ids`` needs.

    And, where no boundary is among them, how long their n-grams are: 2 of words only, 3 of one run; else 0.
    """
    if folded.isascii():
        return _ascii_atoms(folded.encode())
    if _ONE_RUN.fullmatch(folded) and _CJK_CHARACTER.search(folded):
        return _codes(folded), 3
    atoms: list[int] = []
    for run, word, mark in _TOKEN.findall(folded):
        if run:
            atoms += (0, *map(ord, run), 0)
        else:
            atoms += (_word(word),) if word else (0, _word(mark), 0)
    return np.array(atoms, dtype=np.uint64), 0


def _ascii_atoms(folded: bytes) -> tuple[Atoms, int]:
    """``_bare_atoms`` of an ASCII text, which has words and marks only: cut by a table and at the spaces."""
    marked = b"!" in folded or b"?" in folded
    if marked:
        folded = folded.replace(b"!", b" \0 ! \0 ").replace(b"?", b" \0 ? \0 ")
    words = folded.translate(_WORDS_ONLY).split()
    if b"'" in folded:
        words = [piece for word in words for piece in _ASCII_WORD.findall(word)]
    if marked:
        atoms = [0 if word == _BOUNDARY else crc32(word) | WORD_BIT for word in words]
        return np.array(atoms, dtype=np.uint64), 0
    return np.fromiter(map(crc32, words), dtype=np.uint64, count=len(words)) | _WORD_BIT, 2


def _codes(text: str) -> Atoms:
    """The code points of a text."""
    return np.frombuffer(text.encode("utf-32-le", errors="surrogatepass"), dtype=np.uint32).astype(np.uint64)


@dataclass(frozen=True, slots=True)
class _Atoms:
    """Hash, start, end, group and text of each atom: a character of a run, a word, or a mark.

    Atoms of one group that stand next to each other form n-grams. The words of a text share a group, below 1; each run
    has one of its own, above 0; each mark has one below 0.
    """

    hashes: Atoms
    starts: Places
    ends: Places
    groups: Places
    rows: Places


def _atoms(found: Tokens) -> _Atoms:
    """The atoms of many texts, by arrays. Words of a text have an even group, marks an odd one."""
    is_run = found.kinds == RUN
    lengths = np.where(is_run, found.ends - found.starts, 1)
    token = np.repeat(np.arange(len(lengths)), lengths)
    within = np.arange(len(token)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    starts = found.starts[token] + within
    codes = _codes(found.joined)
    hashes = np.where(is_run[token], codes[starts], found.hashes[token]) if len(token) else found.hashes
    ends = np.where(is_run[token], starts + 1, found.ends[token])
    own = np.arange(1, len(lengths) + 1)
    groups = np.where(is_run, own, np.where(found.kinds == WORD, -2 * found.rows, -2 * own - 1))
    return _Atoms(hashes, starts, ends, groups[token], found.rows[token])


def _in_group(groups: Places, length: int) -> Mask:
    """Which n-grams of one length lie in one group: words go up to pairs, runs to triples, marks stay alone."""
    count = max(0, len(groups) - length + 1)
    kept: Mask = groups[:count] == groups[length - 1 : length - 1 + count]
    return kept & (groups[:count] > 0) if length == LENGTHS[-1] else kept


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
