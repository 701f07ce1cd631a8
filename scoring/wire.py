"""Columns of numbers on their way to and from PostgreSQL: arrays in its binary format, without an object a number.

A hundred thousand rows cost this process some milliseconds so; as lists they cost a second to send, and as a copy,
which psycopg reads row by row, a tenth of a second to receive. The bytes are those of PostgreSQL's `array_send`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import psycopg
from django.db import connection
from psycopg.abc import Buffer
from psycopg.adapt import Dumper
from psycopg.pq import Format

# Dimensions, whether there are nulls, the oid of an entry's type, how many entries, the first one's number.
_HEADER: Final = struct.Struct(">iiIii")
_OIDS: Final = {"i8": 20, "i2": 21, "f8": 701, "V6": 27, "b1": 16}  # bigint, smallint, float8, tid, boolean


@dataclass(frozen=True, slots=True)
class Column:
    """A parameter: the numbers of an array. The statement says what it is, as in `%s::bigint[]`."""

    numbers: npt.NDArray[Any]
    # As numpy writes it: i8, i2, f8, b1; V6 for a tid.
    kind: str


class _ColumnDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Column) -> Buffer:
        cells = np.empty(len(obj.numbers), dtype=_cell(obj.kind))
        cells["size"], cells["value"] = cells.dtype["value"].itemsize, obj.numbers
        return _HEADER.pack(1, 0, _OIDS[obj.kind], len(cells), 1) + cells.tobytes()


@contextmanager
def cursor() -> Iterator[psycopg.Cursor[Any]]:
    """A cursor on Django's connection that takes a `Column` as a parameter and gives binary results."""
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as made:
        made.format = Format.BINARY
        made.adapters.register_dumper(Column, _ColumnDumper)
        yield made


def column(sent: bytes | None, kind: str) -> npt.NDArray[Any]:
    """The numbers of an array, from what `array_send` made of it; none of them null. Empty where there is no array."""
    cells = np.frombuffer((sent or b"")[_HEADER.size :], dtype=_cell(kind))
    return cells["value"].astype(np.dtype(kind))


def _cell(kind: str) -> np.dtype[Any]:
    return np.dtype([("size", ">i4"), ("value", np.dtype(kind).newbyteorder(">"))])
