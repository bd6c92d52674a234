from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ClaimsConfig(AppConfig):
    name = "myaccount.claims"
    verbose_name = _("Attributes")
    default_auto_field = "django.db.models.BigAutoField"
