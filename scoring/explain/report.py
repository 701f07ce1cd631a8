"""An explanation as text or JSON, for `manage.py explain`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from feedback.models import Alert
from feedback.selectors import head_of
from scoring.explain.breakdown import heard
from scoring.explain.passport import Passport, passport_of
from scoring.explain.past import Score, score_at
from scoring.explain.similar import Similar, similar_to
from scoring.online_model import Reason

# Parts that are named one by one; the others are put together.
NAMED = 20
_OWN_NAMES = {
    "prior": "the scorer's own score, before verdicts outweigh it",
    "upstream": "the scorer's own score",
    "generation": "the slow model, beyond the features",
    "faint": "words too weak to name",
    "calibration": "what such scores have turned out to mean",
    "lately": "how this scorer's alerts have done of late",
    "customer": "how this customer's earlier alerts did",
}


class NoSuchAlert(Exception):
    """No alert has this number or id; the message says which."""


class NoSuchPosition(Exception):
    """The ledger does not reach that far; the message says how far it does."""


@dataclass(frozen=True, slots=True)
class Report:
    """A score with what stands behind it, and similar past alerts as they are known today."""

    score: Score
    passport: Passport
    similar: Similar


def report_on(name: str, position: int | None) -> Report:
    """The report on an alert by its number, or SCORER:EXTERNAL_ID, at a position (None: on arrival).

    Raises `NoSuchAlert`, `NoSuchPosition`, `NotReproduced`.
    """
    alert = _alert(name)
    head = head_of(alert.queue_id)
    if position is not None and not 0 <= position <= head:
        raise NoSuchPosition(f"position {position} is not in the ledger of {alert.queue.slug}, which ends at {head}")
    score = score_at(alert, position)
    return Report(score, passport_of(alert.queue_id, score.belief, score.breakdown.probability), similar_to(alert))


def as_text(report: Report) -> str:
    """For people: probability, parts, words, passport, similar alerts."""
    return "\n".join([*_head(report.score), *_parts(report.score), *_passport(report.passport), *_similar(report)])


def as_json(report: Report) -> str:
    """For machines: every part, floats to the last bit."""
    score, breakdown = report.score, report.score.breakdown
    found: dict[str, Any] = {
        "alert": score.alert.pk,
        "scorer": score.alert.scorer.name,
        "external_id": score.alert.external_id,
        "queue": score.alert.queue.slug,
        "configuration": score.configuration,
        "probability": breakdown.probability,
        "reproduced": score.reproduced,
        "log_odds": breakdown.log_odds,
        "baseline": breakdown.baseline,
        "parts": [asdict(part) for part in heard(breakdown.parts)],
        "highlights": [asdict(one) for one in score.highlights],
        "passport": asdict(report.passport),
        "similar": [
            {"alert": one.alert_id, "external_id": one.external_id, "similarity": one.similarity,
             "accurate": one.accurate, "decided_at": one.decided_at.isoformat()}
            for one in report.similar.alerts
        ],
    }  # fmt: skip
    return json.dumps(found, ensure_ascii=False, indent=2)


def _head(score: Score) -> Iterator[str]:
    alert, belief = score.alert, score.belief
    yield f"alert {alert.pk} ({alert.scorer.name}:{alert.external_id}) in {alert.queue.slug}"
    yield (
        f"at position {belief.position}, amendment {belief.amendment}, configuration {score.configuration}: "
        f"{score.breakdown.probability!r}"
    )
    yield "equal to the stored score, bit for bit" if score.reproduced else "no score was stored at this position"


def _parts(score: Score) -> Iterator[str]:
    parts = heard(score.breakdown.parts)
    yield ""
    yield f"{score.breakdown.baseline:+9.4f}  the average alert (log-odds that it is accurate)"
    for part in parts[:NAMED]:
        yield f"{part.contribution:+9.4f}  {_named(part)}"
    if rest := parts[NAMED:]:
        yield f"{sum(part.contribution for part in rest):+9.4f}  {len(rest)} smaller parts"
    yield f"{score.breakdown.log_odds:+9.4f}  in all"
    for mark in score.highlights:
        yield f"{mark.strength:+9.4f}  characters {mark.start} to {mark.end}: {score.alert.text[mark.start : mark.end]}"


def _named(part: Reason) -> str:
    if part.kind == "text":
        return f"“{part.value}”"
    if part.kind in ("missing", "absent"):
        return f"{part.name}: not given"
    if part.kind in _OWN_NAMES:
        return _OWN_NAMES[part.kind] + (f": {part.value}" if part.value is not None else "")
    return f"{part.name} is {part.value}"


def _passport(passport: Passport) -> Iterator[str]:
    yield ""
    slow = f"slow model of {passport.generation} labels ({passport.digest})" if passport.generation else "no slow model"
    yield f"{passport.learnt} labels learnt, {slow}, {passport.prior_share:.0%} of the prior left"
    if passport.verdicts:
        yield (
            f"of {passport.verdicts} recent verdicts on alerts with about this score, {passport.observed:.0%} were "
            f"accurate; predicted were {passport.predicted:.0%}"
        )
    if passport.taught:
        yield "taught by " + ", ".join(f"{one.source} {one.share:.0%}" for one in passport.taught)


def _similar(report: Report) -> Iterator[str]:
    yield ""
    yield "similar past alerts" + (f" (newest {report.similar.newest} only)" if report.similar.newest else "")
    for one in report.similar.alerts:
        verdict = "accurate" if one.accurate else "false positive"
        yield f"{one.similarity:9.0%}  {verdict}, {one.decided_at:%Y-%m-%d}: {one.text[:60]} ({one.alert_id})"


def _alert(name: str) -> Alert:
    """By number, or by scorer and external id (which may hold colons)."""
    alerts = Alert.objects.select_related("queue", "scorer", "customer")
    scorer, colon, external_id = name.partition(":")
    if colon:
        found = alerts.filter(scorer__name=scorer, external_id=external_id).first()
    else:
        found = alerts.filter(pk=int(name)).first() if name.isascii() and name.isdigit() and len(name) < 19 else None
    if found is None:
        raise NoSuchAlert(f"There is no alert {name!r}: give its number, or SCORER:EXTERNAL_ID.")
    return found
