"""A report card on the wire."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from feedback.models import Alert
from scoring.api.fields import NO_NUL, Slug
from scoring.api.schemas import ReasonOut, Wire


class CardQuery(Wire):
    """Which card."""

    queue: Slug | None = Field(None, description="The queue's slug. May be left out by a scorer with one queue.")
    version: Annotated[str, StringConstraints(max_length=Alert.MAX_VERSION, pattern=NO_NUL)] | None = Field(
        None, description="A `scorer_version` of yours; empty for alerts without one. Left out: the newest."
    )


class ShareOut(BaseModel):
    """A share with its 95 % interval, from `n` judged alerts.

    `value` is null where it is not known: nothing has been judged, or, of all alerts raised, nothing among those that
    the policy hides (an audit) or among those that it shows. The interval is then from 0 to 1.
    """

    value: float | None = Field(ge=0, le=1)
    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)
    n: int = Field(ge=0)


class VersionOut(BaseModel):
    """A version's alerts of the last 26 weeks, by the time of receipt."""

    version: str
    first_week: date = Field(description="Monday of the first week with an alert, within the window.")
    last_week: date
    alerts: int
    shown: int
    judged: int = Field(description="Shown alerts with a label, of those received in the last 26 weeks.")
    precision: ShareOut = Field(
        description="Of all alerts raised, hidden ones included, weighted by propensity. Its value is null where some "
        "were hidden and no audit of such has been judged yet."
    )
    naive_precision: ShareOut = Field(description="Of the shown and judged ones: flattered by what was hidden.")


class ChangeOut(BaseModel):
    """How precision changed from the version before: an interval of the difference, as a share."""

    version: str
    low: float
    high: float
    direction: Literal["rose", "fell", "unclear"]


class ReasonCount(BaseModel):
    """How often people gave a reason for a false positive."""

    reason: str = Field(
        description="misread, handled, expected, wrong_data, not_worth_it, or empty where none was given."
    )
    count: int


class SegmentOut(BaseModel):
    """A value of a feature with fewer accurate alerts than all others together."""

    feature: str
    value: str
    precision: ShareOut
    precision_elsewhere: ShareOut


class WordingOut(BaseModel):
    """A phrase that stands in false positives more often than in accurate alerts."""

    phrase: str
    false_positives: int
    accurate: int
    of_false_positives: int
    of_accurate: int


class ExampleOut(BaseModel):
    """A false positive, and what weighed against it."""

    external_id: str
    probability: float = Field(description="What the model says today.")
    upstream_score: float | None
    reasons: list[ReasonOut]


class ScoreBinOut(BaseModel):
    """Alerts of about the same upstream score."""

    said: float = Field(description="The mean of your scores.")
    accurate: ShareOut


class ReliabilityOut(BaseModel):
    """How your own scores agree with the labels."""

    n: int
    bins: list[ScoreBinOut]
    error: float = Field(description="How far your scores are from the accurate share on average, bin by bin.")
    error_by_chance: float = Field(description="What chance alone makes of `error`, were every score right.")
    slope: float | None = Field(description="Of the log-odds: 1 is right, below 1 the scorer is too sure.")
    brier: float
    brier_of_average: float = Field(description="The Brier score of always saying the average.")
    auc: float | None
    auc_low: float
    auc_high: float


class ReportCardOut(BaseModel):
    """What became of your alerts, and where they are wrong."""

    queue: str
    scorer: str
    weeks: int = Field(
        description="The counts are of the alerts received in so many weeks, whatever their `raised_at`."
    )
    looked_into: int = Field(
        description="The newest judged alerts (1,000 at most) behind reasons, segments, wordings and reliability. They "
        "may be of any age, so there can be more of them than `card.judged`, of those received in the last 26 weeks."
    )
    counted: bool = Field(
        description="False until the version's first alert is counted, within some 75 seconds: `card` is all zeros "
        "until then."
    )
    card: VersionOut
    versions: list[VersionOut] = Field(description="All your versions within the window, newest first.")
    change: ChangeOut | None = Field(
        description="From the version before. Null where there is none, or too little known."
    )
    reasons: list[ReasonCount]
    segments: list[SegmentOut]
    wordings: list[WordingOut]
    clearest_false_positives: list[ExampleOut]
    reliability: ReliabilityOut | None = Field(description="Null where too few judged alerts had a score.")
    previous_reliability: ReliabilityOut | None
