"""What administrators may do to people.

Asked when they ask for a change, and again when one that had to wait is carried out: they may have lost the right.
"""

from __future__ import annotations

from myaccount.users.models import User


def is_privileged(user: User) -> bool:
    """Whether this is an administrator's account."""
    return user.is_staff or user.is_superuser


def may_add(by: User | None) -> bool:
    """Whether somebody may make accounts."""
    return by is not None and by.has_perm("users.add_user")


def may_change(by: User | None, user: User) -> bool:
    """An administrator's account is changed by those with all rights only: its address leads to its rights."""
    if by is None or not by.has_perm("users.change_user"):
        return False
    return by.is_superuser or not is_privileged(user)


def may_delete(by: User | None, user: User) -> bool:
    """Not an administrator's account: admin's own record of what they did would go with it."""
    return by is not None and by.has_perm("users.delete_user") and not is_privileged(user)


def may_give_rights(by: User | None) -> bool:
    """Only somebody with all rights: whoever could give rights could give themselves all of them."""
    return by is not None and by.is_active and by.is_superuser
