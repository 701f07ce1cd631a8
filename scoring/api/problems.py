"""Every refusal of the API as an RFC 9457 problem document: what is wrong, where (a JSON pointer), what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_noop as _
from pydantic import BaseModel, Field
from rest_framework import exceptions

MEDIA_TYPE = "application/problem+json"
PREFIX = "/api/"
RETRY_SECONDS = 5  # after which a scorer may try again when the database does not answer


class Refusal(Enum):
    """The kinds of problem: status, title, and what a scorer's engineer does about it."""

    MALFORMED = (
        400,
        _("The request cannot be read"),
        _("Send UTF-8 JSON as RFC 8259 defines it; `detail` says where it breaks."),
    )
    UNAUTHENTICATED = 401, _("No valid API key"), _("Send `Authorization: Api-Key <key>`. A key is made in the admin.")
    FORBIDDEN = 403, _("Not yours"), _("Ask a lead to give the scorer the queue, or to switch the scorer on again.")
    NOT_FOUND = 404, _("Not found"), _("Check the address and the external id. A scorer finds only its own alerts.")
    METHOD = 405, _("Method not allowed"), _("Use a method of the `Allow` header.")
    NOT_ACCEPTABLE = 406, _("No such representation"), _("Answers are JSON: accept `application/json`.")
    CONFLICT = (
        409,
        _("The id is taken"),
        _("Use a new id for new content. Repeat a request only with the same content."),
    )
    LENGTH_REQUIRED = 411, _("No Content-Length"), _("Send a body with its length, not chunked.")
    TOO_LARGE = 413, _("Too large"), _("Split the batch.")
    MEDIA = (
        415,
        _("Unsupported media type"),
        _("Send `application/json`, or `application/x-ndjson` where it is offered."),
    )
    INVALID = 422, _("The content breaks the schema"), _("Correct the fields in `errors`; `pointer` says which.")
    RATE = 429, _("Too fast"), _("Wait as long as `Retry-After` says, then repeat the request.")
    INTERNAL = 500, _("Our fault"), _("Repeat the request later: it is safe. Quote `X-Request-ID` when you report it.")
    UNAVAILABLE = (
        503,
        _("Not available now"),
        _("Wait as long as `Retry-After` says, then repeat the request: it is safe."),
    )

    def __init__(self, status: int, title: str, remedy: str) -> None:
        self.status, self.title, self.remedy = status, title, remedy

    @property
    def slug(self) -> str:
        """The name in the `type` address, and the anchor on the page of documentation."""
        return self.name.lower().replace("_", "-")

    @property
    def uri(self) -> str:
        """The `type` of RFC 9457: an address that explains the kind of problem."""
        return f"{settings.PUBLIC_URL}{PREFIX}v1/docs#{self.slug}"


_BY_STATUS = {refusal.status: refusal for refusal in Refusal}


class FieldError(BaseModel):
    """One thing that is wrong with the content."""

    pointer: str = Field(description="JSON pointer (RFC 6901) to the field within the item, or the query parameter's.")
    detail: str = Field(description="What is wrong with it.")


class ProblemDocument(BaseModel):
    """RFC 9457 problem document."""

    type: str = Field(description="Address that explains this kind of problem.")
    title: str = Field(description="The kind of problem in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What is wrong with this request, and what to do.")
    errors: list[FieldError] = Field(default_factory=list, description="The fields that are wrong.")


@dataclass
class Problem(Exception):
    """A refusal on its way out of a view."""

    refusal: Refusal
    detail: str = ""
    errors: Sequence[FieldError] = ()
    headers: Mapping[str, str] | None = None

    def document(self) -> ProblemDocument:
        """The body of the answer."""
        return ProblemDocument(
            type=self.refusal.uri,
            title=self.refusal.title,
            status=self.refusal.status,
            detail=" ".join(filter(None, (self.detail, self.refusal.remedy))),
            errors=list(self.errors),
        )

    def response(self) -> HttpResponse:
        """The whole answer."""
        body = self.document().model_dump_json(exclude_defaults=True)
        return HttpResponse(body, MEDIA_TYPE, self.refusal.status, headers=dict(self.headers or {}))


def answer_problem(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """Django REST framework's EXCEPTION_HANDLER. None: not foreseen; Django logs it, `ProblemMiddleware` words it."""
    match error:
        case Problem():
            return error.response()
        case OperationalError() | InterfaceError():
            retry = {"Retry-After": str(RETRY_SECONDS)}
            return Problem(Refusal.UNAVAILABLE, "The database does not answer.", headers=retry).response()
        case Http404():
            return Problem(Refusal.NOT_FOUND).response()
        case exceptions.APIException():
            return _of_framework(error).response()
    return None


def _of_framework(error: exceptions.APIException) -> Problem:
    refusal = _BY_STATUS.get(error.status_code, Refusal.MALFORMED)
    header = getattr(error, "auth_header", None)
    return Problem(refusal, str(error.detail), headers={"WWW-Authenticate": header} if header else None)


class ProblemMiddleware:
    """Words errors under /api/ that no API view worded: unknown addresses, refused hosts, crashes.

    It stands before everything else that answers, so that a scorer never has to parse a page made for people.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on, and translate what comes back."""
        response = self.get_response(request)
        if (
            response.status_code < 400
            or not request.path_info.startswith(PREFIX)
            or response["Content-Type"] == MEDIA_TYPE
        ):
            return response
        refusal = _BY_STATUS.get(response.status_code) or (
            Refusal.INTERNAL if response.status_code >= 500 else Refusal.MALFORMED
        )
        kept = {name: response[name] for name in ("Allow", "Retry-After", "WWW-Authenticate") if name in response}
        worded = Problem(refusal, headers=kept).response()
        worded.status_code = response.status_code
        return worded


def pointer(path: Sequence[object]) -> str:
    """RFC 6901 pointer to a place in a JSON value.

    >>> pointer(["features", "a/b", 0])
    '/features/a~1b/0'
    """
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)
