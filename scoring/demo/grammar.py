"""A small grammar for generated text: `[a|b]` chooses one branch, `{name}` fills a slot; both nest."""

import re
from collections.abc import Mapping, Sequence
from random import Random

# The innermost choice: no bracket inside, so that replacing it repeatedly resolves nested ones from within.
_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")

Slots = Mapping[str, Sequence[str]]


def expand(template: str, *, slots: Slots, rng: Random) -> str:
    """One reading of the template. Raises `KeyError` for a slot without words."""
    while _CHOICE.search(template):
        template = _CHOICE.sub(lambda match: rng.choice(match.group(1).split("|")), template)
    while _SLOT.search(template):
        template = _SLOT.sub(lambda match: rng.choice(slots[match.group(1)]), template)
    return template
