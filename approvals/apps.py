from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApprovalsConfig(AppConfig):
    name = "approvals"
    verbose_name = _("Approvals")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Turn the arrows round: operations ask the gate, and the session brings along who is asked."""
        from approvals import receivers, tasks  # noqa: F401, PLC0415
        from approvals.requests import asked, services, submissions  # noqa: PLC0415
        from myaccount.operations.services import install_gate, register_waiting_reader  # noqa: PLC0415

        asked.register()
        install_gate(services.hold)
        register_waiting_reader(submissions.waiting_about)
