"""Does the drift alarm ring when something changed, and keep quiet when nothing did?

    python -m bench.drift                 all streams: shuffled (no drift) and in order, with ADWIN as shipped
    python -m bench.drift --detectors     ADWIN, PageHinkley and KSWIN at several settings
    python -m bench.drift shop10 --show   what moved, as it was found

Shuffled streams have no drift: every alarm is a false one. A quarter is taken as 9,000 alerts (100 a day). In order,
shop10 changes its goods nine times and bankadd its base rate from 4 % to 45 %. Streams are read from $ALERTLOOP_SHARED.
Probabilities come from the pure learner, each made before its own verdict was learnt; verdicts are known at once.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice

from bench.ranking import STREAMS, Alert, progressive, read_stream
from scoring.features import extract
from scoring.lifecycle.drift import Make, adwin, kswin, page_hinkley
from scoring.lifecycle.frame import REFERENCE, Frame, Seen, chinese_share
from scoring.lifecycle.watch import BLOCK, SETTLED, Movement, Row, Watch, block_means, error_values
from scoring.online_model import ModelConfig

QUARTER = 9_000  # alerts
BURN_IN = 300  # verdicts
SETTINGS: dict[str, tuple[str, float]] = {
    "ADWIN 1e-2": ("adwin", 1e-2), "ADWIN 1e-3": ("adwin", 1e-3), "ADWIN 1e-4": ("adwin", 1e-4),
    "ADWIN 1e-5": ("adwin", 1e-5), "PageHinkley 12": ("page_hinkley", 12), "PageHinkley 18": ("page_hinkley", 18),
    "PageHinkley 25": ("page_hinkley", 25), "KSWIN 1e-6": ("kswin", 1e-6),
}  # fmt: skip
MAKERS = {"adwin": adwin, "page_hinkley": page_hinkley, "kswin": kswin}


@dataclass(frozen=True, slots=True)
class Found:
    """An alarm: the alerts that had been read when it rang, and what moved."""

    family: str
    alerts: int
    movement: Movement


def seen_alerts(alerts: Sequence[Alert]) -> tuple[list[Seen], list[bool]]:
    """Every alert as drift sees it, with its label."""
    config = ModelConfig()
    probabilities, _model = progressive([Alert(one.facts, one.label, "", "") for one in alerts], config)
    seen = [
        Seen(extract(one.facts, config), len(one.facts.text), chinese_share(one.facts.text), p)
        for one, p in zip(alerts, probabilities, strict=True)
    ]
    return seen, [one.label for one in alerts]


def watched(seen: Sequence[Seen], labels: Sequence[bool], make: Make | None = None) -> list[Found]:
    """Everything that moved, as the product's worker would find it block by block."""
    frame = Frame.fit(seen[:REFERENCE], ModelConfig().text_bits)
    inputs, errors = Watch(), Watch()
    found: list[Found] = []
    for low in range(REFERENCE, len(seen) - BLOCK + 1, BLOCK):
        part = seen[low : low + BLOCK]
        values, raw = [frame.series(one) for one in part], [frame.raw(one) for one in part]
        moved = inputs.add(Row("", low, block_means(values), block_means(raw)), make)
        found += [Found("inputs", low + BLOCK, one) for one in moved if one.is_worth_a_word]
        if low < BURN_IN:
            continue
        wrong = [error_values(one.probability, y) for one, y in zip(part, labels[low : low + BLOCK], strict=True)]
        moved = errors.add(Row("", low, block_means(wrong)), make)
        found += [Found("errors", low + BLOCK, one) for one in moved if one.is_worth_a_word]
    return found


def alarms(found: Sequence[Found]) -> list[Found]:
    """The first movement of each alarm: what moves while an alarm of its family is open joins it."""
    opened: list[Found] = []
    last: dict[str, int] = {}
    for one in found:
        if one.alerts - last.get(one.family, -(10**9)) > SETTLED * BLOCK:
            opened.append(one)
        last[one.family] = one.alerts
    return opened


def prepared(task: tuple[str, int | None]) -> tuple[str, int | None, list[Seen], list[bool]]:
    """A stream, shuffled by a seed or in order."""
    name, seed = task
    alerts = read_stream(name)
    if seed is not None:
        random.Random(seed).shuffle(alerts)
    return name, seed, *seen_alerts(alerts)


def measure(task: tuple[str, int | None, Sequence[str]]) -> list[tuple[str, str, int | None, int, list[Found], float]]:
    """What each setting finds on one stream: setting, stream, seed, alerts, movements, seconds."""
    name, seed, settings = task
    _name, _seed, seen, labels = prepared((name, seed))
    results = []
    for setting in settings:
        make = None if setting == "shipped" else MAKERS[SETTINGS[setting][0]](SETTINGS[setting][1])
        started = time.process_time()
        found = watched(seen, labels, make)
        results.append((setting, name, seed, len(seen), found, time.process_time() - started))
    return results


def show(found: Sequence[Found]) -> None:
    """What moved, one line each."""
    for one in found:
        m = one.movement
        what = " ".join(part for part in m.series if part)
        print(f"  {one.alerts:6} {one.family:7} {what[:48]:48} {m.before:.3f} -> {m.after:.3f} from {m.position}")


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("streams", nargs="*", default=[])
    parser.add_argument("--detectors", action="store_true")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    settings = tuple(SETTINGS) if options.detectors else ("shipped",)
    streams = options.streams or STREAMS
    tasks = [(name, seed, settings) for name in streams for seed in (None, *range(options.seeds))]
    with ProcessPoolExecutor(2) as pool:
        results = [one for part in pool.map(measure, tasks) for one in part]
    for setting in settings:
        mine = [one for one in results if one[0] == setting]
        quiet = [one for one in mine if one[2] is not None]
        total, rung = sum(one[3] for one in quiet), sum(len(alarms(one[4])) for one in quiet)
        rate = f"{rung * QUARTER / total:.2f} a quarter" if total else "none measured"
        seconds = sum(one[5] for one in mine) / max(1, sum(one[3] for one in mine))
        print(f"\n{setting}: false alarms {rung} in {total} shuffled alerts, {rate}; {1e6 * seconds:.0f} us an alert")
        for _setting, name, seed, count, found, _seconds in mine:
            if seed is None:
                rings = alarms(found)
                first = ", ".join(f"{one.family}@{one.alerts}" for one in islice(rings, 9))
                print(f"  {name:16} {count:6} alerts {len(rings):3} alarms, {len(found):4} movements: {first}")
            if options.show:
                print(f"  {name} {'in order' if seed is None else f'shuffled {seed}'}")
                show(found)


if __name__ == "__main__":
    main()
