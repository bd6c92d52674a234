from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ScheduleConfig(AppConfig):
    name = "myaccount.schedule"
    verbose_name = _("Periodic jobs")
    default_auto_field = "django.db.models.BigAutoField"
