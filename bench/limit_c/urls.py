"""The pages that are measured, and the admin every default project has."""

from django.contrib import admin
from django.urls import path

from bench.limit_c import views

urlpatterns = [
    path("admin/", admin.site.urls),
    path("page/", views.page, name="page"),
    path("constant/", views.constant, name="constant"),
    path("hash/", views.hash_only, name="hash"),
    path("passkey/", views.passkey_only, name="passkey"),
]
