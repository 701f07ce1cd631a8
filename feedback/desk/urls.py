"""The addresses of the desk, mounted at the root."""

from django.urls import path

from feedback.desk.preferences import set_preference
from feedback.desk.styleguide import styleguide

app_name = "desk"

urlpatterns = [
    path("preferences/", set_preference, name="set_preference"),
    path("styleguide/", styleguide, name="styleguide"),
]
