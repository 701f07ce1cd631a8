"""An alert's values as tiles, a guideline as headings and paragraphs. Only names are read."""

import re
from typing import Any, NamedTuple

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from feedback.desk import wording
from feedback.models import Alert, Queue
from feedback.selectors import names_of
from labeling.models import Because, Question

register = template.Library()

MOST_TILES = 8

_HEADED = re.compile(r"^\*\*(?P<title>.+?)\*\*\s*[:：]?\s*(?P<text>.*)$")
_STRONG = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")


class Tile(NamedTuple):
    """A name and a value, and the feature's key where it is one."""

    name: str
    value: str
    feature: str = ""


class Tiles(NamedTuple):
    """The tiles that are shown at once, and those behind a click."""

    first: list[Tile]
    rest: list[Tile]


class Part(NamedTuple):
    """A paragraph of a guideline, with its heading or none."""

    title: str
    text: str


@register.filter
def tiles(alert: Alert, queue: Queue) -> Tiles:
    """The evidence its scorer gave, then the values the alert carries. What the model thinks stays off the page."""
    names = names_of(queue)
    pairs = [Tile(line.get("label", ""), line.get("value", "")) for line in alert.evidence]
    values = [
        Tile(names.of(key), names.given_value(key, value) or _value(value), key)
        for key, value in sorted(alert.features.items())
    ]
    if not pairs:
        return Tiles(values[:MOST_TILES], values[MOST_TILES:])
    return Tiles(pairs[:MOST_TILES], pairs[MOST_TILES:] + values)


# The stored reason says it to an administrator. A labeler is told what it means, and nothing of which way the model
# leans; nor that a colleague is asked too, for then they would answer with more care than they usually do.
_WHY: dict[str, Any] = {
    Because.UNCERTAIN: gettext_lazy("the model cannot tell, so your answer teaches it most"),
    Because.DIVERSE: gettext_lazy("nothing like it has been judged yet"),
    Because.REP_UNSURE: gettext_lazy("a rep was not sure and leaves it to you"),
    Because.DISAGREEMENT: gettext_lazy("the model and a rep’s verdict on it disagree"),
    Because.RANDOM: gettext_lazy("it was drawn at random, to check the model"),
    Because.COLD: gettext_lazy("the model knows nothing yet, so every answer helps"),
}


@register.filter
def why_asked(question: Question) -> str:
    """Why a question is asked, as a labeler understands it."""
    return str(_WHY[question.because])


@register.filter
def guideline(text: str) -> list[Part]:
    """A guideline's lines; one that begins with **words** takes them as its heading.

    >>> guideline("**Accurate**: they leave.\\n\\nElse not.")
    [Part(title='Accurate', text='they leave.'), Part(title='', text='Else not.')]
    """
    return [_part(line.strip()) for line in text.splitlines() if line.strip()]


def _part(line: str) -> Part:
    headed = _HEADED.match(line)
    return Part(headed["title"], headed["text"]) if headed else Part("", line)


@register.filter
def strong(text: str) -> SafeString:
    """A line as HTML: **words** within it are strong, all else is as it was typed.

    >>> strong("Judge what **our rep** says, <b>not</b> the customer.")
    'Judge what <strong>our rep</strong> says, &lt;b&gt;not&lt;/b&gt; the customer.'
    """
    return mark_safe(_STRONG.sub(r"<strong>\1</strong>", escape(text)))  # noqa: S308 - escaped before


def _value(value: object) -> str:
    if value is None:
        return _("unknown")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float):
        return wording.number(round(value, 2))
    return str(value)
