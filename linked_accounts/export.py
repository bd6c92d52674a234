"""What an exported file says of linked accounts.

Described member by member in `myaccount/export/userInfo.schema.json`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Q

from linked_accounts.models import FederatedIdentity, LocalLink
from myaccount.users.models import User
from myaccount.web.formats import iso


def linked_accounts(user: User) -> Iterator[dict[str, Any]]:
    """The person's other accounts of the portal, by their usernames, and their accounts elsewhere. Two queries."""
    links = LocalLink.objects.filter(Q(first=user) | Q(second=user)).select_related("first", "second")
    for link in links.order_by("linked_at", "pk"):
        other = link.second if link.first_id == user.pk else link.first
        yield {"kind": "local", "account_name": other.username, "linked_at": iso(link.linked_at)}
    identities = FederatedIdentity.objects.filter(user=user).select_related("provider").defer("provider__client_secret")
    for identity in identities.order_by("connected_at", "pk"):
        yield {
            "kind": "identity-provider",
            "provider": identity.provider.name,
            "issuer": identity.issuer,
            "subject": identity.subject,
            "account_name": identity.account_name,
            "linked_at": iso(identity.connected_at),
            "last_used_at": iso(identity.last_used_at),
        }
