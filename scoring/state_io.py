"""Statistics and memory as flat arrays, and back. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from scoring.checkpoint_format import Arrays, CheckpointCorrupt, below, finite_array
from scoring.state import Columns, Encoder, Lesson, Memory, Row

T = TypeVar("T", np.int32, np.float64)


def state_arrays(columns: Columns, memory: Memory) -> Arrays:
    """Everything but the weights. Ragged parts are laid end to end, with the length of each."""
    known = len(columns.index)
    rows = [lesson.row for lesson in memory.lessons]
    return {
        "column_count": columns.count[:known],
        "column_mean": columns.mean[:known],
        "column_squares": columns.squares[:known],
        "column_edges": columns.edges[:known].ravel(),
        "labels": np.array([lesson.label for lesson in memory.lessons], dtype=np.bool_),
        "label_weights": np.array([lesson.weight for lesson in memory.lessons], dtype=np.float64),
        "row_upstream": np.array([row.upstream for row in rows], dtype=np.float64),
        "row_texts": _lengths([row.text_ids for row in rows]),
        "row_text_ids": _end_to_end([row.text_ids for row in rows]),
        "row_slots": _lengths([row.categories for row in rows]),
        "row_categories": _end_to_end([row.categories for row in rows]),
        "row_measures": _lengths([row.columns for row in rows]),
        "row_columns": _end_to_end([row.columns for row in rows]),
        "row_numbers": np.concatenate([np.zeros(0), *(row.numbers for row in rows)]),
    }


def restore_state(encoder: Encoder, memory: Memory, names: Sequence[object], arrays: Arrays) -> None:
    """Fill a fresh encoder and memory. Raises ``CheckpointCorrupt`` where anything does not fit together."""
    _restore_columns(encoder, names, arrays)
    lessons = _lessons(encoder, arrays)
    if len(lessons) > memory.capacity:
        raise CheckpointCorrupt("more is remembered than there is room for")
    memory.lessons = lessons


def _restore_columns(encoder: Encoder, names: Sequence[object], arrays: Arrays) -> None:
    columns, known = encoder.columns, len(names)
    if not isinstance(names, list) or known > encoder.layout.columns or len(set(map(str, names))) != known:
        raise CheckpointCorrupt("the list of columns cannot be")
    columns.index = {str(name): number for number, name in enumerate(names)}
    columns.count[:known] = finite_array(arrays["column_count"], known)
    columns.mean[:known] = finite_array(arrays["column_mean"], known)
    columns.squares[:known] = finite_array(arrays["column_squares"], known)
    edges = arrays["column_edges"].reshape(known, columns.edges.shape[1])
    if edges.dtype != np.float64 or np.isnan(edges).any() or (np.diff(edges, axis=1) < 0).any():
        raise CheckpointCorrupt("bin edges are not in order")
    columns.edges[:known] = edges
    columns.respread()


def _lessons(encoder: Encoder, arrays: Arrays) -> list[Lesson]:
    layout, count = encoder.layout, len(arrays["labels"])
    texts = _cut(below(arrays["row_text_ids"], layout.text), arrays["row_texts"], count)
    slots = _cut(below(arrays["row_categories"], layout.numeric), arrays["row_slots"], count)
    columns = _cut(below(arrays["row_columns"], len(encoder.columns.index)), arrays["row_measures"], count)
    numbers = finite_array(arrays["row_numbers"], len(arrays["row_columns"]))
    numbers_by_row = _cut(numbers, arrays["row_measures"], count)
    upstream = finite_array(arrays["row_upstream"], count).tolist()
    weights = finite_array(arrays["label_weights"], count).tolist()
    labels = arrays["labels"].astype(np.bool_).tolist()
    rows = map(Row, texts, slots, columns, numbers_by_row, upstream)
    return list(map(Lesson, rows, labels, weights))


def _lengths(parts: Sequence[NDArray[np.int32]]) -> NDArray[np.int32]:
    return np.array([len(part) for part in parts], dtype=np.int32)


def _end_to_end(parts: Sequence[NDArray[np.int32]]) -> NDArray[np.int32]:
    return np.concatenate([np.zeros(0, dtype=np.int32), *parts])


def _cut(flat: NDArray[T], lengths: NDArray[np.int32], count: int) -> list[NDArray[T]]:
    """The ragged parts of a flat array. Each is a copy, so that dropping one frees its memory."""
    if len(lengths) != count or int(below(lengths, len(flat) + 1).sum(dtype=np.int64)) != len(flat):
        raise CheckpointCorrupt("the lengths of the remembered rows do not add up")
    return [part.copy() for part in np.split(flat, np.cumsum(lengths)[:-1])] if count else []
