"""Django looks for an area's models in one place."""

from linked_accounts.federated.models import FederatedIdentity, IdentityProvider, RefusedNewcomer
from linked_accounts.local.models import LocalLink

__all__ = ["FederatedIdentity", "IdentityProvider", "LocalLink", "RefusedNewcomer"]
