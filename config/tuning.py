"""How the embedded PostgreSQL is set: for two cores and a few hundred megabytes; commits stay durable."""

from pathlib import Path
from typing import Final

import psutil

_LIMIT: Final = Path("/sys/fs/cgroup/memory.max")  # of a container; "max" where there is none
_MEGABYTE: Final = 1 << 20
_LEAST, _MOST = 192, 512  # megabytes; the index of a million similar alerts takes 414 (docs/benchmarks.md)
_SHARE: Final = 32

TUNING: Final = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "80",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "random_page_cost": "1.1",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "max_parallel_workers_per_gather": "1",
    "jit": "off",
    "log_checkpoints": "off",
    "timezone": "UTC",
}
# For a cluster that is thrown away at the end of a test session: nothing has to survive a power cut.
CARELESS: Final = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "shared_buffers": "96MB"}


def settings_for(*, careless: bool) -> dict[str, str]:
    """PostgreSQL's settings on this machine."""
    return TUNING | {"shared_buffers": f"{shared_buffers(memory())}MB"} | (CARELESS if careless else {})


def shared_buffers(available: int) -> int:
    """Megabytes of pages to keep: a thirty-second of the memory, given in bytes, but never very few or very many."""
    return min(_MOST, max(_LEAST, available // _SHARE // _MEGABYTE))


def memory() -> int:
    """Bytes that this machine, or the container that this runs in, may use."""
    limit = _LIMIT.read_text().strip() if _LIMIT.exists() else "max"
    total: int = psutil.virtual_memory().total
    return min(total, int(limit)) if limit.isdigit() else total
