"""Reasons in words that a rep understands: the model gives kinds, names and values, the page's language the words."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Protocol

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from feedback.naming import NO_NAMES, Names, readable

MINUS = "\N{MINUS SIGN}"
LEAST_SAID = 0.05  # log-odds; a weight below it is written as 0.0
_LARGEST = 1e16
_GROUPED_FROM = 10_000  # below it stand years, and numbers that are read at a glance

# What scorers commonly write as a channel. Another word is shown as it came.
_CHANNELS = {
    "chat": gettext_lazy("live chat"),
    "email": gettext_lazy("e-mail"),
    "phone": gettext_lazy("phone"),
    "sms": gettext_lazy("text message"),
    "survey": gettext_lazy("survey"),
    "ticket": gettext_lazy("ticket"),
    "web": gettext_lazy("web page"),
    "wechat": gettext_lazy("WeChat"),
}


class Reason(Protocol):
    """One contribution to a score, as the model states it (scoring.learner.reasons.Reason)."""

    @property
    def kind(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def value(self) -> str | float | None: ...
    @property
    def contribution(self) -> float: ...


# The kinds of reason that are about a feature: their `name` is its key.
_ABOUT_FEATURES = frozenset({"number", "category", "missing", "absent"})
# What may be missing and is no feature.
_OURS = {"upstream_score": gettext_lazy("upstream score")}

_SENTENCES: dict[str, Callable[[str, str], str]] = {
    "text": lambda _name, value: _("“%(phrase)s”") % {"phrase": value},
    "number": lambda name, value: _("%(name)s is %(value)s") % {"name": name, "value": value},
    "category": lambda name, value: _("%(name)s is %(value)s") % {"name": name, "value": value},
    "missing": lambda name, _value: _("%(name)s is not known") % {"name": name},
    "upstream": lambda _name, value: _("the scorer's own score, %(value)s") % {"value": value},
    "scorer": lambda name, value: _("raised by %(scorer)s") % {"scorer": value or name},
    "lately": lambda _name, value: _("how alerts of %(scorer)s did of late") % {"scorer": value},
    "customer": lambda _name, _value: _("how this customer’s earlier alerts did"),
    "generation": lambda _name, _value: _("how everything goes together"),
    "faint": lambda _name, _value: _("words too weak to name"),
    "absent": lambda name, _value: _("%(name)s was not sent") % {"name": name},
    "calibration": lambda _name, _value: _("what such scores have turned out to mean"),
    "baseline": lambda _name, _value: _("how alerts of this queue do on average"),
}


def weighed(reasons: Iterable[Reason], names: Names = NO_NAMES) -> list[tuple[str, str, float]]:
    """What the reasons say, the feature that each is about or none, and what it weighs in log-odds, heaviest first.

    None that is written as 0.0. The scorer's score speaks twice, as it came and as verdicts have taught to read it: to
    a rep that is one reason. Two features that are called the same stay two.
    """
    sums: dict[tuple[str, str], float] = {}
    for reason in reasons:
        said = in_words(reason, names), feature_of(reason)
        sums[said] = sums.get(said, 0.0) + reason.contribution
    told = [(words, feature, weight) for (words, feature), weight in sums.items() if abs(weight) >= LEAST_SAID]
    return sorted(told, key=lambda one: -abs(one[2]))


def in_words(reason: Reason, names: Names = NO_NAMES) -> str:
    """What a reason says, as a phrase without a full stop. A kind that is not known is named as it is."""
    kind = "upstream" if reason.kind == "prior" else reason.kind
    return _SENTENCES.get(kind, _as_it_is)(_subject(reason, names), _object(reason, names))


def feature_of(reason: Reason) -> str:
    """The key of the feature that a reason is about; empty where it is about none."""
    return reason.name if reason.kind in _ABOUT_FEATURES else ""


def _subject(reason: Reason, names: Names) -> str:
    """What a reason is about: a feature as the queue calls it, else our own word."""
    return names.given(feature_of(reason)) or str(_OURS.get(reason.name) or readable(reason.name))


def _object(reason: Reason, names: Names) -> str:
    """What a reason says that it is: of a category the value as the queue calls it."""
    told = _value(reason.value)
    return names.of_value(reason.name, told) if reason.kind == "category" else told


def channel_in_words(channel: str) -> str:
    """Where the words were said, as a person names it; a channel that is not known is named as it is."""
    return str(_CHANNELS.get(channel.lower(), channel))


def number(value: float) -> str:
    """A number as a person writes it: thousands apart, no false precision, no power of ten up to what JSON keeps."""
    written = f"{value:.6g}" if isinstance(value, float) else str(value)
    if "e" in written and abs(value) < _LARGEST:
        written = f"{value:.0f}" if abs(value) >= 1 else f"{Decimal(written):f}"
    if _GROUPED_FROM <= abs(value) < _LARGEST:
        written = number_format(written, force_grouping=True)
    return written.replace("-", MINUS, 1)


def _as_it_is(name: str, value: str) -> str:
    return f"{name} {value}".strip()


def _value(value: str | float | None) -> str:
    if value is None:
        return _("not given")
    return number(value) if isinstance(value, int | float) else value
