"""Sentences one after the other, in the reader's language."""

from functools import reduce

from django.utils.translation import gettext as _


def prose(*sentences: str) -> str:
    """The sentences as one text; empty ones are left out."""
    return reduce(_then, filter(None, sentences), "")


def _then(first: str, second: str) -> str:
    if not first:
        return second
    # Translators: two sentences, one after the other; Chinese has no space between them.
    return _("%(first)s %(second)s") % {"first": first, "second": second}
