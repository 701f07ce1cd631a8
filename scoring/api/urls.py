"""Below /api/."""

from django.urls import path, re_path

from scoring.api import views

app_name = "api"

# What the OpenAPI document describes.
described = [
    path("api/v1/alerts", views.Alerts.as_view(), name="alerts"),
    path("api/v1/alerts/batch", views.AlertBatch.as_view(), name="batch"),
    path("api/v1/alerts/<path:external_id>", views.AlertDetail.as_view(), name="alert"),
    path("api/v1/verdicts", views.Verdicts.as_view(), name="verdicts"),
    path("api/v1/report-card", views.ReportCard.as_view(), name="report_card"),
    path("api/v1/feature-names", views.FeatureNames.as_view(), name="feature_names"),
    path("api/v1/outcomes", views.Outcomes.as_view(), name="outcomes"),
]
urlpatterns = [
    *described,
    path("api/v1/openapi.json", views.openapi_document, name="openapi"),
    path("api/v1/docs", views.Docs.as_view(), name="docs"),
    re_path(r"^api/", views.Unknown.as_view(), name="unknown"),
]
