from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SecurityConfig(AppConfig):
    name = "security"
    verbose_name = _("Security")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Turn the arrows round: what lies below asks through these, and knows nothing of this area."""
        from myaccount.users import ways_in  # noqa: PLC0415
        from myaccount.web import admin_site, encryption, step_up  # noqa: PLC0415
        from security import admin_guard, receivers, tasks  # noqa: F401, PLC0415
        from security.factors import guards, levels  # noqa: PLC0415
        from security.factors.selectors import first_factors_of  # noqa: PLC0415
        from security.factors.totp import services as totp  # noqa: PLC0415
        from security.recovery import offers  # noqa: PLC0415
        from security.sign_in import second_step_views, views  # noqa: PLC0415

        ways_in.register_way_in(first_factors_of)
        encryption.register_encrypted(totp.encrypt_anew)
        step_up.register_required_level(levels.required_level)
        admin_site.register_guard(admin_guard.second_factor_first)
        views.register_links(offers.links)
        guards.register_continue_sign_in(second_step_views.continue_after_enrolment)
