"""What moved, in the words of a lead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from scoring.models import DriftAlarm, DriftFamily

SHOWN = 4  # movements that are told one by one; the rest are counted


def share(value: float) -> str:
    """A share between 0 and 1 as people write it."""
    percent = 100 * value
    return _("%(number)s %%") % {"number": number_format(percent, 0 if percent >= 10 or percent == 0 else 1)}


def plain_number(value: float) -> str:
    """A number with three digits that mean something."""
    size = abs(value)
    return number_format(value, 0 if size >= 100 else 1 if size >= 10 else 2)


def what_moved(movement: Mapping[str, Any]) -> str:
    """One movement in a line: what it was and what it is."""
    about = {"feature": feature_name(movement["feature"]), "value": movement["value"]}
    as_text, template = _TEMPLATES[movement["kind"]]
    before, after = movement["before"], movement["after"]
    if movement["raw_before"] is not None and movement["raw_after"] is not None and movement["kind"] == "level":
        before, after = movement["raw_before"], movement["raw_after"]
    return str(template()) % {**about, "before": as_text(before), "after": as_text(after)}


def alarm_sentence(alarm: DriftAlarm) -> str:
    """The strongest movement, and how many others."""
    others = len(alarm.movements) - 1
    first = what_moved(alarm.movements[0])
    if others < 1:
        return first
    return _("%(first)s, and %(others)s more") % {"first": first, "others": others}


def family_title(alarm: DriftAlarm) -> str:
    """What an alarm is about."""
    if alarm.family == DriftFamily.ERRORS:
        return _("The model errs in another way than before")
    return _("What arrives has changed")


def ended_text(ended: str) -> str:
    """How a movement ended; empty while it goes on."""
    texts = {
        "returned": _("back to where it was"),
        "settled": _("the usual level now"),
        "replaced": _("another model or policy is in force"),
    }
    return texts.get(ended, "")


def feature_name(name: str) -> str:
    """A feature as the scorer named it; our own inputs in words."""
    ours = {
        "*upstream score": _("upstream score"), "*scorer": _("scorer"), "*scorer version": _("scorer version"),
        "*text length": _("length of the text"),
    }  # fmt: skip
    return ours.get(name, name)


_TEMPLATES: Mapping[str, tuple[Callable[[float], str], Callable[[], str]]] = {
    "probability": (share, lambda: _("average probability on arrival: %(before)s → %(after)s")),
    "level": (plain_number, lambda: _("average of %(feature)s: %(before)s → %(after)s")),
    "spread": (share, lambda: _("spread of %(feature)s, of the widest possible: %(before)s → %(after)s")),
    "share": (share, lambda: _("share of %(feature)s = %(value)s: %(before)s → %(after)s")),
    "new values": (share, lambda: _("values of %(feature)s never seen before: %(before)s → %(after)s")),
    "missing": (share, lambda: _("%(feature)s is missing: %(before)s → %(after)s")),
    "new words": (share, lambda: _("wording never seen before: %(before)s → %(after)s")),
    "chinese": (share, lambda: _("share of Chinese text: %(before)s → %(after)s")),
    "loss": (plain_number, lambda: _("log loss of the probabilities: %(before)s → %(after)s")),
    "bias": (share, lambda: _("accurate more often than the model says by: %(before)s → %(after)s")),
    "accurate": (share, lambda: _("share of accurate alerts among those judged: %(before)s → %(after)s")),
}
