"""Numbers, bars, names and marked words as the pages show them.

Only `navigation` and `pause_on_desk` read the database, and what is given a queue, where this process has not read its
names yet.
"""

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.contrib.auth.models import User
from django.template import Context
from django.utils.formats import date_format
from django.utils.timesince import timesince
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext_lazy

from feedback.desk import wording
from feedback.desk.access import DESK_ROLES
from feedback.desk.navigation import Section, sections_for
from feedback.desk.passages import Highlight, Passage, passages
from feedback.desk.selectors import MOST_COUNTED
from feedback.desk.wording import Reason
from feedback.models import Membership, Queue
from feedback.selectors import names_of
from feedback.services.pauses import pause_of

register = template.Library()

BAR_WIDTH = 96
MINUTE = timedelta(minutes=1)

# Django's own Chinese says a month as the third month, and a day as on paper.
_AGES: dict[str, Any] = {
    "year": ngettext_lazy("%(num)d year", "%(num)d years", "num"),
    "month": ngettext_lazy("%(num)d month", "%(num)d months", "num"),
    "week": ngettext_lazy("%(num)d week", "%(num)d weeks", "num"),
    "day": ngettext_lazy("%(num)d day", "%(num)d days", "num"),
    "hour": ngettext_lazy("%(num)d hour", "%(num)d hours", "num"),
    "minute": ngettext_lazy("%(num)d minute", "%(num)d minutes", "num"),
}


@register.filter
def percent(share: float | None) -> str:
    """A share from 0 to 1 as a whole percentage, or a dash where there is none."""
    return "\N{EN DASH}" if share is None else f"{round(share * 100)}%"


@register.filter
def chance(probability: float) -> str:
    """A probability as a whole percentage that never claims certainty."""
    return "<1%" if probability < 0.005 else ">99%" if probability >= 0.995 else percent(probability)


@register.filter
def called(feature: str, queue: Queue) -> str:
    """`{{ key|called:queue }}`: what the queue calls a feature; its key as words where nobody has named it."""
    return names_of(queue).of(feature)


@register.simple_tag
def value_called(queue: Queue, feature: str, value: Any) -> str:
    """`{% value_called queue key value %}`: a feature's value by the name it was given, else as a person writes it."""
    return names_of(queue).given_value(feature, value) or fact(value)


@register.simple_tag
def pause_on_desk(queue: Queue, person: User) -> str:
    """`{% pause_on_desk queue user %}`: who paused the person's work at a queue's desk, and when; empty for others."""
    pause = pause_of(queue_id=queue.pk, person=person, roles=DESK_ROLES)
    return "" if pause is None else in_pause_words(pause)


@register.filter
def in_pause_words(pause: Membership) -> str:
    """What whoever is paused reads: by whom, since when, and what of theirs stays."""
    since = date_format(localtime(pause.paused_at), "DATETIME_FORMAT")
    if pause.paused_by is None:
        return gettext("Your work here is paused since %(since)s. What you said stays.") % {"since": since}
    words = {"lead": pause.paused_by.get_full_name() or pause.paused_by.get_username(), "since": since}
    return (
        gettext("%(lead)s paused your work here on %(since)s. What you said stays. Ask %(lead)s how to go on.") % words
    )


@register.filter
def named_features(queue: Queue) -> list[tuple[str, str]]:
    """The features that the queue has a name for, each with it, for components/feature_keys.html."""
    return list(names_of(queue))


@register.filter
def channel(code: str) -> str:
    """A scorer's channel as a person names it: phone, live chat, WeChat."""
    return wording.channel_in_words(code)


@register.filter
def fact(value: Any) -> str:
    """A structured value as a person writes it: a dash for none, yes or no, numbers without false precision."""
    if value is None:
        return "\N{EN DASH}"
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    return wording.number(value) if isinstance(value, int | float) else str(value)


@register.filter
def hundredths(share: float) -> str:
    """A share from 0 to 1 as an SVG coordinate from 0 to 100, the same in every language."""
    return f"{min(max(share, 0.0), 1.0) * 100:.1f}"


@register.filter
def signed(weight: float) -> str:
    """A weight in log-odds with its sign always written, one decimal: +1.9, −0.4."""
    return f"{wording.MINUS if weight < 0 else '+'}{abs(weight):.1f}"


@register.filter
def is_said(weight: float) -> bool:
    """Whether a weight in log-odds is written as more than 0.0."""
    return abs(weight) >= wording.LEAST_SAID


@register.filter
def in_words(reasons: Iterable[Reason], queue: Queue) -> list[dict[str, Any]]:
    """The model's reasons as label, weight and the feature they are about, for components/contributions.html."""
    weighed = wording.weighed(reasons, names_of(queue))
    return [{"label": label, "feature": feature, "weight": weight} for label, feature, weight in weighed]


@register.filter
def as_words(reason: Reason, queue: Queue) -> str:
    """One of the model's reasons as a phrase."""
    return wording.in_words(reason, names_of(queue))


@register.filter
def about_feature(reason: Reason) -> str:
    """The key of the feature that a reason is about, for a `title`; empty where it is about none."""
    return wording.feature_of(reason)


@register.filter
def with_bars(reasons: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each reason with the width of its bar in pixels, the heaviest the widest."""
    weighed = [(reason, abs(float(reason["weight"]))) for reason in reasons]
    heaviest = max((weight for _, weight in weighed), default=0.0) or 1.0
    return [{**reason, "width": max(2, round(BAR_WIDTH * weight / heaviest))} for reason, weight in weighed]


@register.filter
def marked(text: str, highlights: Iterable[Highlight]) -> list[Passage]:
    """The text cut at the words that weighed, for components/marked_text.html."""
    return passages(text, highlights)


@register.filter
def age(moment: datetime, now: datetime) -> str:
    """How long it has been, in the largest unit and a minute at least: 1 minute, 3 hours, 2 days."""
    return timesince(moment, max(now, moment + MINUTE), time_strings=_AGES, depth=1)


@register.filter
def ago(moment: datetime, now: datetime) -> str:
    """How long ago, in words: just now, 3 hours ago."""
    return gettext("just now") if now - moment < MINUTE else gettext("%(age)s ago") % {"age": age(moment, now)}


@register.filter
def limited(count: int) -> str:
    """A count that was only counted so far: 99+ from a hundred on."""
    return str(count) if count < MOST_COUNTED else f"{MOST_COUNTED - 1}+"


@register.simple_tag
def new_id() -> uuid.UUID:
    """A decision id for a form that is being shown."""
    return uuid.uuid4()


@register.simple_tag(takes_context=True)
def navigation(context: Context) -> list[Section]:
    """`{% navigation as sections %}`: where the person who asks can go."""
    request = context.get("request")
    return sections_for(request) if request is not None else []
