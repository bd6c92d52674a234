"""The form of an identity provider in Django admin: each field with what it does."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.contrib.admin.widgets import AdminFileWidget, AdminTextareaWidget, AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from linked_accounts.federated.models import IdentityProvider
from linked_accounts.federated.people import mappable_claims
from linked_accounts.federated.selectors import logo_url, redirect_uri
from myaccount.web import encryption, logos
from myaccount.web.admin_forms import StoredLogo, web_address
from myaccount.web.forms import validate_visible

_MAX_NAME = 100


class ClaimMapField(forms.CharField):
    """Which of the provider's claims becomes which attribute: `ours = theirs`, one a line."""

    widget = AdminTextareaWidget(attrs={"rows": 5, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        """As lines."""
        return "\n".join(f"{ours} = {theirs}" for ours, theirs in value.items()) if isinstance(value, dict) else value

    def clean(self, value: Any) -> Any:
        """As pairs. Raises ValidationError."""
        known = {claim.name for claim in mappable_claims()}
        pairs: dict[str, str] = {}
        for line in filter(None, (line.strip() for line in super().clean(value).splitlines())):
            ours, _separator, theirs = (part.strip() for part in line.partition("="))
            if not theirs or len(theirs) > _MAX_NAME or theirs.split() != [theirs]:
                raise ValidationError(_("“%(line)s” is not of the form “given_name = given_name”.") % {"line": line})
            if ours == "email":
                raise ValidationError(_("The e-mail address comes by itself once it is verified: leave “email” out."))
            if ours not in known:
                text = _("“%(name)s” is no attribute that can be filled in. There are: %(names)s.")
                raise ValidationError(text % {"name": ours, "names": ", ".join(sorted(known))})
            if ours in pairs:
                raise ValidationError(_("“%(name)s” stands there twice.") % {"name": ours})
            pairs[ours] = theirs
        return pairs

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Other blanks are no change."""
        lines = [line.replace(" ", "") for line in (data or "").splitlines() if line.strip()]
        return lines != [f"{ours}={theirs}" for ours, theirs in (initial or {}).items()]


class IdentityProviderForm(forms.ModelForm[IdentityProvider]):
    """What an administrator says of a provider."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=60,
        widget=AdminTextInputWidget,
        validators=[validate_visible],
        help_text=gettext_lazy("As people know it. It stands on the buttons."),
    )
    issuer = web_address(
        gettext_lazy("Issuer"),
        max_length=300,
        help_text=gettext_lazy(
            "Exactly as the provider writes it in its discovery document, at this address with "
            "/.well-known/openid-configuration after it. Once people have connected it, it never changes."
        ),
    )
    new_secret = forms.CharField(
        label=gettext_lazy("Client secret"),
        required=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "class": "vTextField"}),
        help_text=gettext_lazy("As the provider gives it to you. Is kept encrypted and never shown."),
    )
    claim_map = ClaimMapField(
        label=gettext_lazy("Attributes"),
        required=False,
        help_text=gettext_lazy(
            "What fills in new accounts, one a line: our attribute = the claim of the provider, like "
            "“given_name = given_name”. The e-mail address comes by itself, if verified there: leave it out."
        ),
    )
    new_logo = forms.FileField(
        label=gettext_lazy("Logo"),
        required=False,
        widget=AdminFileWidget(attrs={"accept": "image/png,image/jpeg,image/webp,image/gif"}),
        help_text=gettext_lazy("PNG, JPEG, WebP or GIF, at most 2 MB; square is best."),
    )

    class Meta:
        model = IdentityProvider
        fields = (
            "name", "slug", "issuer", "client_id", "scopes", "claim_map", "is_active", "may_sign_in",
            "may_create_accounts",
        )  # fmt: skip
        widgets = {"client_id": AdminTextInputWidget, "scopes": AdminTextInputWidget}
        help_texts = {
            "client_id": gettext_lazy("What the provider calls this portal."),
            "scopes": gettext_lazy("What the provider is asked for, with blanks between; “openid” among them."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and self.instance.logo:
            self.initial["new_logo"] = StoredLogo(logo_url(self.instance))
        if "issuer" in self.fields:
            self.fields["issuer"].required = True
        if self.instance.pk:  # the redirect URI is registered with the provider under it
            self.fields.pop("slug", None)
        elif "slug" in self.fields:
            text = _("It never changes. The redirect URI, which the provider wants, has it in place of NAME: %(uri)s")
            self.fields["slug"].help_text = text % {"uri": redirect_uri("NAME")}
        if self.instance.client_secret and "new_secret" in self.fields:
            self.fields["new_secret"].help_text = _("Is kept encrypted and never shown. Empty, it stays as it is.")

    def clean_issuer(self) -> str:
        """https unless an operator allows private addresses; the same for good once somebody is known by it."""
        issuer: str = self.cleaned_data["issuer"]
        parts = urlsplit(issuer)
        if parts.query or parts.fragment or parts.username:
            raise ValidationError(_("An issuer has no query, no fragment and no user name."))
        if parts.scheme != "https" and not settings.PRIVATE_ADDRESSES_ALLOWED:
            raise ValidationError(_("An issuer begins with https://."))
        if self.instance.pk and issuer != self.instance.issuer and self.instance.identities.exists():
            raise ValidationError(_("People have connected this issuer. Set up another provider for another issuer."))
        return issuer

    def clean_scopes(self) -> str:
        """Each once, `openid` among them."""
        scopes = list(dict.fromkeys(self.cleaned_data["scopes"].split()))
        if "openid" not in scopes:
            raise ValidationError(_("“openid” has to be among the scopes."))
        return " ".join(scopes)

    def clean_new_logo(self) -> Any:
        """An upload becomes the PNG that is stored; False removes the logo; anything else leaves it alone."""
        file = self.cleaned_data["new_logo"]
        return logos.png(file) if isinstance(file, UploadedFile) else file

    def clean(self) -> dict[str, Any]:
        """Put logo and secret in their places, the secret encrypted."""
        values = super().clean() or self.cleaned_data
        logo, secret = values.get("new_logo"), values.get("new_secret")
        if isinstance(logo, bytes):
            self.instance.logo = logo
        elif logo is False:
            self.instance.logo = b""
        if secret:
            self.instance.client_secret = encryption.encrypt(secret.encode())
        return values

    def _post_clean(self) -> None:
        """A browser never gets a secret back: whoever has to correct something else is told to type it again."""
        super()._post_clean()  # type: ignore[misc]
        if self.errors and self.cleaned_data.get("new_secret"):
            self.add_error("new_secret", _("Enter it again: it is not kept while something else is to be corrected."))
