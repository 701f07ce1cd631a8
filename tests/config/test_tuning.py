"""How much the embedded PostgreSQL keeps in memory."""

from pathlib import Path

import psutil
import pytest

from config import tuning

GIB = 1 << 30


@pytest.mark.parametrize(("gibibytes", "megabytes"), [(1, 192), (4, 192), (8, 256), (12, 384), (16, 512), (256, 512)])
def test_it_keeps_a_thirty_second_of_the_memory_within_bounds(gibibytes: int, megabytes: int) -> None:
    assert tuning.shared_buffers(gibibytes * GIB) == megabytes


@pytest.mark.parametrize(("limit", "counts"), [("1073741824\n", True), ("max\n", False)])
def test_a_containers_limit_counts(limit: str, counts: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "memory.max").write_text(limit)
    monkeypatch.setattr(tuning, "_LIMIT", tmp_path / "memory.max")
    assert tuning.memory() == (GIB if counts else psutil.virtual_memory().total)


def test_a_cluster_for_tests_stays_small() -> None:
    assert tuning.settings_for(careless=True)["shared_buffers"] == "96MB"
