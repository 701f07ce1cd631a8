"""The addresses of the page about people, mounted with the lead's pages at /lead/."""

from django.urls import path

from scoring.trust import views

urlpatterns = [
    path("<slug:slug>/people/", views.people, name="people"),
    path("<slug:slug>/people/pause/<int:person_id>/", views.pause, name="people_pause"),
    path("<slug:slug>/people/go-on/<int:person_id>/", views.go_on, name="people_go_on"),
    path("<slug:slug>/people/<int:suspect_id>/", views.decide, name="people_decide"),
    path("<slug:slug>/people/<int:suspect_id>/again/", views.again, name="people_again"),
]
