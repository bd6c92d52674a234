from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConsentConfig(AppConfig):
    name = "consent"
    verbose_name = _("Applications and consent")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Turn the arrows round: what lies below asks through these, and knows nothing of this area."""
        from consent import receivers, tasks  # noqa: F401, PLC0415
        from consent.applications import selectors  # noqa: PLC0415
        from security.sign_in.views import register_application_name  # noqa: PLC0415
        from sessions_app.selectors import register_used_applications  # noqa: PLC0415

        register_used_applications(selectors.used_in)
        register_application_name(selectors.name_of)
