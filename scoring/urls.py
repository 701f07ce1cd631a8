"""The addresses of the beliefs: the API for scorers, and the lead's page."""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    *([path("lead/", include("scoring.lead.urls"))] if find_spec("scoring.lead.urls") else []),
    path("", include("scoring.explain.urls")),
    path("", include("scoring.api.urls")),
]
