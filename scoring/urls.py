"""The addresses of the beliefs: the API for scorers, and the lead's page."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("lead/", include("scoring.lead.urls")),
    path("", include("scoring.explain.urls")),
    path("", include("scoring.api.urls")),
]
