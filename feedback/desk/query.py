"""What a person looks for, as the search field of the desk sends it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

MOST_CHARACTERS, MOST_WORDS = 100, 8


@dataclass(frozen=True, slots=True)
class Query:
    """The words that an alert must all have, once each. `cut`: more was typed than is looked for."""

    words: tuple[str, ...]
    cut: bool = False

    def __str__(self) -> str:
        return " ".join(self.words)

    @property
    def ids(self) -> list[str]:
        """The ids that it may be, as they may be written."""
        return sorted({str(self), str(self).lower(), str(self).upper()})

    @classmethod
    def parse(cls, text: str) -> Query | None:
        """The query that a text is, or None where it has no word. What cannot be printed separates words."""
        # Far more than is looked for is not even read: an address may be very long.
        seen = "".join(mark if mark.isprintable() else " " for mark in text[: 10 * MOST_CHARACTERS])
        typed = " ".join(seen.split())
        words = list(dict.fromkeys(typed[:MOST_CHARACTERS].split()))
        cut = len(typed) > MOST_CHARACTERS or len(words) > MOST_WORDS
        return cls(tuple(words[:MOST_WORDS]), cut) if words else None
