from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WebConfig(AppConfig):
    name = "myaccount.web"
    verbose_name = _("Portal")
    default_auto_field = "django.db.models.BigAutoField"
