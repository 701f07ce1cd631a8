"""Run every bench, one after the other: `make bench`, or `python -m bench intake pages` for some."""

import subprocess
import sys
from pathlib import Path

# Each is a file of this folder with a main(); shared parts are not benches.
PARTS = {"__init__", "__main__", "bare", "harness", "million", "pupil"}


def main() -> None:
    """Run the named benches, or all; exit 1 if one failed."""
    known = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in PARTS)
    wanted = sys.argv[1:] or known
    if unknown := set(wanted) - set(known):
        sys.exit(f"There is no bench {', '.join(sorted(unknown))}; there are {', '.join(known)}.")
    failed = []
    for name in wanted:
        print(f"\n== {name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False).returncode:
            failed.append(name)
    sys.exit(f"failed: {', '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    main()
