"""Reading a request's body: never more than the limit, and only JSON that means one thing.

jiter refuses what `json` lets through: duplicate keys, NaN and Infinity, lone surrogates, invalid UTF-8, deep nesting.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

import jiter
from django.conf import settings
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from scoring.api.problems import Problem, Refusal

JSON, NDJSON = "application/json", "application/x-ndjson"


def guard_body(request: Request) -> None:
    """Refuse a body by its headers, before a byte of it is read. Raises `Problem`."""
    meta = request.META
    if meta.get("HTTP_TRANSFER_ENCODING"):
        raise Problem(Refusal.LENGTH_REQUIRED)
    if meta.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
        raise Problem(Refusal.MEDIA, "Compressed bodies are not read.")
    try:
        length = int(meta.get("CONTENT_LENGTH") or 0)
    except ValueError:
        raise Problem(Refusal.MALFORMED, "Content-Length is not a number.") from None
    if length > settings.API_MAX_BODY_BYTES:
        detail = f"The body has {length} bytes; {settings.API_MAX_BODY_BYTES} (API_MAX_BODY_BYTES) are the most."
        raise Problem(Refusal.TOO_LARGE, detail)
    if length == 0:
        raise Problem(Refusal.MALFORMED, "The body is empty.")


class JSONBody(BaseParser):
    """One JSON value."""

    media_type = JSON

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The value. Raises `Problem` where the text is not JSON, or ambiguous."""
        return parse_json(_all_of(stream, parser_context))


class NDJSONBody(BaseParser):
    """One JSON value a line; empty lines do not count. A line that is not JSON is a `Problem` in its place."""

    media_type = NDJSON

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The values, in order."""
        lines = _all_of(stream, parser_context).split(b"\n")
        return [_line(line) for line in lines if line.strip()]


def parse_json(text: bytes) -> Any:
    """The JSON value of some bytes. Raises `Problem`."""
    try:
        return jiter.from_json(text, allow_inf_nan=False, catch_duplicate_keys=True)
    except ValueError as error:
        raise Problem(Refusal.MALFORMED, f"Not JSON: {error}.") from None


def _line(line: bytes) -> Any:
    try:
        return parse_json(line)
    except Problem as problem:
        return problem


def _all_of(stream: IO[Any], context: Mapping[str, Any] | None) -> bytes:
    length = int(context["request"].META["CONTENT_LENGTH"]) if context else -1
    return bytes(stream.read(length))
