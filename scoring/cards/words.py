"""What a report card says, in words. A sentence claims only what the intervals allow."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from feedback.models import Reason
from feedback.naming import Names
from scoring.cards.reliability import LEAST, Reliability
from scoring.cards.selectors import NEWEST, WEEKS, ReportCard, Version
from scoring.evaluation import Ordering
from scoring.lead.prose import prose
from scoring.lead.sentences import FEW, errors, outlier
from scoring.lead.services import FRESH_FOR
from scoring.lead.tables import count, percent, two_places
from scoring.shares import trend


def name_of(version: Version) -> str:
    """A scorer with its version."""
    return f"{version.scorer} {version.version}".strip()


def headline(card: ReportCard) -> str:
    """The first sentence of a card."""
    share, words = (
        card.version.precision,
        {"name": name_of(card.version), "raised": count(card.version.sample.total.raised)},
    )
    if not card.version.is_counted:
        # New alerts alone do not have a week counted again while its figures are fresh.
        words["seconds"] = f"{FRESH_FOR.total_seconds() + settings.COUNT_EVERY_SECONDS:.0f}"
        return _("%(name)s: nothing counted yet, the figures follow within some %(seconds)s seconds") % words
    if share.value is None or share.n < FEW:
        text = ngettext(
            "%(name)s: %(raised)s alert, too few judged to say how precise it is",
            "%(name)s: %(raised)s alerts, too few judged to say how precise it is",
            card.version.sample.total.raised,
        )
        return text % words
    words["share"] = str(round(share.value * 100))
    return _("%(name)s: %(share)s of 100 alerts are real") % words


def change(card: ReportCard) -> str:
    """What changed since the version before."""
    if card.previous is None:
        return _("There is no earlier version to compare with.")
    words = {"before": name_of(card.previous)}
    if card.change is None:
        return _("Too little is known to compare it with %(before)s.") % words
    low, high = (f"{limit * 100:+.0f}" for limit in card.change)
    words |= {"low": low, "high": high}
    if card.change.low > 0:
        return _("More precise than %(before)s, by %(low)s to %(high)s points.") % words
    if card.change.high < 0:
        return _("Less precise than %(before)s, by %(low)s to %(high)s points.") % words
    return _("No clear difference to %(before)s: %(low)s to %(high)s points.") % words


def weakest(versions: Sequence[Version]) -> str:
    """Whether one scorer is clearly less precise than another, hidden alerts counted in."""
    known = [one for one in versions if one.precision.value is not None and one.precision.n >= FEW]
    if not known:
        return _("Too few of their alerts have been judged to compare them")
    best, worst = (pick(known, key=lambda one: one.precision.value or 0.0) for pick in (max, min))
    if trend(worst.precision, best.precision).direction != "rose":
        return _("No scorer is clearly less precise than another, hidden alerts counted in")
    words = {"worst": name_of(worst), "low": percent(worst.precision.value),
             "best": name_of(best), "high": percent(best.precision.value)}  # fmt: skip
    return _("%(worst)s is the least precise (%(low)s of all it raised), %(best)s the most (%(high)s)") % words


def unknown(version: Version) -> str:
    """Why nothing can be said of all that a version raised."""
    if not version.sample.certain.judged and not version.sample.drawn.judged:
        return unjudged(version)
    if version.sample.drawn.raised and not version.sample.drawn.judged:
        return _("not known yet: some were hidden, and no audit of such has been judged")
    return _("not known yet: none of those that were sure to be shown has been judged")


def unjudged(version: Version) -> str:
    """Why nothing can be said of what a version showed."""
    if not version.is_counted:
        return _("not known yet: nothing has been counted")
    return _("not known yet: none has been judged")


def looked_into(card: ReportCard) -> str:
    """On which alerts the details rest, and why their number is not that of the figures."""
    looked, judged = count(card.looked_into), count(card.version.sample.total.judged)
    if looked == judged:
        text = ngettext(
            "Looked into: the one judged alert.", "Looked into: all %(looked)s judged alerts.", card.looked_into
        )
        return text % {"looked": looked}
    words = {"looked": looked, "judged": judged, "most": count(NEWEST), "weeks": WEEKS}
    return (
        _(
            "Looked into: the newest %(looked)s judged alerts (%(most)s at most), of any age; "
            "the %(judged)s in the figure were received within the last %(weeks)s weeks."
        )
        % words
    )


def segments(card: ReportCard, names: Names) -> str:
    """Where it is wrong, by feature."""
    if not card.segments:
        return _("No segment stands out as worse than the rest")
    worst = card.segments[0]
    words = {"feature": names.of(worst.feature), "value": names.of_value(worst.feature, worst.value),
             "share": percent(worst.share.value), "rest": percent(worst.rest.value)}  # fmt: skip
    return _("It is wrong most often where %(feature)s is %(value)s: %(share)s real, %(rest)s elsewhere") % words


def wordings(card: ReportCard) -> str:
    """Where it is wrong, by wording."""
    if not card.wordings:
        return _("No phrase gives its false positives away")
    first = card.wordings[0]
    words = {"phrase": first.phrase, "false": count(first.false), "accurate": count(first.accurate)}
    return _("“%(phrase)s” stands in %(false)s false positives and %(accurate)s real ones") % words


def reasons(card: ReportCard) -> str:
    """The reason given most often."""
    given = [(reason, n) for reason, n in card.reasons if reason]
    if not given:
        return _("Nobody gave a reason for a false positive yet")
    total, (reason, n) = sum(number for _reason, number in given), given[0]
    words = {"reason": Reason(reason).label, "n": count(n), "total": count(total)}
    return _("The reason given most often: %(reason)s, %(n)s of %(total)s times") % words


def own_score(found: Reliability | None) -> str:
    """Whether its own score can be taken at its word."""
    if found is None:
        return _("Its own score: too early to check it, fewer than %(few)s judged alerts came with one") % {
            "few": LEAST
        }
    text = _(
        "Its own score is %(error)s points off on average (chance alone: about %(chance)s), over %(n)s judged alerts"
    )
    return text % {**errors(found.error, found.chance), "n": count(found.n)}


def score_note(found: Reliability) -> str:
    """Where its score is farthest off, and the numbers of the reliability diagram."""
    slope = two_places(found.slope)
    words = {
        "n": count(found.n),
        "slope": slope,
        "brier": f"{found.brier:.3f}",
        "average": f"{found.brier_of_average:.3f}",
    }
    text = _(
        "Newest %(n)s judged alerts with a score, whiskers 95%% intervals. "
        "Slope %(slope)s (1 is right, below 1 too sure); Brier score %(brier)s, "
        "always saying the average gives %(average)s."
    )
    return prose(outlier(found.outlier), text % words)


def order(found: Ordering | None) -> str:
    """The interval of an AUC."""
    if found is None or found.auc is None:
        return _("not known yet")
    limits = {"low": two_places(found.interval.low), "high": two_places(found.interval.high)}
    return _("95%% interval %(low)s–%(high)s · 0.5 is a coin") % limits


def examples(number: int) -> str:
    """The heading of the clearest false positives."""
    return ngettext("Its clearest false positive", "Its %(n)s clearest false positives", number) % {"n": number}
