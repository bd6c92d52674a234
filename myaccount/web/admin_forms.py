"""The form of the portal's settings, one choice for every page and section included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.contrib.admin.widgets import AdminFileWidget, AdminTextInputWidget, AdminURLFieldWidget
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import URLValidator
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from myaccount.web import colours, logos
from myaccount.web.features import BY_ID, FEATURES, Feature, FeatureState, choices_for
from myaccount.web.forms import validate_visible
from myaccount.web.models import PortalSettings
from myaccount.web.one_row_admin import VersionedForm


def field_name(feature: Feature) -> str:
    """What the form calls the choice for a feature."""
    return "feature_" + feature.id.replace(".", "_").replace("-", "_")


FEATURE_NAMES: Final = {field_name(feature): feature.id for feature in FEATURES}


@dataclass(frozen=True)
class StoredLogo:
    """Looks like an uploaded file to the upload widget, which then links to it and offers to remove it."""

    url: str

    def __str__(self) -> str:
        return str(_("the logo in use"))


def web_address(label: Any, *, help_text: Any = "", max_length: int | None = None) -> forms.URLField:
    """Only http and https, however they are spelled (security 24)."""
    return forms.URLField(
        label=label,
        help_text=help_text,
        required=False,
        assume_scheme="https",
        max_length=max_length,
        validators=[URLValidator(["https", "http"])],
        widget=AdminURLFieldWidget,
    )


class BaseSettingsForm(VersionedForm):
    """Everything but the choices for features, which are added below."""

    accent_color = forms.CharField(
        label=_("Accent colour"),
        required=False,
        widget=forms.ColorInput,
        help_text=_("Its hue is used; lightness is chosen so that everything stays readable, light and dark."),
    )
    use_standard_color = forms.BooleanField(
        label=_("Go back to the portal's own colour"), required=False, help_text=_("The colour above is then not used.")
    )
    new_logo = forms.FileField(
        label=_("Logo"),
        required=False,
        widget=AdminFileWidget(attrs={"accept": "image/png,image/jpeg,image/webp,image/gif"}),
        help_text=_(
            "Stands before the product name. PNG, JPEG, WebP or GIF, at most 2 MB; best on a transparent ground, "
            "as it is shown on light and on dark."
        ),
    )
    support_url = web_address(_("Support link"), help_text=_("Shown as “Help” on every page."))
    footer = forms.CharField(
        label=_("Footer"),
        required=False,
        max_length=200,
        widget=AdminTextInputWidget,
        help_text=_("One line at the end of every page."),
    )

    class Meta:
        model = PortalSettings
        fields: list[str] = []  # named by the admin's fieldsets

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = self.instance
        self.initial["accent_color"] = stored.accent_color or colours.STANDARD
        if stored.logo:
            self.initial["new_logo"] = StoredLogo(f"{reverse('logo')}?v={stored.version}")
        self.fields["session_idle_minutes"].help_text = _("5 to 60. People are warned before.")
        self.fields["session_absolute_hours"].help_text = _("1 to 24, counted from signing in.")
        for name, feature_id in FEATURE_NAMES.items():
            self.initial[name] = stored.features.get(feature_id, FeatureState.ON)

    def clean_product_name(self) -> str:
        """Refuse invisible characters."""
        name: str = self.cleaned_data["product_name"]
        validate_visible(name)
        return name

    def clean_footer(self) -> str:
        """Refuse invisible characters."""
        footer: str = self.cleaned_data["footer"]
        validate_visible(footer)
        return footer

    def clean_accent_color(self) -> str:
        """The portal's own colour is stored as none. The model's validator refuses what is no colour."""
        colour: str = self.cleaned_data["accent_color"].lower()
        return "" if colour == colours.STANDARD else colour

    def clean_new_logo(self) -> Any:
        """An upload becomes the PNG that is stored; False removes the logo; anything else leaves it alone."""
        file = self.cleaned_data["new_logo"]
        return logos.png(file) if isinstance(file, UploadedFile) else file

    def clean(self) -> dict[str, Any]:
        """Put together what several inputs say of one setting."""
        values = super().clean() or self.cleaned_data
        if values.get("use_standard_color"):
            values["accent_color"] = ""
        logo = values.get("new_logo")
        if isinstance(logo, bytes):
            self.instance.logo = logo
        elif logo is False:
            self.instance.logo = b""
        chosen = {FEATURE_NAMES[name]: values[name] for name in FEATURE_NAMES if name in values}
        self.instance.features = {id_: state for id_, state in chosen.items() if state != FeatureState.ON}
        return values


def _choice(feature: Feature) -> forms.ChoiceField:
    is_page = feature.id == feature.page_id
    label: Any = _("The whole page") if is_page else feature.label
    return forms.ChoiceField(label=label, choices=choices_for(feature))


SettingsForm: type[BaseSettingsForm] = type(
    "SettingsForm", (BaseSettingsForm,), {name: _choice(BY_ID[id_]) for name, id_ in FEATURE_NAMES.items()}
)


def feature_fieldsets() -> list[tuple[Any, dict[str, Any]]]:
    """One group of the form for every page, the page's own choice first."""
    pages = [feature for feature in FEATURES if feature.id == feature.page_id]
    return [
        (
            _("Page “%(page)s”") % {"page": page.label},
            {"fields": [field_name(feature) for feature in FEATURES if feature.page_id == page.id]},
        )
        for page in pages
    ]
