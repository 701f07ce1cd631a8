"""The addresses of the model's page, mounted at /lead/<slug>/model/ in the namespace of the lead's pages."""

from django.urls import path

from scoring.lifecycle import views

urlpatterns = [
    path("", views.model, name="model"),
    path("<slug:deed>/", views.act, name="model_act"),
]
