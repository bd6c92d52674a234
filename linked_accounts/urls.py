from django.urls import include, path

urlpatterns = [
    path("", include("linked_accounts.local.urls")),
    path("", include("linked_accounts.federated.urls")),
]
