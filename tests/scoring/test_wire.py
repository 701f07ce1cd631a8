"""Columns of numbers that go to PostgreSQL come back as they were."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from scoring import wire


def there_and_back(numbers: Any, kind: str, name: str) -> Any:
    with wire.cursor() as cursor:
        statement = f"SELECT array_send(array_agg(n)) FROM unnest(%s::{name}[]) AS n"  # noqa: S608
        ((sent,),) = cursor.execute(statement, [wire.Column(np.array(numbers, dtype=kind), kind)]).fetchall()
    return wire.column(sent, kind)


class TestThereAndBack(TestCase):
    @given(numbers=st.lists(st.integers(-(2**63), 2**63 - 1)))
    def test_whole_numbers(self, numbers: list[int]) -> None:
        assert there_and_back(numbers, "i8", "bigint").tolist() == numbers

    @given(numbers=st.lists(st.integers(-(2**15), 2**15 - 1)))
    def test_small_ones(self, numbers: list[int]) -> None:
        assert there_and_back(numbers, "i2", "smallint").tolist() == numbers

    @given(numbers=st.lists(st.floats()))
    def test_floats_to_the_bit(self, numbers: list[float]) -> None:
        np.testing.assert_array_equal(there_and_back(numbers, "f8", "float8"), np.array(numbers))

    @given(numbers=st.lists(st.booleans()))
    def test_truth(self, numbers: list[bool]) -> None:
        assert there_and_back(numbers, "b1", "boolean").tolist() == numbers


@pytest.mark.django_db
def test_a_place_is_taken_as_it_is_given() -> None:
    with wire.cursor() as cursor:
        ((sent,),) = cursor.execute("SELECT array_send(ARRAY['(7,3)', '(70000,1)']::tid[])").fetchall()
        places = wire.column(sent, "V6")
        assert cursor.execute("SELECT (%s::tid[])[2]::text", [wire.Column(places, "V6")]).fetchone() == ("(70000,1)",)
