"""The addresses of federated identities."""

from __future__ import annotations

from django.urls import path

from linked_accounts.federated import views

urlpatterns = [
    path("sign-in/with/<slug:slug>/", views.sign_in_with, name="sign-in-with-provider"),
    path("sign-in/with/<slug:slug>/callback/", views.callback, name="identity-callback"),
    path("sign-in/with/<slug:slug>/logo/", views.logo, name="identity-provider-logo"),
    path("confirm/at/<slug:slug>/", views.confirm_with, name="confirm-with-provider"),
    path("personal-info/identities/connect/", views.connect_found, name="connect-found-identity"),
    path("personal-info/identities/connect/<slug:slug>/", views.connect, name="connect-identity"),
    path("personal-info/identities/<int:pk>/remove/", views.remove, name="remove-identity"),
]
