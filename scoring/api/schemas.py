"""What travels over the wire, as pydantic models: they validate, and drf-spectacular describes them.

They are wire shapes, not the product's words for its own use: `intake`, `history` and `outcomes` translate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Generic, Literal, Self, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema

from feedback.models import Alert, Customer
from scoring.api.fields import (
    FEATURES_SCHEMA,
    LARGEST_NUMBER,
    MAX_EVIDENCE,
    MAX_FEATURES,
    MAX_TEXT,
    NO_NUL,
    AlertId,
    Count,
    DecisionId,
    FeatureName,
    FeatureValue,
    Id,
    Moment,
    Share,
    Slug,
    words,
)
from scoring.api.problems import Problem, ProblemDocument
from scoring.learner.reasons import Kind

Body = TypeVar("Body", bound=BaseModel)


class Wire(BaseModel):
    """A shape that a scorer posts: unknown fields are refused, so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class EvidenceIn(Wire):
    """A line of evidence beside the alert."""

    label: Annotated[str, StringConstraints(strict=True, min_length=1, max_length=200, pattern=NO_NUL)]
    value: Annotated[str, StringConstraints(strict=True, max_length=2_000, pattern=NO_NUL)]


class AlertIn(Wire):
    """An alert: a claim about a customer at a moment, with its evidence."""

    external_id: AlertId = Field(
        description="Your id of the alert. The same id with the same content is the same alert."
    )
    queue: Slug | None = Field(None, description="The queue's slug. May be left out by a scorer with one queue.")
    customer_id: Id = Field(description="The customer's id, the same in all your sources.")
    customer_name: str = words(Customer.MAX_NAME, "What people call the customer.")
    text: str = words(MAX_TEXT, "What was said or written: a message, a conversation, a ticket.")
    features: Annotated[
        dict[FeatureName, FeatureValue],
        Field(
            max_length=MAX_FEATURES,
            default_factory=dict,
            description="Structured values about the customer or the event.",
        ),
        WithJsonSchema(FEATURES_SCHEMA),
    ]
    evidence: list[EvidenceIn] = Field(default=[], max_length=MAX_EVIDENCE, description="Lines a rep wants to see.")
    upstream_score: Share | None = Field(None, description="Your own probability that the alert is accurate.")
    channel: str = words(Alert.MAX_CHANNEL, "Where it happened, such as chat, phone, e-mail.")
    scorer_version: str = words(Alert.MAX_VERSION, "Version of your detector.")
    raised_at: Moment | None = Field(
        None, description="When it was raised: at most ten years ago, a day ahead. Left out: the time of receipt."
    )


class ReasonOut(BaseModel):
    """One thing that moved the probability."""

    kind: Kind
    name: str = Field(description="The feature; `text` for words; `upstream_score` for your own score.")
    value: str | float | None = Field(description="The words, the number or the category.")
    contribution: float = Field(description="In log-odds: positive speaks for an accurate alert.")
    spans: list[tuple[int, int]] = Field(description="Where the words stand in `text`: first character, end.")


class Scored(BaseModel):
    """What became of an alert."""

    external_id: str
    queue: str
    standing: Literal["created", "repeated"] = Field(description="`repeated`: the same alert was posted before.")
    probability: float = Field(ge=0, le=1, description="Probability that the alert is accurate.")
    tier: Literal["yellow", "orange", "red"]
    decision: Literal["show", "hide", "audit"] = Field(description="What the queue's policy did with it.")
    propensity: float = Field(gt=0, le=1, description="Probability with which a human could have been shown it.")
    policy_version: int
    position: int = Field(ge=0, description="The verdicts that the model had learnt: a position in the queue's ledger.")
    reasons: list[ReasonOut]


@dataclass(frozen=True, slots=True)
class Taken(Generic[Body]):
    """The answer to an item that was taken: 201 where it is new, 200 where it was known."""

    status: int
    body: Body


class BatchResult(BaseModel):
    """What became of one item of a batch: `alert` where it was taken, `problem` where it was refused."""

    index: int = Field(ge=0, description="Place of the item in the request, from 0.")
    status: int = Field(description="The status that the item alone would have been answered with.")
    alert: Scored | None = None
    problem: ProblemDocument | None = None


class BatchOut(BaseModel):
    """A result per item, in the order of the request."""

    results: list[BatchResult]

    @classmethod
    def of(cls, results: Sequence[Taken[Scored] | Problem]) -> Self:
        """The answer to a batch."""
        return cls(results=[BatchResult(index=index, **_fields("alert", one)) for index, one in enumerate(results)])


class SuppressionOut(BaseModel):
    """What a person asked to be kept quiet, until when. It has no name and no note here."""

    id: int
    scope: Literal["customer", "scorer", "phrase", "feature"] = Field(description="What about the alert it names.")
    until: datetime = Field(description="When it ends, if nobody lifts it before.")


class ExposureOut(BaseModel):
    """What was done with an alert, and when."""

    decision: Literal["show", "hide", "audit"]
    tier: Literal["yellow", "orange", "red"]
    probability: float
    propensity: float
    policy_version: int
    position: int
    rule: str = Field(description="The hard rule that kept it from being hidden; empty for none.")
    suppression: SuppressionOut | None = Field(
        None, description="The suppression that it fell under, which hid it or had it drawn; null for none."
    )
    decided_at: datetime


class VerdictOut(BaseModel):
    """An entry of the ledger about one of your alerts. People have no names here."""

    position: int = Field(ge=1, description="Its place in the queue's ledger.")
    external_id: str
    kind: Literal["verdict", "retraction"]
    value: Literal["accurate", "false_positive", "unsure"] | None = Field(description="Null for a retraction.")
    source: Literal["rep", "labeler", "lead", "outcome"]
    reason: str = Field(description="misread, handled, expected, wrong_data, not_worth_it, or empty.")
    retracts: int | None = Field(description="Position of the verdict that a retraction takes back.")
    recorded_at: datetime


class SimilarOut(BaseModel):
    """A past alert of the queue that is like this one, and what became of it."""

    external_id: str | None = Field(description="Your id of it; null where another scorer raised it.")
    similarity: float = Field(ge=0, le=1)
    label: Literal["accurate", "false_positive"]
    decided_at: datetime


class ExplanationOut(BaseModel):
    """What the model thinks of an alert now, and why. `baseline`, `reasons` and `rest` add up to `log_odds`."""

    probability: float = Field(ge=0, le=1)
    position: int = Field(ge=0, description="The verdicts that the model had learnt.")
    log_odds: float
    baseline: float = Field(description="Log-odds of the average alert.")
    reasons: list[ReasonOut]
    rest: float = Field(description="What all smaller reasons weigh together.")
    verdicts: int = Field(description="Recent verdicts on alerts with about this probability; old ones count less.")
    observed: float = Field(ge=0, le=1, description="Which share of those was accurate.")
    similar: list[SimilarOut] = Field(description="The most alike first.")


class AlertOut(BaseModel):
    """An alert as it was posted, its history, and what is thought of it now."""

    external_id: str
    queue: str
    customer_id: str
    text: str
    features: dict[str, str | int | float | bool | None]
    evidence: list[dict[str, str]]
    upstream_score: float | None
    channel: str
    scorer_version: str
    raised_at: datetime
    received_at: datetime
    open: bool = Field(description="Whether it waits for a verdict.")
    label: Literal["accurate", "false_positive"] | None = Field(description="What its verdicts add up to.")
    exposures: list[ExposureOut]
    verdicts: list[VerdictOut]
    explanation: ExplanationOut


class VerdictQuery(Wire):
    """Where to read the ledger from."""

    queue: Slug | None = Field(None, description="The queue's slug. May be left out by a scorer with one queue.")
    after: Count = Field(0, ge=0, le=LARGEST_NUMBER, description="The `next` of the last answer; 0 from the beginning.")
    limit: Count = Field(100, ge=1, le=1_000, description="Entries at most.")


class VerdictPage(BaseModel):
    """A stretch of the ledger."""

    queue: str
    verdicts: list[VerdictOut]
    next: int = Field(ge=0, description="Pass it as `after` next time.")
    more: bool = Field(description="Whether there is more to read right now.")


class OutcomeIn(Wire):
    """The truth about an alert that arrived later: the customer did leave, or renewed."""

    external_id: Id = Field(description="Your id of the alert.")
    value: Literal["accurate", "false_positive"] = Field(description="Whether the alert turned out to be accurate.")
    decision_id: DecisionId = Field(
        description="A UUID that you make for this outcome. Repeat it when you repeat the request."
    )


class OutcomeOut(BaseModel):
    """The ledger entry that an outcome became."""

    external_id: str
    queue: str
    value: Literal["accurate", "false_positive"]
    decision_id: UUID
    position: int
    recorded_at: datetime
    standing: Literal["created", "repeated"]


class OutcomeResult(BaseModel):
    """What became of one of many outcomes."""

    index: int = Field(ge=0)
    status: int
    outcome: OutcomeOut | None = None
    problem: ProblemDocument | None = None


class OutcomesOut(BaseModel):
    """A result per outcome, in the order of the request."""

    results: list[OutcomeResult]

    @classmethod
    def of(cls, results: Sequence[Taken[OutcomeOut] | Problem]) -> Self:
        """The answer to many."""
        return cls(results=[OutcomeResult(index=index, **_fields("outcome", one)) for index, one in enumerate(results)])


def _fields(name: str, result: Taken[Any] | Problem) -> dict[str, Any]:
    if isinstance(result, Problem):
        return {"status": result.refusal.status, "problem": result.document()}
    return {"status": result.status, name: result.body}
