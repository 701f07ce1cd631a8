"""One turn for each of many queues: what fails in one keeps nobody else waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import structlog

log = structlog.get_logger(__name__)

One = TypeVar("One")
Made = TypeVar("Made")


def each(ones: Iterable[One], turn: Callable[[One], Made]) -> list[Made]:
    """What the turn of each gave, in order.

    A turn is a transaction of its own. Where some fail, each of them is logged, the others have theirs, and the first
    failure is raised at the end: the task that asked has failed, and its next run begins with the same.
    """
    made: list[Made] = []
    failures: list[Exception] = []
    for one in ones:
        try:
            made.append(turn(one))
        except Exception as error:
            log.exception("a turn failed, the others go on", turn=getattr(turn, "__qualname__", str(turn)), of=str(one))
            failures.append(error)
    if failures:
        raise failures[0]
    return made
