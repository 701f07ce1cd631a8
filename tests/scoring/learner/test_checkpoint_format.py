"""A state as bytes."""

import hashlib
import json

import numpy as np
import pytest

from scoring.learner.checkpoint_format import CheckpointCorrupt, pack, unpack


def forged(header: object, arrays: bytes = b"") -> bytes:
    """Bytes with a true digest and any header."""
    text = json.dumps(header).encode()
    body = len(text).to_bytes(8, "little") + text + arrays
    return b"ALPMODL1" + hashlib.sha256(body).digest() + body


class TestAState:
    def test_comes_back_as_it_was(self) -> None:
        arrays = {"a": np.array([1.5, -0.0]), "b": np.array([3], dtype=np.int32), "c": np.zeros(0, dtype=np.bool_)}
        state, found = unpack(pack({"name": "预警", "n": 0.1}, arrays))
        assert state == {"name": "预警", "n": 0.1}
        assert {name: array.tobytes() for name, array in found.items()} == {n: a.tobytes() for n, a in arrays.items()}

    def test_is_the_same_bytes_whatever_the_order(self) -> None:
        one, two = np.zeros(1), np.ones(1)
        assert pack({"x": 1, "y": 2}, {"a": one, "b": two}) == pack({"y": 2, "x": 1}, {"b": two, "a": one})

    def test_comes_back_writable(self) -> None:
        _, found = unpack(pack({}, {"a": np.zeros(3)}))
        found["a"][0] = 1.0


class TestForgedBytes:
    @pytest.mark.parametrize(
        "header",
        [
            [], {"state": {}}, {"state": [], "arrays": []}, {"state": {}, "arrays": 3},
            {"state": {}, "arrays": [["a", "|O", 1]]}, {"state": {}, "arrays": [["a", "<f8", -1]]},
            {"state": {}, "arrays": [["a", "<f8", 10**30]]}, {"state": {}, "arrays": [["a", "<f8"]]},
            {"state": {}, "arrays": [["a", "<f8", True]]},
        ],
        ids=str,
    )  # fmt: skip
    def test_with_a_header_that_cannot_be_are_refused(self, header: object) -> None:
        with pytest.raises(CheckpointCorrupt):
            unpack(forged(header))

    def test_with_something_behind_the_last_array_are_refused(self) -> None:
        with pytest.raises(CheckpointCorrupt, match="left over"):
            unpack(forged({"state": {}, "arrays": []}, b"!"))

    def test_with_a_deep_header_are_refused(self) -> None:
        body = (200_000).to_bytes(8, "little") + b"[" * 200_000
        with pytest.raises(CheckpointCorrupt, match="JSON"):
            unpack(b"ALPMODL1" + hashlib.sha256(body).digest() + body)
