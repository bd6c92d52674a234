"""The User: thin, shared by all areas. Attributes beyond these belong to the profile area."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from myaccount.users.names import USERNAME_KEY_MAX_LENGTH, USERNAME_MAX_LENGTH, canonical_key, validate_username


class UserManager(BaseUserManager["User"]):
    """Finds and makes people by the canonical form of their names."""

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username_key=canonical_key(username or ""))

    def create_user(self, username: str, email: str = "", password: str | None = None, **fields: Any) -> User:
        """Make and save a person. An address given here counts as unproven unless `email_verified_at` is given."""
        user = self.model(username=username, email=email, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, email: str = "", password: str | None = None, **fields: Any) -> User:
        """Make an administrator, as `manage.py createsuperuser` does."""
        return self.create_user(username, email, password, **{**fields, "is_staff": True, "is_superuser": True})


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an account.

    `username_key` and `email_key` are what names are compared by; the second is set only
    while the address is proven, so that nobody can reserve another's address.
    `display_name` and `picture` are kept by the profile area: every page shows them.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    username = models.CharField(
        _("username"), max_length=USERNAME_MAX_LENGTH, unique=True, validators=[validate_username]
    )
    username_key = models.CharField(max_length=USERNAME_KEY_MAX_LENGTH, unique=True, editable=False)
    email = models.EmailField(_("e-mail address"), blank=True)
    email_key = models.CharField(max_length=254 * 3, unique=True, null=True, blank=True, editable=False)
    email_verified_at = models.DateTimeField(_("e-mail address proven"), null=True, blank=True, editable=False)
    mobile = models.CharField(_("mobile number"), max_length=16, blank=True)
    mobile_verified_at = models.DateTimeField(_("mobile number proven"), null=True, blank=True, editable=False)
    language = models.CharField(_("language"), max_length=10, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    display_name = models.CharField(max_length=200, blank=True, editable=False)
    picture = models.CharField(max_length=300, blank=True, editable=False)
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Switch off to keep this person out everywhere, at once.")
    )
    is_staff = models.BooleanField(_("administrator"), default=False, help_text=_("May open Django admin."))
    date_joined = models.DateTimeField(_("joined"), default=timezone.now, editable=False)
    password_changed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return self.username

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the comparison keys in step with the names, whatever wrote them."""
        self.username_key = canonical_key(self.username)
        self.email_key = canonical_key(self.email) if self.email and self.email_verified_at else None
        update_fields = kwargs.get("update_fields")
        if update_fields is not None:
            kwargs["update_fields"] = {*update_fields, "username_key", "email_key"}
        super().save(*args, **kwargs)

    @property
    def name(self) -> str:
        """What the person is called on screen: the full name, or the user name."""
        return self.display_name or self.username

    @property
    def initials(self) -> str:
        """One or two letters that stand for the person where there is no picture."""
        words = self.name.split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()[:2]
