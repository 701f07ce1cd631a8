"""The address of an alert's explanation, mounted at the root."""

from django.urls import path

from scoring.explain import views

app_name = "explain"

urlpatterns = [path("alerts/<int:alert_id>/why/", views.why, name="why")]
