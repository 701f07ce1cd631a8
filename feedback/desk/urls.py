"""The addresses of the desk, mounted at the root."""

from django.urls import path

from feedback.desk import decisions, views
from feedback.desk.preferences import set_preference
from feedback.desk.styleguide import styleguide

app_name = "desk"

urlpatterns = [
    path("", views.home, name="home"),
    path("queues/", views.queues, name="queues"),
    path("queues/<slug:slug>/", views.desk, name="desk"),
    path("queues/<slug:slug>/list/", views.inbox, name="list"),
    path("queues/<slug:slug>/fresh/", views.fresh, name="fresh"),
    path("queues/<slug:slug>/judged/", views.judged, name="judged"),
    path("alerts/<int:alert_id>/verdict/", decisions.verdict, name="verdict"),
    path("alerts/<int:alert_id>/later/", decisions.later, name="later"),
    path("verdicts/<uuid:decision_id>/undo/", decisions.undo, name="undo"),
    path("verdicts/<uuid:decision_id>/receipt/", decisions.receipt, name="receipt"),
    path("preferences/", set_preference, name="set_preference"),
    path("styleguide/", styleguide, name="styleguide"),
]
