"""All addresses of the portal, put together from the areas."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="overview")),
    path("dashboard/", RedirectView.as_view(pattern_name="overview")),
    path("myaccount/", include("myaccount.pages.urls")),
    path("myaccount/", include("security.urls")),
    path("myaccount/", include("sessions_app.urls")),
    path("myaccount/", include("profile.urls")),
    path("myaccount/", include("consent.urls")),
    path("myaccount/", include("linked_accounts.urls")),
    path("myaccount/", include("approvals.urls")),
    path("myaccount/", include("myaccount.registration.urls")),
    path("myaccount/", include("myaccount.deletion.urls")),
    path("myaccount/", include("myaccount.export.urls")),
    path("", include("consent.openid.urls")),
    path("", include("myaccount.web.urls")),
    path("admin/", admin.site.urls),
]

if settings.DEVELOPMENT:
    urlpatterns += [
        path("outbox/", include("myaccount.outbox.urls")),
        path("_components/", include("myaccount.web.gallery_urls")),
    ]

handler400 = "myaccount.web.errors.bad_request"
handler403 = "myaccount.web.errors.permission_denied"
handler404 = "myaccount.web.errors.page_not_found"
handler500 = "myaccount.web.errors.server_error"
