from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProfileConfig(AppConfig):
    name = "profile"
    verbose_name = _("Profile")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import profile.receivers  # noqa: PLC0415 (they register themselves)
        import profile.tasks  # noqa: F401, PLC0415 (its jobs register themselves)
        from profile.operations import register_operations  # noqa: PLC0415 (needs the models)

        register_operations()
