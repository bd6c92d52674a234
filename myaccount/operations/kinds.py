"""The operations an organisation can hold until people agree."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class OperationKind(models.TextChoices):
    """What a workflow can hold. Values are stored in workflows and requests: never change one."""

    ADD_USER = "add-user", _("Add user")
    SELF_REGISTER_USER = "self-register-user", _("Self-register user")
    DELETE_USER = "delete-user", _("Delete user")
    UPDATE_CLAIMS = "update-claims", _("Update claims")
    CHANGE_ROLES = "change-roles", _("Change roles")
