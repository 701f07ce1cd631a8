"""The addresses of the page about people, mounted with the lead's pages at /lead/."""

from django.urls import path

from scoring.trust import views

urlpatterns = [
    path("<slug:slug>/people/", views.people, name="people"),
    path("<slug:slug>/people/<int:suspect_id>/", views.decide, name="people_decide"),
    path("<slug:slug>/people/<int:suspect_id>/again/", views.again, name="people_again"),
]
