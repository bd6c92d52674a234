"""The form of an application in Django admin: each field with what it does."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminFileWidget, AdminTextareaWidget, AdminTextInputWidget
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _
from oauth2_provider.generators import generate_client_id

from consent.applications import services
from consent.applications.models import Application, SubjectType
from consent.applications.selectors import logo_url
from myaccount.web import logos
from myaccount.web.admin_forms import StoredLogo, web_address
from myaccount.web.forms import validate_visible


class UriLinesField(forms.CharField):
    """Addresses, one a line; stored with spaces between them, as the library reads them."""

    widget = AdminTextareaWidget(attrs={"rows": 3, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        """One a line, as they are shown."""
        return "\n".join(value.split()) if isinstance(value, str) else value

    def clean(self, value: Any) -> str:
        """Each once. What they may be, the model says."""
        return " ".join(dict.fromkeys(super().clean(value).split()))

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Other line breaks are no change."""
        return (initial or "").split() != (data or "").split()


class ApplicationForm(forms.ModelForm[Application]):
    """What an administrator says of an application. How it signs people in is the same for all, and not asked."""

    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        widget=AdminTextInputWidget,
        validators=[validate_visible],
        help_text=_("As people know it. It stands on the consent page."),
    )
    client_id = forms.CharField(
        label=_("Client ID"),
        max_length=100,
        initial=generate_client_id,
        widget=AdminTextInputWidget(attrs={"spellcheck": "false"}),
        validators=[RegexValidator(r"^[A-Za-z0-9._~-]{3,100}$", _("Use 3 to 100 letters, digits and -._~ only."))],
        help_text=_("What the application calls itself here. Leave it or choose your own; it never changes."),
    )
    client_type = forms.ChoiceField(
        label=_("Where it runs"),
        initial=Application.CLIENT_CONFIDENTIAL,
        choices=[
            (Application.CLIENT_CONFIDENTIAL, _("On a server, which can keep a secret (confidential)")),
            (Application.CLIENT_PUBLIC, _("In the browser or on a phone, where nothing stays secret (public)")),
        ],
        widget=forms.RadioSelect,
        help_text=_("Both prove with PKCE that a code is theirs; one on a server shows its client secret besides."),
    )
    redirect_uris = UriLinesField(
        label=_("Redirect URIs"),
        help_text=_(
            "Where people come back to after signing in, one a line. Each is compared letter by letter, so copy it "
            "from the application."
        ),
    )
    post_logout_redirect_uris = UriLinesField(
        label=_("Redirect URIs after signing out"),
        required=False,
        help_text=_("Where people may be led when the application has signed them out here, one a line."),
    )
    new_logo = forms.FileField(
        label=_("Logo"),
        required=False,
        widget=AdminFileWidget(attrs={"accept": "image/png,image/jpeg,image/webp,image/gif"}),
        help_text=_("PNG, JPEG, WebP or GIF, at most 2 MB; square is best. Without one, the first letter stands."),
    )
    subject_type = forms.ChoiceField(
        label=_("How it knows people"),
        choices=SubjectType.choices,
        initial=SubjectType.PAIRWISE,
        widget=forms.RadioSelect,
        help_text=_(
            "With identifiers of their own, two applications cannot find out by them that they have the same person. "
            "Changing it later makes everybody a new person to the application."
        ),
    )

    policy_url = web_address(_("Privacy policy"), help_text=_("The consent page links to it."), max_length=200)
    access_url = web_address(_("Address"), help_text=_("Where people open it."), max_length=200)
    backchannel_logout_uri = web_address(
        _("Back-channel logout URI"),
        help_text=_("Told, server to server, when a session ends in which it was used."),
        max_length=200,
    )

    class Meta:
        model = Application
        fields = (
            "name", "client_id", "client_type", "redirect_uris", "post_logout_redirect_uris", "description",
            "policy_url", "access_url", "is_discoverable", "groups", "is_first_party", "is_active", "may_work_offline",
            "subject_type", "sector", "backchannel_logout_uri",
        )  # fmt: skip
        widgets = {"description": AdminTextInputWidget, "groups": forms.CheckboxSelectMultiple}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        services.prepare(self.instance)
        if self.instance.pk and self.instance.logo:
            self.initial["new_logo"] = StoredLogo(logo_url(self.instance))
        if self.instance.pk:
            self.fields.pop("client_id", None)

    def clean_description(self) -> str:
        """Refuse invisible characters."""
        description: str = self.cleaned_data["description"]
        validate_visible(description)
        return description

    def clean_new_logo(self) -> Any:
        """An upload becomes the PNG that is stored; False removes the logo; anything else leaves it alone."""
        file = self.cleaned_data["new_logo"]
        return logos.png(file) if isinstance(file, UploadedFile) else file

    def clean(self) -> dict[str, Any]:
        """Put the logo in its place, and refuse what would not do what it says."""
        values = super().clean() or self.cleaned_data
        logo = values.get("new_logo")
        if isinstance(logo, bytes):
            self.instance.logo = logo
        elif logo is False:
            self.instance.logo = b""
        if values.get("is_discoverable") and not values.get("access_url"):
            self.add_error("access_url", _("It can only be listed with an address that people open."))
        return values
