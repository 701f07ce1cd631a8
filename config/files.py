"""Files that only this user reads, and files that only one process holds."""

import contextlib
import fcntl
import os
import secrets
from pathlib import Path


def secret(path: Path) -> str:
    """The secret kept in this 0600 file; made on first use."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)  # appears whole or not at all, and never replaces another's
        draft.unlink()
    return path.read_text()


def locked(path: Path, how: int) -> int:
    """A descriptor of this file under an advisory lock (`fcntl.LOCK_SH` or `LOCK_EX`); closing it lets go.

    With `LOCK_NB`, raises `BlockingIOError` where another holds it.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, how)
    except BaseException:
        os.close(handle)
        raise
    return handle
