"""What happens to every request before the product sees it."""

import re
import time
import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse
from django.utils.encoding import escape_uri_path
from pghistory.middleware import HistoryMiddleware as PeopleHistoryMiddleware

from ops import views

GetResponse = Callable[[HttpRequest], HttpResponse]

ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
PROBES = {"/livez": views.livez, "/readyz": views.readyz, "/metrics": views.show_metrics}

log = structlog.get_logger("request")


class RequestIdMiddleware:
    """Gives a request an id, that of X-Request-ID where it is well formed, and logs one line when it is answered."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        sent = request.headers.get("X-Request-ID", "")
        request_id = sent if ACCEPTABLE_ID.fullmatch(sent) else uuid.uuid4().hex
        began = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
            response["X-Request-ID"] = request_id
            self._log(request, response, 1000 * (time.perf_counter() - began))
        return response

    def _log(self, request: HttpRequest, response: HttpResponse, milliseconds: float) -> None:
        write = log.error if response.status_code >= 500 and request.path not in PROBES else log.info
        if request.path in PROBES or request.path.startswith("/static/"):
            write = log.debug
        user = getattr(request, "_cached_user", None)  # known only where the page asked: a log line costs no query
        # A line break in an address would be a line of the log that anybody may write.
        path = request.path if request.path.isprintable() else escape_uri_path(request.path)
        write(
            f"{request.method} {path}",
            status=response.status_code,
            ms=round(milliseconds, 1),
            user=user.pk if user else None,
        )


class HistoryMiddleware(PeopleHistoryMiddleware):
    """Says in the audit trail who changed something.

    Not for the API: no person is behind it, it changes nothing that is audited, and each statement would carry two
    calls of `set_config` more.
    """

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on, within a context or without."""
        if request.path_info.startswith("/api/"):
            return self.get_response(request)  # type: ignore[no-any-return]
        return super().__call__(request)  # type: ignore[no-any-return, no-untyped-call]


class ProbeMiddleware:
    """Answers probes at once: they come by IP address, over plain http, and must not need sessions or the database."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return PROBES.get(request.path_info, self.get_response)(request)
