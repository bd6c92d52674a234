from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PagesConfig(AppConfig):
    name = "myaccount.pages"
    verbose_name = _("Pages")

    def ready(self) -> None:
        from myaccount.pages import acts, receivers  # noqa: F401, PLC0415 (they register themselves)
        from myaccount.pages.people_operations import register_operations  # noqa: PLC0415 (needs the models)
        from myaccount.pages.registry import register_pages  # noqa: PLC0415 (needs the models)

        register_pages()
        register_operations()
