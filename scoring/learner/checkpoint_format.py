"""A model's state as bytes: a JSON header and raw arrays. Never pickle: what is read can only become numbers and text.

Layout: 8 bytes magic, 32 bytes SHA-256 of all that follows, 8 bytes header length, the header (JSON, keys sorted), the
arrays' bytes in the header's order.
The same state gives the same bytes in every process.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_MAGIC: Final = b"ALPMODL1"
_TYPES: Final = {"<i4": np.int32, "<i8": np.int64, "<f8": np.float64, "|b1": np.bool_, "|u1": np.uint8}
_HEADER_LIMIT: Final = 1 << 24

Arrays = dict[str, NDArray[Any]]


class CheckpointCorrupt(ValueError):
    """The bytes are not a state of this model: damaged, cut off, of another format or another configuration."""


def pack(state: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Bytes of a state (JSON values) and its one-dimensional arrays of int32, int64, float64, uint8 or bool."""
    listed = [[name, array.dtype.str, len(array)] for name, array in sorted(arrays.items())]
    header = json.dumps({"state": state, "arrays": listed}, sort_keys=True, allow_nan=False).encode()
    parts = [np.ascontiguousarray(array).tobytes() for _, array in sorted(arrays.items())]
    body = b"".join([len(header).to_bytes(8, "little"), header, *parts])
    return _MAGIC + hashlib.sha256(body).digest() + body


def unpack(payload: bytes) -> tuple[dict[str, Any], Arrays]:
    """State and arrays of ``pack``. Raises ``CheckpointCorrupt`` for any other bytes."""
    header, rest = _header(payload)
    arrays: Arrays = {}
    for entry in header["arrays"]:
        name, kind, length = _entry(entry)
        size = length * np.dtype(kind).itemsize
        if size > len(rest):
            raise CheckpointCorrupt(f"array {name} is cut off")
        arrays[name] = np.frombuffer(rest[:size], dtype=kind).copy()
        rest = rest[size:]
    if len(rest):
        raise CheckpointCorrupt("bytes left over after the last array")
    return header["state"], arrays


def _header(payload: bytes) -> tuple[dict[str, Any], memoryview]:
    body = memoryview(payload)[40:]
    if payload[:8] != _MAGIC or len(body) < 8:
        raise CheckpointCorrupt("not a checkpoint of this format")
    if hashlib.sha256(body).digest() != payload[8:40]:
        raise CheckpointCorrupt("the bytes do not match their digest")
    end = 8 + int.from_bytes(body[:8], "little")
    if end > min(_HEADER_LIMIT, len(body)):
        raise CheckpointCorrupt("the header is cut off")
    try:
        header = json.loads(bytes(body[8:end]))
    except (ValueError, RecursionError) as error:
        raise CheckpointCorrupt("the header is not JSON") from error
    if not isinstance(header, dict) or not isinstance(header.get("state"), dict):
        raise CheckpointCorrupt("the header has no state")
    if not isinstance(header.get("arrays"), list):
        raise CheckpointCorrupt("the header lists no arrays")
    return header, body[end:]


def _entry(entry: object) -> tuple[str, str, int]:
    match entry:
        case [str(name), str(kind), int(length)] if kind in _TYPES and length >= 0:
            return name, kind, length
    raise CheckpointCorrupt("the header describes an array that cannot be")


def whole(value: object) -> int:
    """The value, an integer from 0 upwards. Raises ``CheckpointCorrupt``."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise CheckpointCorrupt(f"not a count: {value!r:.40}")
    return value


def finite(value: object) -> float:
    """The value, a finite number. Raises ``CheckpointCorrupt``."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not np.isfinite(value):
        raise CheckpointCorrupt(f"not a finite number: {value!r:.40}")
    return float(value)


def finite_array(array: NDArray[Any], length: int) -> NDArray[np.float64]:
    """The array, float64 of this length and finite throughout. Raises ``CheckpointCorrupt``."""
    if array.dtype != np.float64 or len(array) != length or not np.isfinite(array).all():
        raise CheckpointCorrupt("an array of numbers has another length, type or a value that is not finite")
    return array


def below(array: NDArray[Any], limit: int) -> NDArray[np.int32]:
    """The array, int32 and between 0 and ``limit`` (excluded). Raises ``CheckpointCorrupt``."""
    if array.dtype != np.int32 or (len(array) and not 0 <= int(array.min()) <= int(array.max()) < limit):
        raise CheckpointCorrupt("an array of indexes has another type or points outside")
    return array


def ascending(array: NDArray[Any], limit: int) -> NDArray[np.int32]:
    """The array, int32, strictly ascending and below ``limit``. Raises ``CheckpointCorrupt``."""
    if (np.diff(below(array, limit)) <= 0).any():
        raise CheckpointCorrupt("an array of slots is not ascending")
    return array
