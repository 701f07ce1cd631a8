"""Statistics and memory as flat arrays, and back. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from scoring.learner.checkpoint_format import Arrays, CheckpointCorrupt, ascending, below, finite, finite_array, whole
from scoring.learner.columns import Statistics
from scoring.learner.covariance import symmetric
from scoring.learner.generation import Generation, is_due
from scoring.learner.registry import BELIEFS, SLOW, Registry
from scoring.learner.stance import ALONE, STANCES, Stance
from scoring.learner.state import Encoder, Lesson, Memory, Row

if TYPE_CHECKING:
    from scoring.online_model import OnlineModel

T = TypeVar("T", np.int32, np.float64)


def model_arrays(model: OnlineModel) -> tuple[dict[str, Any], Arrays]:
    """A model as JSON values and arrays, for ``pack``."""
    optimizer, weights, encoder = model.optimizer, model.weights, model.encoder
    size, used = encoder.registry.size, np.flatnonzero((optimizer.squares != 0.0) | (weights.sparse != 0.0))
    keys, counts = encoder.counts.dump()
    state = {"config": model.config.to_dict(), "learnt": model.learnt, "iterations": optimizer.n_iterations}
    state |= {"chain": model.chain, "milestones": sorted(model.milestones.items())}
    state |= {
        "registry": encoder.registry.names(),
        "counted": keys,
        "stance": _stance_said(model),
    }
    generation = b"" if encoder.generation is None else encoder.generation.dump()
    return state, state_arrays(encoder.statistics, model.memory) | counts | model.calibrator.dump() | {
        "generation": np.frombuffer(generation, dtype=np.uint8),
        "slots": used.astype(np.int32),
        "sparse": weights.sparse[used],
        "squares": optimizer.squares[used],
        "dense": weights.dense[:size],
        "usual": weights.usual[:size],
        "covariance": optimizer.covariance.matrix[np.tril_indices(size)] if model.learnt else np.zeros(0),
    }


def restore_model(model: OnlineModel, state: dict[str, Any], arrays: Arrays) -> None:
    """Fill a fresh model. Raises ``CheckpointCorrupt``, or what a wrong type or shape raises by itself."""
    optimizer, weights, encoder = model.optimizer, model.weights, model.encoder
    model.learnt, model.chain = whole(state["learnt"]), _chain(state["chain"])
    model.milestones = {_milestone(learnt, model.learnt): _chain(chain) for learnt, chain in state["milestones"]}
    optimizer.n_iterations = whole(state["iterations"])
    restore_state(encoder, model.memory, state["registry"], arrays)
    if len(model.memory.lessons) != min(model.learnt, model.memory.capacity):
        raise CheckpointCorrupt("what is remembered does not fit what was learnt")
    encoder.counts.restore(state["counted"], arrays)
    model.calibrator.restore(arrays)
    if len(arrays["generation"]):
        encoder.generation = Generation.load(arrays["generation"].tobytes())
        optimizer.boldness = encoder.generation.words.boldness
    encoder.stance = _stance_of(model, state["stance"])
    slots = ascending(arrays["slots"], len(weights.sparse))
    weights.sparse[slots] = finite_array(arrays["sparse"], len(slots))
    optimizer.squares[slots] = np.abs(finite_array(arrays["squares"], len(slots)))
    size = encoder.registry.size
    weights.dense[:size] = finite_array(arrays["dense"], size)
    weights.usual[:size] = finite_array(arrays["usual"], size)
    if model.learnt:
        optimizer.covariance.set(symmetric(finite_array(arrays["covariance"], size * (size + 1) // 2), size))


def _stance_said(model: OnlineModel) -> int | list[float]:
    """Which of the stances it is, or where between them."""
    if model.encoder.generation is None:
        return 0
    stance = model.encoder.stance
    return list(stance) if model.config.stance_temper else STANCES.index(stance)


def _stance_of(model: OnlineModel, said: object) -> Stance:
    if model.encoder.generation is None:
        return ALONE
    if not model.config.stance_temper:
        return STANCES[whole(said)]
    trust, rest = map(finite, said) if isinstance(said, list) and len(said) == len(ALONE) else (0.0, 0.0)
    if not (0.0 <= trust <= 1.0 and 0.0 < rest <= 1.0):
        raise CheckpointCorrupt("a stance that cannot be")
    return Stance(trust, rest)


def _chain(found: object) -> str:
    if not isinstance(found, str) or len(found) != 64 or found.strip("0123456789abcdef"):
        raise CheckpointCorrupt("a chain is 64 hexadecimal digits")
    return found


def _milestone(found: object, learnt: int) -> int:
    if not isinstance(found, int) or not is_due(found) or found > learnt:
        raise CheckpointCorrupt("a milestone that is none, or is ahead")
    return found


def state_arrays(statistics: Statistics, memory: Memory) -> Arrays:
    """Everything but the weights. Ragged parts are laid end to end, with the length of each."""
    rows = [lesson.row for lesson in memory.lessons]
    return {
        "column_count": statistics.table[0],
        "column_mean": statistics.table[1],
        "column_squares": statistics.table[2],
        "column_edges": statistics.edges.ravel(),
        "labels": np.array([lesson.label for lesson in memory.lessons], dtype=np.bool_),
        "label_weights": np.array([lesson.weight for lesson in memory.lessons], dtype=np.float64),
        "label_texts": np.array([lesson.text for lesson in memory.lessons], dtype=np.bool_),
        "row_beliefs": np.concatenate([np.zeros(0), *(row.beliefs for row in rows)]),
        "row_upstream": np.array([row.upstream for row in rows], dtype=np.float64),
        "row_texts": _lengths([row.text_ids for row in rows]),
        "row_text_ids": _end_to_end([row.text_ids for row in rows]),
        "row_hashes": _lengths([row.hashed for row in rows]),
        "row_hashed": _end_to_end([row.hashed for row in rows]),
        "row_slots": _lengths([row.categories for row in rows]),
        "row_categories": _end_to_end([row.categories for row in rows]),
        "row_measures": _lengths([row.columns for row in rows]),
        "row_columns": _end_to_end([row.columns for row in rows]),
        "row_numbers": np.concatenate([np.zeros(0), *(row.numbers for row in rows)]),
    }


def restore_state(encoder: Encoder, memory: Memory, names: object, arrays: Arrays) -> None:
    """Fill a fresh encoder and memory. Raises ``CheckpointCorrupt`` where anything does not fit together."""
    _restore_registry(encoder.registry, names)
    _restore_statistics(encoder.statistics, len(encoder.registry.columns), arrays)
    lessons = _lessons(encoder, arrays)
    if len(lessons) > memory.capacity:
        raise CheckpointCorrupt("more is remembered than there is room for")
    memory.lessons = lessons


def _restore_registry(registry: Registry, names: object) -> None:
    for entry in names if isinstance(names, list) else [None]:
        match entry:
            case [str(name)]:
                registry.add_column(name)
            case [str(name), str() | None as value]:
                registry.add_category((name, value))
            case _:
                raise CheckpointCorrupt("the registry cannot be")
    if registry.names() != names:
        raise CheckpointCorrupt("the registry repeats a name or holds more than there is room for")


def _restore_statistics(statistics: Statistics, columns: int, arrays: Arrays) -> None:
    statistics.grow(columns)
    for number, name in enumerate(("column_count", "column_mean", "column_squares")):
        statistics.table[number] = finite_array(arrays[name], columns)
    edges = arrays["column_edges"].reshape(statistics.edges.shape)
    with np.errstate(invalid="ignore"):
        disordered = (edges[:, 1:] < edges[:, :-1]).any()
    if edges.dtype != np.float64 or np.isnan(edges).any() or disordered:
        raise CheckpointCorrupt("bin edges are not in order")
    statistics.edges = edges
    statistics.respread()


def _lessons(encoder: Encoder, arrays: Arrays) -> list[Lesson]:
    registry, config, count = encoder.registry, encoder.config, len(arrays["labels"])
    text_slots = 1 << config.text_bits
    texts = _cut(below(arrays["row_text_ids"], text_slots), arrays["row_texts"], count)
    hashed = _cut(below(arrays["row_hashed"], text_slots + (1 << config.category_bits)), arrays["row_hashes"], count)
    slots = _cut(below(arrays["row_categories"], registry.size), arrays["row_slots"], count)
    columns = _cut(below(arrays["row_columns"], len(registry.columns)), arrays["row_measures"], count)
    numbers = finite_array(arrays["row_numbers"], len(arrays["row_columns"]))
    numbers_by_row = _cut(numbers, arrays["row_measures"], count)
    upstream = finite_array(arrays["row_upstream"], count).tolist()
    weights = finite_array(arrays["label_weights"], count).tolist()
    labels = arrays["labels"].astype(np.bool_).tolist()
    texts_count = arrays["label_texts"].astype(np.bool_).tolist()
    width = BELIEFS - SLOW
    beliefs = finite_array(arrays["row_beliefs"], count * width).reshape(count, width)
    rows = map(Row, texts, hashed, slots, columns, numbers_by_row, upstream, map(np.copy, beliefs))
    return [Lesson(*one) for one in zip(rows, labels, weights, texts_count, strict=True)]


def _lengths(parts: Sequence[NDArray[np.int32]]) -> NDArray[np.int32]:
    return np.array([len(part) for part in parts], dtype=np.int32)


def _end_to_end(parts: Sequence[NDArray[np.int32]]) -> NDArray[np.int32]:
    return np.concatenate([np.zeros(0, dtype=np.int32), *parts])


def _cut(flat: NDArray[T], lengths: NDArray[np.int32], count: int) -> list[NDArray[T]]:
    """The ragged parts of a flat array. Each is a copy, so that dropping one frees its memory."""
    if len(lengths) != count or int(below(lengths, len(flat) + 1).sum(dtype=np.int64)) != len(flat):
        raise CheckpointCorrupt("the lengths of the remembered rows do not add up")
    return [part.copy() for part in np.split(flat, np.cumsum(lengths)[:-1])] if count else []
