"""What a queue calls its features and their values: what a name may be, which of two languages is read. No database."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

MOST_KEY, MOST_VALUE, MOST_NAME = 80, 80, 80  # a category is learnt by 80 characters (features.FeatureConfig)

# Characters that show nothing: controls, joiners, marks that turn a line around, fillers, selectors, tags. A name that
# has one looks like another, or writes over what stands beside it.
_UNSEEN = (
    r"\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    r"\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff"
    "\U000e0000-\U000e0fff"
)
_BLANK = r" \xa0\u1680\u2000-\u200a\u202f\u205f\u3000"
# For pydantic, and for the API's document: no unseen character, no blank at either end.
NAME_PATTERN = f"^[^{_UNSEEN}{_BLANK}](?:[^{_UNSEEN}]*[^{_UNSEEN}{_BLANK}])?$"
_NAME, _CONTROL = re.compile(NAME_PATTERN), re.compile(r"[\x00-\x1f\x7f]")


def check_name(name: str) -> None:
    """Raises `ValidationError` for a name that has invisible characters, or blanks at its ends."""
    if not _NAME.fullmatch(name):
        raise ValidationError(_("A name has no invisible characters, and no blanks at its ends."), code="invisible")


def check_key(feature: str) -> None:
    """Raises `ValidationError` for what the API would not take as the name of a feature."""
    if _CONTROL.search(feature):
        raise ValidationError(_("A feature’s key has no control characters."), code="control")


def check_value(value: str) -> None:
    """Raises `ValidationError` for a value that cannot be named: one with control characters."""
    if _CONTROL.search(value):
        raise ValidationError(_("A value that is named has no control characters."), code="control")


def in_language(english: str, chinese: str) -> str:
    """The text in the active language, falling back to the other one."""
    prefer_chinese = (get_language() or "").startswith("zh")
    first, second = (chinese, english) if prefer_chinese else (english, chinese)
    return first or second


def readable(feature: str) -> str:
    """The key of a feature as words, where nobody has named it."""
    return feature.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Names:
    """What a queue calls its features, and the values of its categories.

    A name in English and one in Chinese by key, or by key and value; either of the two may be empty.
    """

    pairs: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    values: Mapping[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    def of(self, feature: str) -> str:
        """What a person reads in the place of a feature's key. Every page that shows a feature asks this."""
        return self.given(feature) or readable(feature)

    def given(self, feature: str) -> str:
        """The name that the feature was given, in the active language; empty where it has none."""
        return in_language(*self.pairs.get(feature, ("", "")))

    def of_value(self, feature: str, value: str) -> str:
        """What a person reads in the place of a category's value. Every page that shows one asks this."""
        return self.given_value(feature, value) or value

    def given_value(self, feature: str, value: object) -> str:
        """The name that a value was given, in the active language; empty where it has none, as no number has."""
        if not isinstance(value, str | bool):
            return ""
        written = value if isinstance(value, str) else str(value).lower()
        return in_language(*self.values.get((feature, written), ("", "")))

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """The features that have a name, each with it, in order of their keys."""
        return ((feature, self.given(feature)) for feature in sorted(self.pairs))


NO_NAMES = Names()
