"""Six months of a labelled stream as a queue of its own: what the lead's page shows, beside the truth.

    python -m bench.six_months shop10 [--limit 12000] [--pictures docs/img]

A throwaway database; the stream's alerts are spread evenly over 26 weeks that end now, and come in once a day
through the product's intake. Reps judge what they see two hours later, a worker takes its turn (learning, generations,
drift watch), and every Monday a lead asks for the next stage until the queue suppresses, then has the thresholds chosen
again every four weeks; the product refuses a step whose condition is not met. The truth of hidden alerts is known from
the stream and shown to nobody. Prints tables; with --pictures, takes the lead's page in a browser.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.harness import database, free_port, process
from scoring.replay.stream import StreamAlert, read_stream

SHARED = Path(os.environ.get("ALERTLOOP_SHARED") or Path(__file__).resolve().parents[2] / "shared")
WEEKS = 26
TURN = timedelta(days=1)
THINKING = timedelta(hours=2)
TARGET, CAP, AUDITED = 0.85, 0.0125, 0.1
AGAIN = 4  # weeks after which thresholds are chosen anew


@dataclass
class Stage:
    """The queue, and those who act in it."""

    queue: Any
    scorer: Any
    rep: Any
    lead: Any
    truth: dict[str, bool] = field(default_factory=dict)
    log: list[tuple[datetime, str]] = field(default_factory=list)


def set_up(name: str) -> Stage:
    """A queue with a scorer, a rep and a lead."""
    from django.contrib.auth import get_user_model

    from feedback.models import Membership, Queue, Role, Scorer

    people = get_user_model().objects
    queue = Queue.objects.create(slug=name, name=f"Six months of {name}", name_zh=f"{name} 六个月")
    rep, lead = (people.create_user(person, password=person) for person in ("rep", "lead"))
    Membership.objects.create(user=rep, queue=queue, role=Role.REP)
    Membership.objects.create(user=lead, queue=queue, role=Role.LEAD)
    scorer = Scorer.objects.create(name=name)
    scorer.queues.add(queue)
    return Stage(queue, scorer, rep, lead)


def live(stage: Stage, alerts: Sequence[StreamAlert], start: datetime) -> None:
    """A day at a time."""
    from scoring.lifecycle.services import watch
    from scoring.services import learn

    turns = WEEKS * 7
    for number in range(turns):
        now = start + TURN * number
        if number % 7 == 0:
            step(stage, number // 7, now)
        portion = alerts[number * len(alerts) // turns : (number + 1) * len(alerts) // turns]
        raise_all(stage, portion, now)
        judge_all(stage, now + THINKING)
        learn(queue_id=stage.queue.pk, now=now + THINKING)
        watch(queue_id=stage.queue.pk, now=now + THINKING)
        if number % 28 == 0:
            print(f"  week {number // 7}", file=sys.stderr, flush=True)


def raise_all(stage: Stage, portion: Sequence[StreamAlert], now: datetime) -> None:
    """What the scorer posts in one request."""
    from feedback.services import AlertDraft
    from scoring.services import take_in

    drafts = [
        AlertDraft(external_id=one.seq, customer_id=f"{stage.queue.slug}-{one.seq}", raised_at=now, text=one.text,
                   features=one.features, upstream_score=one.upstream_score)
        for one in portion
    ]  # fmt: skip
    stage.truth |= {one.seq: one.accurate for one in portion}
    take_in(queue=stage.queue, scorer=stage.scorer, drafts=drafts, now=now)


def judge_all(stage: Stage, now: datetime) -> None:
    """The rep judges all that can be seen, most urgent first."""
    from feedback.models import OpenAlert, Source, Value
    from feedback.services import record_verdict

    waiting = OpenAlert.objects.filter(queue=stage.queue, visible=True).select_related("alert").order_by("-urgency")
    for one in waiting:
        value = Value.ACCURATE if stage.truth[one.alert.external_id] else Value.FALSE_POSITIVE
        key = uuid.uuid5(uuid.NAMESPACE_OID, f"{stage.queue.slug}:{one.alert.external_id}")
        one.alert.queue = stage.queue
        record_verdict(alert=one.alert, judge=stage.rep, value=value, decision_id=key, source=Source.REP,
                       blind=one.blind, now=now)  # fmt: skip


def step(stage: Stage, week: int, now: datetime) -> None:
    """The lead asks for the next stage, or after some weeks for thresholds that fit again."""
    from scoring.policylab.selectors import in_force
    from scoring.policylab.services import StepRefused, Wish, apply_wish
    from scoring.stages import after
    from scoring.thresholds import Goal

    held = in_force(stage.queue)
    wanted = after(held.policy.stage)
    if week == 0 or (wanted is None and week % AGAIN):
        return
    blind = held.policy.blind_share
    wish = Wish(wanted or "suppress", Goal(TARGET, CAP), AUDITED, AUDITED, AUDITED, blind, True, 0.5)
    try:
        made = apply_wish(queue=stage.queue, wish=wish, seen_version=held.version.version, by=stage.lead, now=now)
        stage.log.append((now, f"{made.stage}, hides below {made.hide_below:.3f}"))
    except StepRefused as refused:
        missing = ", ".join(one.asked for one in refused.unmet)
        if wanted is not None and not (stage.log and stage.log[-1][1].startswith("refused")):
            stage.log.append((now, f"refused {wanted}: {missing}"))


def tables(stage: Stage, now: datetime) -> Iterator[str]:
    """What the page shows week by week, beside the truth."""
    from scoring.estimation import hidden_accurate, naive_precision, recall, weighted_precision
    from scoring.evaluation import calibration
    from scoring.lead.selectors import figures_of
    from scoring.models import DriftAlarm, JudgedAlert

    figures = figures_of([stage.queue.pk], now)[stage.queue.pk]
    truths = truth_by_week(stage)
    yield "| week | raised | hidden | naive | all raised, 4 weeks | true | hidden, accurate | true | said | real |"
    yield "| --- |" + " ---: |" * 9
    for week, four in zip(figures.weeks, figures.rolling, strict=True):
        true = truths.get(week.monday, (0, 0, 0))
        total, lost = week.sample.total, hidden_accurate(week.sample)
        cells = [
            week.monday.isoformat(), str(total.raised), str(total.hidden), told(naive_precision(week.sample)),
            told(weighted_precision(four)), percent(true[1], true[0]), counted(lost), str(true[2]),
            percent(week.said, total.judged), percent(total.accurate, total.judged),
        ]  # fmt: skip
        yield f"| {' | '.join(cells)} |"
    whole, lost = figures.whole, hidden_accurate(figures.whole)
    raised, accurate, hidden = (sum(true[i] for true in truths.values()) for i in range(3))
    yield f"\nSix months: naive precision {told(naive_precision(whole))}, weighted {told(weighted_precision(whole))},"
    yield f"true {percent(accurate, raised)}. Accurate alerts hidden: {counted(lost)}, true {hidden} of {accurate}"
    yield f"({percent(hidden, accurate)}); recall {told(recall(whole))}, true {percent(accurate - hidden, accurate)}."
    yield f"Hidden: {whole.drawn.hidden}, of them false {whole.drawn.hidden - hidden}; audited {whole.drawn.judged}.\n"
    rows = list(JudgedAlert.objects.filter(queue=stage.queue, sampled=True).values_list("probability", "accurate"))
    found = calibration([row[0] for row in rows], [row[1] for row in rows])
    yield f"Calibration error of what was said on arrival: {found.error:.3f} (chance alone {found.chance:.3f}).\n"
    yield from (f"- {moment:%Y-%m-%d}: {what}" for moment, what in stage.log)
    alarms = DriftAlarm.objects.filter(queue=stage.queue).order_by("opened_at")
    yield from (f"- drift alarm {one.opened_at:%Y-%m-%d} ({one.family}): {moved(one)}" for one in alarms)


def moved(alarm: Any) -> str:
    """What an alarm says moved, in short."""
    parts = ((one.get("kind", ""), one.get("feature", ""), one.get("value", "")) for one in alarm.movements[:3])
    return "; ".join(" ".join(filter(None, part)) for part in parts)


def truth_by_week(stage: Stage) -> dict[Any, tuple[int, int, int]]:
    """By Monday: alerts raised, accurate ones, accurate ones that were hidden."""
    from feedback.models import Exposure
    from scoring.lead.periods import monday_of

    counts: dict[Any, tuple[int, int, int]] = {}
    rows = Exposure.objects.filter(queue=stage.queue).order_by("pk")
    for moment, decision, key in rows.values_list("decided_at", "decision", "alert__external_id"):
        raised, accurate, hidden = counts.get(monday_of(moment), (0, 0, 0))
        true = stage.truth[key]
        counts[monday_of(moment)] = (raised + 1, accurate + true, hidden + (true and decision == "hide"))
    return counts


def told(share: Any) -> str:
    """A share with its interval."""
    return "–" if share.value is None else f"{share.value:.0%} ({share.low:.0%}–{share.high:.0%})"


def counted(number: Any) -> str:
    """A number with its interval."""
    return "–" if number.value is None else f"{number.value:.0f} ({number.low:.0f}–{number.high:.0f})"


def percent(part: float, whole: float) -> str:
    """A share in percent."""
    return f"{part / whole:.1%}" if whole else "–"


def take_pictures(name: str, folder: Path) -> None:
    """The lead's page as a browser shows it, wide and on a phone, light and dark."""
    import shutil

    from playwright.sync_api import sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    port, browser = free_port(), next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))))
    with process("gunicorn", "-c", "config/gunicorn.py", "config.wsgi", port=port), sync_playwright() as play:
        chrome = play.chromium.launch(executable_path=browser)
        for width, theme in ((1180, "light"), (390, "dark")):
            context = chrome.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)  # type: ignore[arg-type]
            page = context.new_page()
            page.goto(f"http://127.0.0.1:{port}/login/?next=/lead/{name}/")
            page.fill("input[name=username]", "lead")
            page.fill("input[name=password]", "lead")
            page.press("input[name=password]", "Enter")
            page.wait_for_selector(".lead__figures")
            page.screenshot(path=folder / f"six-months-{name}-{theme}.png", full_page=width > 600)
            context.close()
        chrome.close()


def main() -> None:
    """Read the arguments, live through six months, print, take pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stream")
    parser.add_argument("--limit", type=int, help="only the first N alerts")
    parser.add_argument("--pictures", type=Path, help="a folder for pictures of the lead's page")
    options = parser.parse_args()
    path = SHARED / "data" / f"{options.stream}.csv.gz"
    if not path.exists():
        sys.exit(f"No streams in {SHARED}: set ALERTLOOP_SHARED to the folder that has data/.")
    alerts, started = read_stream(path, limit=options.limit), time.process_time()
    with database(PUBLIC_URL="http://127.0.0.1"):
        from feedback.nudges import muted
        from scoring.lead.services import catch_up

        stage, now = set_up(options.stream), datetime.now(UTC)
        with muted():
            live(stage, alerts, now - timedelta(weeks=WEEKS))
        catch_up(queue=stage.queue, now=now)
        print(f"\n## {options.stream}: {len(alerts):,} alerts\n")
        for line in tables(stage, now):
            print(line, flush=True)
        print(f"\n{time.process_time() - started:.0f} s of the product's CPU", file=sys.stderr)
        if options.pictures:
            take_pictures(options.stream, options.pictures)


if __name__ == "__main__":
    main()
