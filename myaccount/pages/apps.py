from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PagesConfig(AppConfig):
    name = "myaccount.pages"
    verbose_name = _("Pages")

    def ready(self) -> None:
        from myaccount.pages.registry import register_pages  # noqa: PLC0415 (needs the models)

        register_pages()
