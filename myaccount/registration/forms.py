"""Forms of self-registration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from myaccount.claims.models import Claim, ClaimType
from myaccount.registration.models import EMAIL_KEY_MAX_LENGTH, RegistrationSettings
from myaccount.registration.selectors import Asked
from myaccount.registration.services import Wanted
from myaccount.users.backends import normalize_password
from myaccount.users.models import User
from myaccount.users.names import USERNAME_MAX_LENGTH, canonical_key, validate_username
from myaccount.web import formats
from myaccount.web.forms import PortalForm, validate_visible
from profile.values import form_field, stored_value
from security.factors.fields import CodeField
from security.password.fields import NewPasswordField
from security.password.validators import MAX_LENGTH

NEEDED: Final = "agree_needed"
_EMAIL_MAX_LENGTH: Final = 254


def attribute_field(name: str) -> str:
    """What the form calls the field of an attribute."""
    return f"attribute_{name}"


def agree_field(name: str) -> str:
    """What the form calls the switch by which an attribute may be kept."""
    return f"agree_{name}"


def _password_field(label: Any, *, autocomplete: str, required: Any, max_length: int | None = None) -> forms.CharField:
    attrs = {"autocomplete": autocomplete, "spellcheck": "false"}
    widget = forms.PasswordInput(attrs=attrs)
    return forms.CharField(
        label=label, max_length=max_length, strip=False, widget=widget, error_messages={"required": required}
    )


class RegistrationForm(PortalForm):
    """Username, address, the attributes the organisation asks for, password, and what may be kept."""

    username = forms.CharField(
        label=gettext_lazy("Username"),
        help_text=gettext_lazy("What you sign in with. Others may see it."),
        max_length=USERNAME_MAX_LENGTH,
        validators=[validate_username],
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": gettext_lazy("Choose a username.")},
    )
    email = forms.EmailField(
        label=gettext_lazy("E-mail address"),
        help_text=gettext_lazy("We send a code there."),
        max_length=_EMAIL_MAX_LENGTH,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": gettext_lazy("Enter an e-mail address."),
            "invalid": gettext_lazy("This is not an e-mail address."),
        },
    )
    new_password = NewPasswordField(label=gettext_lazy("Password"), required=gettext_lazy("Choose a password."))
    purpose_version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, settings: RegistrationSettings, asked: Asked) -> None:
        super().__init__(data)
        self.asked = asked
        self._domains = settings.allowed_domains
        self.is_email_the_username = settings.is_email_the_username
        if self.is_email_the_username:
            del self.fields["username"]
        for claim in asked.mandatory:
            if claim.name in self.fields:
                self.fields[claim.name].label = str(claim.shown_label)
        for claim in asked.claims:
            self.fields[attribute_field(claim.name)] = field = form_field(claim)
            field.help_text = claim.own_help_text  # the portal's own words say what the label says
        self.fields[NEEDED] = self._switch(formats.listed(str(claim.shown_label) for claim in asked.mandatory))
        for claim in asked.optional:
            self.fields[agree_field(claim.name)] = self._switch(str(claim.shown_label))
        self.order_fields(self._order())
        first = "email" if self.is_email_the_username else "username"
        self.fields[first].widget.attrs["autofocus"] = True
        self.initial["purpose_version"] = asked.purpose.version

    @staticmethod
    def _switch(label: str) -> forms.BooleanField:
        return forms.BooleanField(label=label, required=False, widget=forms.CheckboxInput(attrs={"class": "switch"}))

    def _order(self) -> Iterator[str]:
        """As they are shown, which is the order of the error summary."""
        yield from ("username", "email", "new_password", NEEDED)
        for claim in self.asked.claims:
            yield from (attribute_field(claim.name), agree_field(claim.name))

    def attributes(self) -> list[tuple[BoundField, BoundField | None]]:
        """The fields of the attributes, in the registry's order, each with the switch of what people may leave out."""
        return [
            (self[attribute_field(claim.name)], self[agree_field(claim.name)] if claim in self.asked.optional else None)
            for claim in self.asked.claims
        ]

    def password(self) -> BoundField:
        """The field of the password, which never comes back filled in."""
        field = self["new_password"]
        if self.is_bound and not self.has_error("new_password"):
            again = _("Please type it again.")
            field.help_text = f"{again} {field.field.help_text}"
        return field

    def needed(self) -> BoundField:
        """The switch for what no account is without."""
        return self[NEEDED]

    def clean_email(self) -> str:
        """Refuse domains the organisation does not take, and what is too long for a username where it is one."""
        email: str = self.cleaned_data["email"]
        validate_visible(email)
        if len(canonical_key(email)) > EMAIL_KEY_MAX_LENGTH:  # some characters stand for a whole phrase
            raise ValidationError(_("This is not an e-mail address."))
        domain = canonical_key(email).rpartition("@")[2]
        if self._domains and domain not in self._domains:
            allowed = formats.listed(self._domains)
            raise ValidationError(
                _("Only addresses of these domains can register: %(domains)s.") % {"domains": allowed}
            )
        if self.is_email_the_username:
            if len(email) > USERNAME_MAX_LENGTH:
                raise ValidationError(_("This address is too long to be a username."))
            validate_username(email)
        return email

    def clean_purpose_version(self) -> int:
        """What people agree to is what they have read: other words are agreed to anew."""
        version: int = self.cleaned_data["purpose_version"]
        if version != self.asked.purpose.version:
            sent = {name: value for name, value in self.data.items() if not name.startswith("agree_")}
            self.data = {**sent, "purpose_version": str(self.asked.purpose.version)}
            raise ValidationError(_("What attributes are kept for has just been changed. Read it again, then go on."))
        return version

    def clean(self) -> dict[str, Any]:
        """What concerns several fields at once, and the attributes' own rules."""
        values = super().clean() or self.cleaned_data
        email, username = values.get("email", ""), values.get("username", "")
        if "@" in canonical_key(username) and canonical_key(username) != canonical_key(email):
            self.add_error("username", _("Only your own e-mail address may be a username with an @ sign."))
        self._values = self._clean_attributes()
        if not values.get(NEEDED):
            self.add_error(NEEDED, _("Please select all required consents in order to proceed."))
        for claim in self.asked.optional:
            if self._values.get(claim.name) and not values.get(agree_field(claim.name)):
                text = _("Switch this on so that we may keep it, or leave “%(attribute)s” empty.")
                self.add_error(agree_field(claim.name), text % {"attribute": claim.shown_label})
        self._clean_password()
        return values

    def _clean_attributes(self) -> dict[str, str]:
        stored = {}
        region = str(self.cleaned_data.get(attribute_field("country")) or "")
        for claim in self.asked.claims:
            try:
                stored[claim.name] = stored_value(claim, self._given(claim), region=region)
            except ValidationError as reason:
                self.add_error(attribute_field(claim.name), reason)
        return {name: value for name, value in stored.items() if value}

    def _given(self, claim: Claim) -> object:
        """What was entered; a box that was left alone is no answer, unless there has to be one."""
        value = self.cleaned_data.get(attribute_field(claim.name))
        return "" if claim.type == ClaimType.BOOLEAN and not value and not claim.is_required else value

    def _clean_password(self) -> None:
        """Refuse what the policy does not allow, naming every reason (security 32, 33)."""
        password = normalize_password(self.cleaned_data.get("new_password", ""))
        if not password:
            return
        try:
            if len(password) > MAX_LENGTH:
                raise ValidationError(_("It is too long: use at most %(count)s characters.") % {"count": MAX_LENGTH})
            validate_password(password, self._person())
        except ValidationError as reasons:
            self.add_error("new_password", reasons)

    def _person(self) -> User:
        """Whose password it would be, for the rule that it is not made of one's own names."""
        names = (self._values.get(name, "") for name in ("given_name", "family_name"))
        email = self.cleaned_data.get("email", "")
        return User(username=self.cleaned_data.get("username", email), email=email, display_name=" ".join(names))

    def wanted(self) -> Wanted:
        """What is asked for, once it is valid."""
        values = self.cleaned_data
        optional = {claim.name for claim in self.asked.optional if values[agree_field(claim.name)]}
        return Wanted(
            username=values.get("username", values["email"]),
            email=values["email"],
            password=values["new_password"],
            values=self._values,
            agreed=frozenset({claim.name for claim in self.asked.mandatory} | optional),
            purpose_version=values["purpose_version"],
        )


class SentCodeForm(PortalForm):
    """The code that was sent."""

    code = CodeField(has_focus=True)


class ChosenPasswordForm(PortalForm):
    """The password chosen while registering, where the link is opened in another browser."""

    password = _password_field(
        gettext_lazy("Password"),
        autocomplete="current-password",
        required=gettext_lazy("Enter your password."),
        max_length=MAX_LENGTH,
    )
