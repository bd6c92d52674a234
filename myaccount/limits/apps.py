from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LimitsConfig(AppConfig):
    name = "myaccount.limits"
    verbose_name = _("Attempt limits")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from myaccount.limits import tasks  # noqa: F401, PLC0415 (its jobs register themselves)
