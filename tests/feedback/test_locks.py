"""Advisory locks between two real connections."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from django.db import connection, transaction

from feedback.locks import Lock, take, take_if_free, turn


@pytest.fixture
def elsewhere(transactional_db: None) -> Iterator[psycopg.Connection]:
    """Another process's connection."""
    given = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    with psycopg.connect(autocommit=True, **{name: given[name] for name in names if given.get(name)}) as other:
        yield other


def is_free(other: psycopg.Connection, lock: Lock, number: int) -> bool:
    with other.transaction():
        row = other.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [lock.value, number]).fetchone()
    assert row is not None
    return bool(row[0])


def test_no_two_locks_share_a_number() -> None:
    assert len({lock.value for lock in Lock.__members__.values()}) == len(Lock.__members__)


class TestATurn:
    def test_it_is_one_processs_until_the_block_ends(self, elsewhere: psycopg.Connection) -> None:
        with turn(Lock.RERANK, 7) as mine:
            assert mine
            assert not is_free(elsewhere, Lock.RERANK, 7)
            assert is_free(elsewhere, Lock.RERANK, 8)
        assert is_free(elsewhere, Lock.RERANK, 7)

    def test_it_is_let_go_after_an_error(self, elsewhere: psycopg.Connection) -> None:
        with pytest.raises(ZeroDivisionError), turn(Lock.RERANK, 7):
            raise ZeroDivisionError
        assert is_free(elsewhere, Lock.RERANK, 7)

    def test_anothers_turn_is_not_taken_away(self, elsewhere: psycopg.Connection) -> None:
        elsewhere.execute("SELECT pg_advisory_lock(%s, %s)", [Lock.RERANK.value, 7])
        with turn(Lock.RERANK, 7) as mine:
            assert not mine
        assert not _free_here(Lock.RERANK, 7)


class TestALockOfATransaction:
    def test_it_is_held_until_the_transaction_ends(self, elsewhere: psycopg.Connection) -> None:
        with transaction.atomic():
            take(Lock.LEDGER, 7)
            assert not is_free(elsewhere, Lock.LEDGER, 7)
        assert is_free(elsewhere, Lock.LEDGER, 7)

    def test_it_is_taken_only_if_it_is_free(self, elsewhere: psycopg.Connection) -> None:
        elsewhere.execute("SELECT pg_advisory_lock(%s, %s)", [Lock.FILL.value, 7])
        assert not _free_here(Lock.FILL, 7)
        assert _free_here(Lock.FILL, 8)

    @pytest.mark.parametrize("way", [take, take_if_free])
    def test_without_a_transaction_it_says_so_instead_of_holding_nothing(
        self, way: Callable[[Lock, int], object], elsewhere: psycopg.Connection
    ) -> None:
        with pytest.raises(RuntimeError, match="transaction"):
            way(Lock.FILL, 7)


def _free_here(lock: Lock, number: int) -> bool:
    with transaction.atomic():
        return take_if_free(lock, number)
