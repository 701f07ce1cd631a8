"""What one process at a time may do: PostgreSQL's advisory locks, all named here so that no two share a number."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

from django.db import connection


class Lock(IntEnum):
    """First half of an advisory lock; the second half is an id: the queue's, where nothing else is said."""

    LEDGER = 0x1ED6  # positions of the ledger and numbers of amendments are commit order
    RERANK = 0x5EED
    FIGURES = 0xF16E
    MEMORY = 0x51A1  # of similar alerts
    VET = 0x7E57
    FILL = 0x0A5C  # questions
    CHALLENGE = 0xC4A1  # a challenger's id
    REPLAY = 0x4E91  # of a replay's name
    BUILD = 0xDE40  # the demo workspace; 0


@contextmanager
def turn(lock: Lock, number: int) -> Iterator[bool]:
    """Whether it is this process's turn, until the block ends. Needs no transaction; the lock goes with the process."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [lock.value, number])
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [lock.value, number])


def take(lock: Lock, number: int) -> None:
    """Wait for the lock and hold it until the transaction ends."""
    _within_transaction()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [lock.value, number])


def take_if_free(lock: Lock, number: int) -> bool:
    """Take the lock until the transaction ends, unless another process has it; returns whether it is ours."""
    _within_transaction()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [lock.value, number])
        return bool(cursor.fetchone()[0])


def _within_transaction() -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("a lock that is held until the transaction ends needs one")
