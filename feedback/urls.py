"""The addresses of the facts: the desk."""

from django.urls import include, path

urlpatterns = [path("", include("feedback.desk.urls"))]
