"""What travels over the wire where a scorer says what its features are called."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, WithJsonSchema, model_validator

from scoring.api.fields import MAX_NAMES, NAMES_SCHEMA, FeatureName, Slug, Title
from scoring.api.schemas import Wire


class NameIn(Wire):
    """A feature's name in one language or both."""

    en: Title = ""
    zh: Title = ""

    @model_validator(mode="after")
    def _is_a_name(self) -> Self:
        if not (self.en or self.zh):
            raise ValueError("write a name in English (en), in Chinese (zh), or in both")
        return self


class NamesIn(Wire):
    """What a scorer calls its features in a queue: all of them, each time."""

    queue: Slug | None = Field(None, description="The queue's slug. May be left out by a scorer with one queue.")
    names: Annotated[
        dict[FeatureName, NameIn],
        Field(max_length=MAX_NAMES, description="By feature: its name in English (`en`), in Chinese (`zh`), or both."),
        WithJsonSchema(NAMES_SCHEMA),
    ]


class NamesQuery(Wire):
    """Whose names to read."""

    queue: Slug | None = Field(None, description="The queue's slug. May be left out by a scorer with one queue.")


class NameOut(BaseModel):
    """A name in force. A language that was not given is empty: people read the other one."""

    en: str
    zh: str
    by: Literal["you", "another_scorer", "person"] = Field(description="Who gave it.")


class NamesOut(BaseModel):
    """What a queue calls its features."""

    queue: str
    names: dict[str, NameOut] = Field(description="By feature, in order.")
    kept: list[str] = Field(description="Features you have just sent a name for that keep the one of somebody else.")
