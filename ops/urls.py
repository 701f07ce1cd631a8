"""Addresses for machines that watch the product."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
