"""The OpenAPI 3.1 document: what drf-spectacular finds in the views, and what is the same for every operation."""

from __future__ import annotations

import functools
from typing import Any

import orjson
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import OpenApiParameter
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from scoring.api.authentication import KeyScheme
from scoring.api.problems import MEDIA_TYPE, ProblemDocument, Refusal
from scoring.api.schemas import AlertIn, OutcomeIn, OutcomesOut

REF = "#/components/schemas/{model}"
_SHARED: list[type[BaseModel]] = [AlertIn, OutcomeIn, OutcomesOut, ProblemDocument]
_ALWAYS = (Refusal.UNAUTHENTICATED, Refusal.FORBIDDEN, Refusal.NOT_ACCEPTABLE, Refusal.RATE, Refusal.UNAVAILABLE)
_READING = (Refusal.NOT_FOUND, Refusal.INVALID)
_POSTING = (
    Refusal.MALFORMED, Refusal.NOT_FOUND, Refusal.CONFLICT, Refusal.LENGTH_REQUIRED, Refusal.TOO_LARGE, Refusal.MEDIA,
    Refusal.INVALID,
)  # fmt: skip


def many_of(model: type[BaseModel], most: int) -> dict[str, Any]:
    """An array whose items should be the model. One that is not gets a problem in its place, so any may be sent."""
    description = f"Each item a {model.__name__}. One that is not is answered with a problem in its place."
    items = {"anyOf": [{"$ref": REF.format(model=model.__name__)}, {}], "description": description}
    return {"type": "array", "minItems": 1, "maxItems": most, "items": items}


def one_or_many(model: type[BaseModel], most: int) -> dict[str, Any]:
    """The model, or an array of it."""
    return {"oneOf": [{"$ref": REF.format(model=model.__name__)}, many_of(model, most)]}


def any_of(*models: type[BaseModel]) -> dict[str, Any]:
    """One of several models."""
    return {"anyOf": [{"$ref": REF.format(model=model.__name__)} for model in models]}


def external_id() -> OpenApiParameter:
    """The part of an address that names an alert."""
    schema = AlertIn.model_json_schema()["properties"]["external_id"]
    return OpenApiParameter("external_id", schema, OpenApiParameter.PATH, description="Your id of the alert.")


def parameters_of(model: type[BaseModel]) -> list[OpenApiParameter]:
    """The model's fields as query parameters, none of them required."""
    fields = model.model_json_schema()["properties"].items()
    return [OpenApiParameter(name, schema, description=schema["description"]) for name, schema in fields]


def complete(result: dict[str, Any], **_context: Any) -> dict[str, Any]:
    """Postprocessing hook: shared components, bodies that are required, the problems of every operation."""
    shared = models_json_schema([(model, "validation") for model in _SHARED], ref_template=REF)[1]
    result["components"]["schemas"] |= shared["$defs"]
    for path in result["paths"].values():
        for method, operation in path.items():
            refusals = _ALWAYS + (_POSTING if method in ("post", "put") else _READING)
            operation["responses"] |= {str(one.status): _problem(one) for one in refusals}
            operation["security"] = [{KeyScheme.name: []}]
            operation["summary"], _, operation["description"] = operation["description"].partition("\n\n")
            if "requestBody" in operation:
                operation["requestBody"]["required"] = True
    return result


def _problem(refusal: Refusal) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": f"{refusal.title}. {refusal.remedy}",
        "content": {MEDIA_TYPE: {"schema": {"$ref": REF.format(model="ProblemDocument")}}},
    }
    if refusal in (Refusal.RATE, Refusal.UNAVAILABLE):
        answer["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."}}
    return answer


@functools.cache
def document() -> dict[str, Any]:
    """The whole document, made once in a process: it depends on code and settings only."""
    from scoring.api import urls  # the addresses import the views, which import this

    generator = SchemaGenerator(patterns=urls.described, urlconf=None)  # type: ignore[no-untyped-call]
    made: dict[str, Any] = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return made


@functools.cache
def as_bytes() -> bytes:
    """The document as JSON."""
    return orjson.dumps(document())
