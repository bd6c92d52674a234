from __future__ import annotations

from django.urls import path

from myaccount.export import views

urlpatterns = [
    path("personal-info/export/json/", views.download_json, name="export-json"),
    path("personal-info/export/zip/", views.download_zip, name="export-zip"),
    path("personal-info/export/page/", views.show_page, name="export-page"),
    path("export/schema.json", views.schema, name="export-schema"),
]
