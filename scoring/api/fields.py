"""The kinds of fields that the wire shapes are made of: what each accepts, and what it says where it does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from django.utils import timezone
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, StringConstraints

from feedback.models import Alert
from feedback.naming import MOST_KEY, MOST_NAME, MOST_VALUE, NAME_PATTERN

MAX_TEXT, MAX_EVIDENCE, MAX_FEATURES = 20_000, 20, 64  # the learner reads 64 features (features.FeatureConfig)
MAX_NAMES, MAX_VALUES, MAX_NAMED = 200, 100, 1_000  # of one scorer in one queue: features; values of each; all names
LARGEST_NUMBER = 2**53 - 1  # the largest integer that every JSON reader keeps
UUID_LENGTH = 36
OLDEST, AHEAD = timedelta(days=3653), timedelta(days=1)  # ten years; a clock that is wrong, or a zone
RESERVED = frozenset({"batch"})  # GET /alerts/batch is not an alert

NO_NUL = r"^[^\x00]*$"  # PostgreSQL stores no NUL
_CONTROL = r"\x00-\x1f\x7f"
NO_CONTROL = rf"^[^{_CONTROL}]+$"
# What `str.isspace` calls blank, beside the controls, written so that every language's expressions mean the same.
_BLANK = r"\x20\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
AN_ID = rf"^[^{_CONTROL}]*[^{_CONTROL}{_BLANK}][^{_CONTROL}]*$"


def _rfc3339(value: object) -> object:
    """Only text: pydantic alone would read 5 as five seconds past 1970."""
    if value is not None and not (
        isinstance(value, str) and len(value) >= len("2026-01-01T00:00Z") and value[4] == "-"
    ):
        raise ValueError("write a date and time with its zone, such as 2026-03-01T09:30:00Z")
    return value


def _digits(value: object) -> object:
    """Of a query parameter: pydantic alone would also read `1_0` and ` 10 `."""
    if isinstance(value, str) and not (value.isascii() and value.isdigit() and len(value) < 20):
        raise ValueError("write a whole number, 0 or more")
    return value


def _plain_uuid(value: object) -> object:
    """Only the form with hyphens: pydantic alone would also read braces and `urn:uuid:`."""
    if not (isinstance(value, str) and len(value) == UUID_LENGTH):
        raise ValueError("write a UUID such as 0b9bd1c4-55ad-4b0e-a5b5-3a7a5d1f5a10")
    return value


def _of_our_time(value: datetime) -> datetime:
    """Elsewhere it is a slip, such as milliseconds read as seconds, and would lead or end every list by age."""
    now = timezone.now()
    if value > now + AHEAD:
        raise ValueError("this lies more than a day ahead; send when the alert was raised, or leave it out to mean now")
    if value < now - OLDEST:
        raise ValueError("this is more than ten years ago; send when the alert was raised, or leave it out to mean now")
    return value.astimezone(UTC)


def _names_something(value: object) -> object:
    """An id of blanks is none: all that came without an id would be one customer's."""
    if isinstance(value, str) and value and not value.strip():
        raise ValueError("write an id; this one is all blanks")
    return value


def _not_reserved(value: str) -> str:
    if value in RESERVED:
        raise ValueError(f"{value!r} is part of an address of this API; choose another id")
    return value


# The constraints come first: behind a validator they would not be in the document.
Id = Annotated[
    str,
    StringConstraints(strict=True, min_length=1, max_length=Alert.MAX_EXTERNAL_ID, pattern=NO_CONTROL),
    # The document's pattern says both what this one refuses and what the validator does; an error names the one it met.
    Field(json_schema_extra={"pattern": AN_ID}),
    BeforeValidator(_names_something),
]
AlertId = Annotated[Id, AfterValidator(_not_reserved)]
Moment = Annotated[AwareDatetime, AfterValidator(_of_our_time), BeforeValidator(_rfc3339)]
DecisionId = Annotated[UUID, BeforeValidator(_plain_uuid)]
Count = Annotated[int, BeforeValidator(_digits)]
Share = Annotated[float, Field(strict=True, ge=0, le=1)]
Slug = Annotated[str, StringConstraints(strict=True, pattern=r"^[-a-zA-Z0-9_]+$", max_length=60)]
FeatureName = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=MOST_KEY, pattern=NO_CONTROL)]
NamedValue = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=MOST_VALUE, pattern=NO_CONTROL)]
Title = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=MOST_NAME, pattern=NAME_PATTERN)]
_Number = Field(strict=True, ge=-LARGEST_NUMBER, le=LARGEST_NUMBER)
FeatureValue = (
    Annotated[str, StringConstraints(strict=True, max_length=500, pattern=NO_NUL)]
    | Annotated[bool, Field(strict=True)]
    | Annotated[int, _Number]
    | Annotated[float, _Number]
    | None
)
_KEY_SCHEMA: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": MOST_KEY, "pattern": NO_CONTROL}
# Written out: pydantic would describe each kind of value by itself.
FEATURES_SCHEMA: dict[str, Any] = {
    "type": "object",
    "maxProperties": MAX_FEATURES,
    "propertyNames": _KEY_SCHEMA,
    "additionalProperties": {
        "type": ["string", "number", "boolean", "null"],
        "maxLength": 500,
        "pattern": NO_NUL,
        "minimum": -LARGEST_NUMBER,
        "maximum": LARGEST_NUMBER,
    },
}
_TITLE_SCHEMA: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": MOST_NAME, "pattern": NAME_PATTERN}
# Written out: pydantic would say that a name may be left out, and not that one of them is needed.
_VALUES_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "Of a category: what its values are called, by value; of a boolean: what `true` and `false` are.",
    "minProperties": 1,
    "maxProperties": MAX_VALUES,
    "propertyNames": {"type": "string", "minLength": 1, "maxLength": MOST_VALUE, "pattern": NO_CONTROL},
    "additionalProperties": {
        "type": "object",
        "minProperties": 1,
        "properties": {"en": _TITLE_SCHEMA, "zh": _TITLE_SCHEMA},
        "additionalProperties": False,
    },
}
NAMES_SCHEMA: dict[str, Any] = {
    "type": "object",
    "maxProperties": MAX_NAMES,
    "propertyNames": _KEY_SCHEMA,
    "additionalProperties": {
        "type": "object",
        "minProperties": 1,
        "properties": {"en": _TITLE_SCHEMA, "zh": _TITLE_SCHEMA, "values": _VALUES_SCHEMA},
        "additionalProperties": False,
    },
}


def words(limit: int, description: str) -> Any:
    """A text field that PostgreSQL can store."""
    return Field("", strict=True, max_length=limit, pattern=NO_NUL, description=description)
