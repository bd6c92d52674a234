"""Django looks for an area's admin pages in one place."""

from linked_accounts.federated import admin as federated_admin
from linked_accounts.local import admin as local_admin

__all__ = ["federated_admin", "local_admin"]
