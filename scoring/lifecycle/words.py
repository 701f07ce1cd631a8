"""What moved, in the words of a lead."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.template.defaultfilters import floatformat
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from feedback.naming import Names
from scoring.lead.prose import prose
from scoring.learner.generation import next_due
from scoring.lifecycle.comparison import Difference
from scoring.models import DriftAlarm, DriftFamily, FailedTraining

SHOWN = 4  # movements that are told one by one; the rest are counted


def rounded(value: float, digits: int) -> str:
    """A number as a template's `floatformat` writes it; `number_format` by itself cuts digits off."""
    return floatformat(value, digits)


def share(value: float) -> str:
    """A share between 0 and 1 as people write it."""
    percent = 100 * value
    return _("%(number)s %%") % {"number": rounded(percent, 0 if percent >= 10 or percent == 0 else 1)}


def plain_number(value: float) -> str:
    """A number with three digits that mean something."""
    size = abs(value)
    return rounded(value, 0 if size >= 100 else 1 if size >= 10 else 2)


def what_moved(movement: Mapping[str, Any], names: Names) -> str:
    """One movement in a line: what it was and what it is."""
    value = names.of_value(movement["feature"], movement["value"])
    about = {"feature": feature_name(movement["feature"], names), "value": value}
    as_text, template = _TEMPLATES[movement["kind"]]
    before, after = movement["before"], movement["after"]
    if movement["raw_before"] is not None and movement["raw_after"] is not None and movement["kind"] == "level":
        before, after = movement["raw_before"], movement["raw_after"]
    return str(template()) % {**about, "before": as_text(before), "after": as_text(after)}


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


def feature_name(name: str, names: Names) -> str:
    """A feature as the queue calls it; our own inputs in words."""
    return str(_OURS[name]) if name in _OURS else names.of(name)


def feature_key(name: str) -> str:
    """The key under which a feature is posted; empty for our own inputs."""
    return "" if name in _OURS else name


_OURS: Mapping[str, Promise] = {
    "*upstream score": gettext_lazy("upstream score"), "*scorer": gettext_lazy("scorer"),
    "*scorer version": gettext_lazy("scorer version"), "*text length": gettext_lazy("length of the text"),
}  # fmt: skip

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


def whole(value: int) -> str:
    """A count with its thousands apart."""
    return number_format(value, 0, force_grouping=True)


def size(count: int) -> str:
    """Bytes, in the unit that people use."""
    if count < 1_000_000:
        return _("%(number)s kB") % {"number": rounded(count / 1_000, 0)}
    return _("%(number)s MB") % {"number": rounded(count / 1_000_000, 1)}


def held_back(holds: int) -> str:
    """Whether something of the ledger does not count."""
    if not holds:
        return _("nothing is held back")
    return ngettext(
        "%(count)s stretch of verdicts is held back", "%(count)s stretches of verdicts are held back", holds
    ) % {"count": holds}


def behind(rows: int) -> str:
    """How much of the ledger this process has not learnt yet."""
    text = ngettext("%(rows)s ledger row behind", "%(rows)s ledger rows behind", rows)
    return text % {"rows": whole(rows)}


def standing(counted_to: int, head: int) -> str:
    """Up to where the model counts the ledger."""
    if counted_to == head:
        return _("In force: the model at position %(position)s, the newest.") % {"position": whole(head)}
    told = {"position": whole(counted_to), "since": whole(counted_to + 1), "head": whole(head)}
    return _("In force: the model at position %(position)s; %(since)s to %(head)s are held back.") % told


def generation(serving: Mapping[str, Any] | None, report: Mapping[str, Any]) -> tuple[str, str]:
    """The slow model that serves, and how well it did on rows that it had not seen."""
    if serving is None:
        return _("none yet"), _("the first is trained once enough labels are known")
    trained = _("trained on %(count)s labels") % {"count": whole(serving["learnt"])}
    if report.get("auc") is None:
        return trained, serving["digest"][:12]
    return trained, _("AUC %(auc)s on labels it had not seen") % {"auc": rounded(report["auc"], 3)}


def failed_training(failed: FailedTraining, serving: Mapping[str, Any] | None) -> str:
    """A generation that could not be trained: what serves, when it is tried again, and what a lead can do."""
    told = {
        "labels": whole(failed.learnt), "next": whole(next_due(failed.learnt)), "said": failed.said,
        "moment": date_format(timezone.localtime(failed.failed_at), "DATETIME_FORMAT"),
    }  # fmt: skip
    if serving is None:
        text = _("The slow model could not be trained on %(labels)s labels (%(moment)s): the fast one works alone.")
    else:
        text = _("The slow model could not be trained on %(labels)s labels (%(moment)s): the one before serves.")
    again = _(
        "Every verdict is kept and learnt. It is tried again when one of these labels changes, with a verdict that "
        "comes a day later, and with %(next)s labels."
    )
    ask = _("If it fails again, ask whoever runs Alertloop to look for generation_failed in the worker’s log: %(said)s")
    return prose(text, again, ask) % told


def configuration(version: int, differs: Sequence[tuple[str, Any, Any]]) -> tuple[str, str]:
    """The configuration in force, and how it differs from the usual one."""
    named = _("version %(version)s") % {"version": version}
    ours = [one for one in differs if not one[0].startswith("experience_")]
    return named, changes(ours) if ours else _("the usual parameters")


def changes(differs: Sequence[tuple[str, Any, Any]]) -> str:
    """Parameters that differ, with both values."""
    return ", ".join(f"{name} {plain(before)} → {plain(after)}" for name, before, after in differs)


def plain(value: float) -> str:
    """A parameter as one would type it."""
    return f"{value:g}"


def prior(passport: Mapping[str, Any], queues: int) -> tuple[str, str]:
    """What the model leans on while it knows little, and how much of that is left."""
    left = _("%(share)s of the prior is left") % {"share": share(passport["prior_share"])}
    verdicts = int(passport["experience_verdicts"])
    if not verdicts:
        return _("leans on the upstream score"), left
    text = ngettext(
        "leans on the upstream score and %(verdicts)s verdicts of %(queues)s other queue",
        "leans on the upstream score and %(verdicts)s verdicts of %(queues)s other queues",
        queues,
    )
    return text % {"verdicts": whole(verdicts), "queues": queues}, left


def presets() -> list[tuple[str, str, str]]:
    """What a challenger can try: its key, its name and what it does."""
    return [
        ("forget_faster", _("Forget faster"), _("Old verdicts count for less: for a business that changes.")),
        (
            "remember_longer",
            _("Remember longer"),
            _("Old verdicts count for more: for a business that stays the same."),
        ),
        (
            "no_slow_generation",
            _("Without the slow model"),
            _("Only what learns at every verdict: simpler to explain."),
        ),
        ("text_moves_more", _("Let words weigh more"), _("The text moves the score faster.")),
        ("without_text", _("Without the text"), _("Only the customer's numbers and categories.")),
        ("only_text", _("Only the text"), _("Without the customer's numbers and categories.")),
        ("todays_defaults", _("The usual parameters"), _("Those of a new queue in this release.")),
    ]


def difference(found: Difference, digits: int) -> str:
    """Champion and challenger, and the difference with its interval."""
    numbers = {
        name: rounded(value, digits) for name, value in (("champion", found.champion), ("challenger", found.challenger))
    }
    signed = {
        name: f"{value:+.{digits}f}".replace("-", "−")
        for name, value in (("gap", found.value), ("low", found.low), ("high", found.high))
    }
    return _("%(champion)s → %(challenger)s, %(gap)s (%(low)s to %(high)s)") % {**numbers, **signed}


def verdict(found: Difference, *, higher_is_better: bool) -> str:
    """Whether a difference says anything."""
    if not found.is_clear:
        return _("no clear difference")
    return _("clearly better") if (found.value > 0) == higher_is_better else _("clearly worse")


def auc(value: float | None) -> str:
    """An AUC, or a dash where there is none."""
    return "–" if value is None else rounded(value, 3)


def preset_name(key: str) -> str:
    """What a challenger tries."""
    return next((name for known, name, _about in presets() if known == key), key)


def configuration_name(version: int, preset: str) -> str:
    """A configuration by what it was made to try, and by its number: the same can be tried again later."""
    if not preset:
        return _("Version %(version)s") % {"version": version}
    return _("%(name)s (version %(version)s)") % {"name": preset_name(preset), "version": version}
