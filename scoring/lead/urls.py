"""The addresses of the lead's pages, mounted at /lead/."""

from django.urls import include, path

from scoring.cards.urls import urlpatterns as cards
from scoring.lead import views
from scoring.policylab.urls import urlpatterns as policylab
from scoring.trust.urls import urlpatterns as trust

app_name = "lead"

urlpatterns = [
    path("", views.overview, name="overview"),
    path("<slug:slug>/", views.queue, name="queue"),
    path("<slug:slug>/model/", include("scoring.lifecycle.urls")),
    path("<slug:slug>/<slug:name>.csv", views.table, name="table"),
    *policylab,
    *cards,
    *trust,
]
