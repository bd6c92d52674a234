"""Puts our admin site in Django's place. Loaded before any model may be, so it stands alone."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class PortalAdminConfig(AdminConfig):
    default_site = "myaccount.web.admin_site.PortalAdminSite"
