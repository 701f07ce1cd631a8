"""The addresses of report cards, part of the lead's."""

from django.urls import path

from scoring.cards import views

urlpatterns = [
    path("<slug:slug>/scorers/", views.cards, name="cards"),
    path("<slug:slug>/scorers/<slug:scorer>/", views.card, name="card"),
]
