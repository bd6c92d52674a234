from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ActivityConfig(AppConfig):
    name = "myaccount.activity"
    verbose_name = _("Security events")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from myaccount.activity import receivers  # noqa: F401, PLC0415 (they register themselves)
