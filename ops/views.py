"""Answers for machines that watch the product; none of them needs a login, a session or a known host name."""

import secrets
from dataclasses import asdict

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from ops import metrics, selectors

LOOPBACK = frozenset({"127.0.0.1", "::1", ""})  # empty: a Unix socket


def livez(_request: HttpRequest) -> HttpResponse:
    """200 while the process answers at all; asks nothing of the database."""
    return HttpResponse("alive\n", content_type="text/plain")


def readyz(_request: HttpRequest) -> HttpResponse:
    """200 when every check passes, else 503; the body has each check."""
    checks = selectors.readiness(timezone.now())
    ready = all(check.ok for check in checks.values())
    body = {"ready": ready, "checks": {name: asdict(check) for name, check in checks.items()}}
    response = JsonResponse(body, status=200 if ready else 503, json_dumps_params={"indent": 2})
    response._has_been_logged = True  # type: ignore[attr-defined]  # an answer, not a fault: Django logs any 5xx as one
    return response


def show_metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text format, over all processes of this machine."""
    if not _may_read_metrics(request):
        return HttpResponse("Send METRICS_TOKEN as a bearer token.\n", status=403, content_type="text/plain")
    return HttpResponse(metrics.exposition(), content_type=metrics.CONTENT_TYPE)


def _may_read_metrics(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return secrets.compare_digest(sent.encode(), settings.METRICS_TOKEN.encode())
    proxied = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return not proxied and request.META.get("REMOTE_ADDR", "") in LOOPBACK
