"""How many bytes a model holds in this process. Pure."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

_PLAIN = (str, bytes, int, float, bool, type(None), type)


def footprint(thing: object) -> int:
    """The bytes of an object and of everything it holds, each counted once; a view of an array counts for the whole.

    Modules, classes and functions are shared with others and do not count.
    """
    seen: set[int] = set()
    waiting: list[Any] = [thing]
    total = 0
    while waiting:
        one = waiting.pop()
        if isinstance(one, np.ndarray) and one.base is not None:
            one = one.base
        if id(one) in seen or callable(one):
            continue
        seen.add(id(one))
        total += sys.getsizeof(one)
        if not isinstance(one, (*_PLAIN, np.ndarray)):
            waiting.extend(_held(one))
    return total


def _held(one: Any) -> Iterator[Any]:
    if isinstance(one, Mapping):
        yield from one.keys()
        yield from one.values()
    elif isinstance(one, list | tuple | set | frozenset) or type(one).__name__ == "deque":
        yield from one
    else:
        yield from vars(one).values() if hasattr(one, "__dict__") else ()
        for kind in type(one).__mro__:
            slots = getattr(kind, "__slots__", ())
            for name in (slots,) if isinstance(slots, str) else slots:
                if hasattr(one, name):
                    yield getattr(one, name)
