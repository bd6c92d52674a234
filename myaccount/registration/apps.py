from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RegistrationConfig(AppConfig):
    name = "myaccount.registration"
    verbose_name = _("Self-registration")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Turn the arrows round: what lies below asks through these, and knows nothing of this area."""
        from myaccount.operations import registry  # noqa: PLC0415
        from myaccount.registration import accounts, offers, receivers, selectors, tasks  # noqa: F401, PLC0415
        from security.sign_in.services import register_waiting  # noqa: PLC0415
        from security.sign_in.views import register_links  # noqa: PLC0415

        registry.register(accounts.ACTION)
        register_links(offers.links)
        register_waiting(selectors.waiting_person)
