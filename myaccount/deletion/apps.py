from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DeletionConfig(AppConfig):
    name = "myaccount.deletion"
    verbose_name = _("Deleting accounts")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Turn the arrows round: what lies below asks through these, and knows nothing of this package."""
        from myaccount.deletion import tasks  # noqa: F401, PLC0415 (its jobs register themselves)
        from myaccount.deletion.operation import DELETE_OWN_ACCOUNT  # noqa: PLC0415
        from myaccount.deletion.selectors import leaving  # noqa: PLC0415
        from myaccount.deletion.stage import DELETION  # noqa: PLC0415
        from myaccount.operations import registry  # noqa: PLC0415
        from myaccount.users.leaving import register_leaving  # noqa: PLC0415
        from security.sign_in.stages import register_stage  # noqa: PLC0415

        registry.register(DELETE_OWN_ACCOUNT)
        register_leaving(leaving)
        register_stage(DELETION)
