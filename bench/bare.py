"""The yardstick of bench/intake.py: the product plus bare DRF endpoints that only validate and insert.

`/api/bare/alerts` and `/api/bare/batch` check the same alert with a DRF serializer and insert the same row, in one
statement; no key, no rate limit, no customer to look up, no digest, no score, no exposure. Not part of the product.
"""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.urls import include, path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

settings.ROOT_URLCONF = "bench.bare"

from config.wsgi import application  # noqa: E402 - with these addresses
from feedback.models import Alert  # noqa: E402 - after the application is set up

__all__ = ["application", "urlpatterns"]


class EvidenceSerializer(serializers.Serializer[Any]):
    """A line of evidence."""

    label = serializers.CharField(max_length=200)
    value = serializers.CharField(max_length=2_000, allow_blank=True)


class AlertSerializer(serializers.Serializer[Alert]):
    """The same fields with the same limits as the API's."""

    external_id = serializers.CharField(max_length=200)
    customer = serializers.IntegerField()
    queue = serializers.IntegerField()
    scorer = serializers.IntegerField()
    text = serializers.CharField(max_length=20_000, allow_blank=True, default="")
    features = serializers.DictField(default=dict)
    evidence = EvidenceSerializer(many=True, default=list)
    upstream_score = serializers.FloatField(min_value=0, max_value=1, allow_null=True, default=None)
    channel = serializers.CharField(max_length=40, allow_blank=True, default="")
    scorer_version = serializers.CharField(max_length=40, allow_blank=True, default="")
    raised_at = serializers.DateTimeField()


def row_of(data: dict[str, Any]) -> Alert:
    """The alert row."""
    keys = {f"{name}_id": data[name] for name in ("queue", "scorer", "customer")}
    rest = {name: value for name, value in data.items() if f"{name}_id" not in keys}
    return Alert(received_at=datetime.now(UTC), content_digest="", **keys, **rest)


class BareAlerts(APIView):
    """Validate and insert one."""

    def post(self, request: Request) -> Response:
        """Answers with what was inserted."""
        serializer = AlertSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        row = row_of(serializer.validated_data)
        row.save(force_insert=True)
        return Response({"id": row.pk, **serializer.data}, status=201)


class BareBatch(APIView):
    """Validate and insert many, with `bulk_create`."""

    def post(self, request: Request) -> Response:
        """Answers with the ids."""
        serializer = AlertSerializer(data=request.data, many=True)
        serializer.is_valid(raise_exception=True)
        rows = Alert.objects.bulk_create([row_of(data) for data in serializer.validated_data])
        return Response({"ids": [row.pk for row in rows]}, status=201)


urlpatterns = [
    path("api/bare/alerts", BareAlerts.as_view()),
    path("api/bare/batch", BareBatch.as_view()),
    path("", include("scoring.api.urls")),
]
