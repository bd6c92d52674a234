"""Codes and tokens: django-oauth-toolkit's, each bound to the sign-in session it was given in."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import AbstractAccessToken, AbstractGrant, AbstractIDToken, AbstractRefreshToken


class Bound(models.Model):
    """What a code passes on to its tokens, and a refresh token to its successors.

    `release`: names of attributes by where they may be released, `{"userinfo": [...], "id_token": [...]}`;
    what is released is these and no more, and of these what the consent covers at that moment.
    `authentication`: how the person had proven who they are, `{"auth_time": seconds, "acr": "…", "amr": [...]}`;
    no `auth_time` where an identity provider did not say when.
    """

    login_session = models.ForeignKey(
        "sessions_app.LoginSession", on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("session")
    )
    is_offline = models.BooleanField(_("offline access"), default=False)
    release = models.JSONField(default=dict)
    authentication = models.JSONField(default=dict)

    class Meta:
        abstract = True


class Grant(Bound, AbstractGrant):
    """An authorisation code. `code` holds its digest; a used one stays until it runs out, to notice a replay."""

    used_at = models.DateTimeField(_("used"), null=True)
    token_family = models.UUIDField(null=True)

    class Meta(AbstractGrant.Meta):
        abstract = False
        indexes = [models.Index(fields=["expires"], name="code_expires")]
        verbose_name = _("authorisation code")
        verbose_name_plural = _("authorisation codes")


class AccessToken(Bound, AbstractAccessToken):
    """An access token; `token_family` names the code it came of, through whatever refreshes."""

    token_family = models.UUIDField(null=True, db_index=True)

    class Meta(AbstractAccessToken.Meta):
        abstract = False
        indexes = [models.Index(fields=["expires"], name="access_token_expires")]
        verbose_name = _("access token")
        verbose_name_plural = _("access tokens")


class RefreshToken(Bound, AbstractRefreshToken):
    """A refresh token, good for one use. `ends_at` is the same for all of a family."""

    ends_at = models.DateTimeField(_("ends at the latest"), null=True)
    scope = models.TextField(_("scope"), blank=True)

    class Meta(AbstractRefreshToken.Meta):
        abstract = False
        indexes = [*AbstractRefreshToken.Meta.indexes, models.Index(fields=["ends_at"], name="refresh_token_ends")]
        verbose_name = _("refresh token")
        verbose_name_plural = _("refresh tokens")


class IDToken(AbstractIDToken):
    """The library wants a table for these; ours are verified by their signature, so none is kept."""

    class Meta(AbstractIDToken.Meta):
        abstract = False
        verbose_name = _("ID token")
        verbose_name_plural = _("ID tokens")
