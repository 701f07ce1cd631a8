"""The addresses of the policy lab, mounted with the lead's pages at /lead/."""

from django.urls import path

from scoring.policylab import views

urlpatterns = [
    path("<slug:slug>/policy/", views.policy, name="policy"),
    path("<slug:slug>/policy/apply/", views.apply, name="policy_apply"),
    path("<slug:slug>/policy/back/", views.back, name="policy_back"),
]
