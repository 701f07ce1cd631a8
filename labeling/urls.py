"""The addresses of the questions, below /label/."""

from django.urls import include, path

from labeling import views

_pages = [
    path("", views.home, name="home"),
    path("<slug:slug>/", views.label, name="label"),
    path("<slug:slug>/questions/<int:question_id>/", views.question, name="question"),
    path("<slug:slug>/questions/<int:question_id>/answer/", views.answer, name="answer"),
    path("<slug:slug>/questions/<int:question_id>/skip/", views.skip, name="skip"),
    path("<slug:slug>/questions/<int:question_id>/undo/", views.undo, name="undo"),
    path("<slug:slug>/questions/<int:question_id>/hold/", views.hold, name="hold"),
]

urlpatterns = [path("label/", include((_pages, "labeling")))]
