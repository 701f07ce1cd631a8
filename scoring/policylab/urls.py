"""The addresses of the policy lab, mounted with the lead's pages at /lead/."""

from django.urls import path

from scoring.policylab import quiet_views, views

urlpatterns = [
    path("<slug:slug>/policy/", views.policy, name="policy"),
    path("<slug:slug>/policy/apply/", views.apply, name="policy_apply"),
    path("<slug:slug>/policy/back/", views.back, name="policy_back"),
    path("<slug:slug>/quiet/", quiet_views.hidden, name="quiet"),
    path("<slug:slug>/quiet/again/", quiet_views.again, name="quiet_again"),
    path("<slug:slug>/quiet/raise/", quiet_views.raise_many, name="quiet_raise"),
    path("<slug:slug>/quiet/suppress/", quiet_views.suppress, name="quiet_suppress"),
    path("<slug:slug>/quiet/customer/", quiet_views.customer, name="quiet_customer"),
    path("<slug:slug>/quiet/lift/", quiet_views.lift, name="quiet_lift"),
]
