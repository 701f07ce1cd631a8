"""`python3 config/alone.py FILE COMMAND ...`: run a command while no other runs under this file; others wait for it.

For `make`, which installs before there is anything else: a plain script, and no more than Python itself.
"""

import fcntl
import os
import sys


def main() -> None:
    """Take the file's lock, then become the command: the lock ends with it, however it ends."""
    handle = os.open(sys.argv[1], os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("Another `make` installs in this folder. This one goes on when that is done.", flush=True)  # noqa: T201
        fcntl.flock(handle, fcntl.LOCK_EX)
    os.set_inheritable(handle, True)
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 - what the Makefile says


if __name__ == "__main__":
    main()
