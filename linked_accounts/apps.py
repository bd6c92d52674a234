from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LinkedAccountsConfig(AppConfig):
    name = "linked_accounts"
    verbose_name = _("Linked accounts")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Turn the arrows round: what lies below asks through these, and knows nothing of this area."""
        import linked_accounts.tasks  # noqa: F401, PLC0415 (its jobs register themselves)
        from linked_accounts import receivers  # noqa: F401, PLC0415
        from linked_accounts.federated import people, selectors, services  # noqa: PLC0415
        from linked_accounts.local.selectors import is_linked, pairs  # noqa: PLC0415
        from myaccount.operations import registry  # noqa: PLC0415
        from myaccount.users import same_person, ways_in  # noqa: PLC0415
        from myaccount.web import encryption  # noqa: PLC0415
        from security.sign_in import services as sign_in  # noqa: PLC0415
        from security.sign_in import ways  # noqa: PLC0415

        sign_in.register_is_linked(is_linked)
        same_person.register_pairs(pairs)
        ways.register_ways_to_sign_in(selectors.ways_to_sign_in)
        ways.register_ways_to_confirm(selectors.ways_to_confirm)
        ways_in.register_way_in(selectors.ways_in)
        encryption.register_encrypted(services.encrypt_secrets_anew)
        registry.register(people.ADD_PERSON)
