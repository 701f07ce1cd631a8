"""What travels over the wire where a scorer says what its features and their values are called."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, WithJsonSchema, model_validator

from scoring.api.fields import MAX_NAMED, MAX_NAMES, MAX_VALUES, NAMES_SCHEMA, FeatureName, NamedValue, Slug, Title
from scoring.api.schemas import Wire

Giver = Literal["you", "another_scorer", "person"]


class ValueNameIn(Wire):
    """The name of a value in one language or both."""

    en: Title = ""
    zh: Title = ""

    @model_validator(mode="after")
    def _is_a_name(self) -> Self:
        if not (self.en or self.zh):
            raise ValueError("write a name in English (en), in Chinese (zh), or in both")
        return self


class NameIn(Wire):
    """A feature's name in one language or both, and the names of its values."""

    en: Title = ""
    zh: Title = ""
    values: Annotated[dict[NamedValue, ValueNameIn], Field(min_length=1, max_length=MAX_VALUES)] = {}

    @model_validator(mode="after")
    def _is_a_name(self) -> Self:
        if not (self.en or self.zh or self.values):
            raise ValueError(
                "write a name in English (en), in Chinese (zh), or in both, or names of its values (values)"
            )
        return self


class NamesIn(Wire):
    """What a scorer calls its features in a queue, and their values: all of them, each time."""

    queue: Slug | None = Field(None, description="The queue's slug. May be left out by a scorer with one queue.")
    names: Annotated[
        dict[FeatureName, NameIn],
        Field(
            max_length=MAX_NAMES,
            description=(
                "By feature: its name in English (`en`), in Chinese (`zh`), or both, and what its `values` are called. "
                f"At most {MAX_NAMED:,} names in all."
            ),
        ),
        WithJsonSchema(NAMES_SCHEMA),
    ]

    @model_validator(mode="after")
    def _are_not_too_many(self) -> Self:
        if sum(1 + len(name.values) for name in self.names.values()) > MAX_NAMED:
            raise ValueError(f"send at most {MAX_NAMED:,} names of features and values in all")
        return self


class NamesQuery(Wire):
    """Whose names to read."""

    queue: Slug | None = Field(None, description="The queue's slug. May be left out by a scorer with one queue.")


class ValueNameOut(BaseModel):
    """A value's name in force. A language that was not given is empty: people read the other one."""

    en: str
    zh: str
    by: Giver = Field(description="Who gave it.")


class NameOut(BaseModel):
    """A feature's name in force, and those of its values. A language that was not given is empty."""

    en: str
    zh: str
    by: Giver | None = Field(description="Who gave it; null where only values of the feature have names.")
    values: dict[str, ValueNameOut] = Field(description="By value, in order.")


class NamesOut(BaseModel):
    """What a queue calls its features and their values."""

    queue: str
    names: dict[str, NameOut] = Field(description="By feature, in order.")
    kept: list[str] = Field(
        description="Features of which a name that you have just sent, its own or a value's, stays somebody else's."
    )
