"""The forms administrators add and change people with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from django.contrib.auth.password_validation import validate_password
from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from myaccount.claims.models import Claim
from myaccount.pages import people
from myaccount.users.backends import normalize_password
from myaccount.users.models import User
from myaccount.users.selectors import is_name_taken
from profile.values import form_field, stored_value

_SALT = "people.opened"
_CONTACTS = ("email", "mobile")


def _check_free(name: str, *, other_than: User | None = None) -> None:
    if is_name_taken(name, other_than=other_than):
        raise ValidationError(
            _("Somebody else signs in with this, as username or as e-mail address, perhaps spelled differently."),
            code="taken",
        )


class AddPersonForm(forms.ModelForm[User]):
    """A new account: who it is for, how to reach them, and perhaps a first password."""

    email_is_proven = forms.BooleanField(
        label=gettext_lazy("This address is known to be theirs"),
        required=False,
        help_text=gettext_lazy("They can then sign in with it, and later recover their account by it."),
    )
    given_name = forms.CharField(label=gettext_lazy("First name"), required=False, widget=AdminTextInputWidget)
    family_name = forms.CharField(label=gettext_lazy("Last name"), required=False, widget=AdminTextInputWidget)
    password = forms.CharField(
        label=gettext_lazy("First password"),
        required=False,
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(
            attrs={"autocomplete": "new-password", "spellcheck": "false", "class": "vTextField"}
        ),
        help_text=gettext_lazy(
            "At least 15 characters. Give it to them in a safe way and ask them to change it. "
            "Without one they cannot sign in with a password yet."
        ),
    )

    class Meta:
        model = User
        fields = ("username", "email")

    def clean_username(self) -> str:
        """Refuse a name somebody else signs in with, in any spelling."""
        username: str = self.cleaned_data["username"]
        _check_free(username)
        return username

    def clean(self) -> dict[str, Any]:
        """Check what depends on the registry or on several inputs."""
        values = super().clean() or self.cleaned_data
        claims = {claim.name: claim for claim in Claim.objects.filter(name__in=("given_name", "family_name", "email"))}
        for name, claim in claims.items():
            try:
                if name in values:
                    values[name] = stored_value(claim, values[name])
                if name == "email" and values.get(name):
                    _check_free(values[name])
            except ValidationError as error:
                self.add_error(name, error)
        self._check_password(values)
        return values

    def _check_password(self, values: dict[str, Any]) -> None:
        if not values.get("password"):
            return
        names = (values.get("given_name", ""), values.get("family_name", ""))
        person = User(username=values.get("username", ""), email=values.get("email", ""), display_name=" ".join(names))
        try:
            validate_password(normalize_password(values["password"]), person)
        except ValidationError as error:
            self.add_error("password", error)


class BasePersonForm(forms.ModelForm[User]):
    """An account that exists. The attributes of the registry are added as inputs by `person_form`.

    `opened` carries, signed, what every input showed when the form was opened. What still says that
    was not edited and is not written; what was edited here and elsewhere meanwhile is refused
    (security 28).
    """

    email_is_proven = forms.BooleanField(
        label=gettext_lazy("The address above is known to be theirs"),
        required=False,
        help_text=gettext_lazy("Tick it to make the address count as proven. A new one does not by itself."),
    )
    mobile_is_proven = forms.BooleanField(
        label=gettext_lazy("The number above is known to be theirs"),
        required=False,
        help_text=gettext_lazy("Tick it to make the number count as proven. A new one does not by itself."),
    )
    opened = forms.CharField(label="", widget=forms.HiddenInput)

    administrator: User
    claims: Mapping[str, Claim] = {}
    contact_claims: Mapping[str, Claim] = {}

    class Meta:
        model = User
        fields: list[str] = []  # named by the admin's fieldsets

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.current = people.snapshot(self.instance, self.claims)
        self.initial["opened"] = signing.dumps([self.instance.pk, self.current], salt=_SALT, compress=True)
        for name in self.claims:
            is_boolean = isinstance(self.fields[name], forms.BooleanField)
            self.initial[name] = self.current[name] == "true" if is_boolean else self.current[name]
        self.edits: dict[str, Any] = {}
        self.shown: dict[str, str] = {}

    @property
    def changed_data(self) -> list[str]:
        """What was edited, also for the log of admin's own."""
        return list(self.edits)

    def clean_opened(self) -> str:
        """What the form showed; a form of another person, or one that is not ours, is refused."""
        value: str = self.cleaned_data["opened"]
        try:
            pk, shown = signing.loads(value, salt=_SALT)
        except (signing.BadSignature, TypeError, ValueError):
            pk, shown = None, {}
        if pk != self.instance.pk:
            raise ValidationError(_("This form cannot be read. Open the page again."))
        self.shown = shown
        return value

    def clean(self) -> dict[str, Any]:
        """Find what was edited, check it, and refuse what changed elsewhere meanwhile."""
        values = super().clean() or self.cleaned_data
        if self.shown:
            for name in self.current:
                if name in values:
                    self._look_at(name, values)
            for name in _CONTACTS:
                if values.get(f"{name}_is_proven") and name not in self.errors:
                    self._vouch(name)
            if self.instance.pk == self.administrator.pk:
                self._protect_oneself()
        return values

    def _look_at(self, name: str, values: dict[str, Any]) -> None:
        try:
            text = self._as_text(name, values[name])
            if text == self.shown.get(name, ""):
                return
            if name in ("username", "email") and text:
                _check_free(text, other_than=self.instance)
        except ValidationError as error:
            self.add_error(name, error)
            return
        if self.current[name] != text and self._changed_elsewhere(name):
            return
        self.edits[name] = text if name in self.claims or name in _CONTACTS else values[name]

    def _vouch(self, name: str) -> None:
        if name in self.edits or (self.shown.get(name) and not self._changed_elsewhere(name)):
            self.edits[f"{name}_is_proven"] = True

    def _changed_elsewhere(self, name: str) -> bool:
        if self.current[name] == self.shown.get(name, ""):
            return False
        self.add_error(
            name, _("Somebody else changed this since you opened the page. Open it again to see what it is now.")
        )
        return True

    def _protect_oneself(self) -> None:
        """Nobody locks themselves out by mistake."""
        if self.edits.get("is_active") is False:
            self.add_error("is_active", _("You cannot switch off your own account."))
        for name in ("is_staff", "is_superuser"):
            if self.edits.get(name) is False:
                self.add_error(name, _("You cannot take your own rights away: ask another administrator."))

    def _as_text(self, name: str, value: Any) -> str:
        """What was entered, in the form of `people.snapshot`. Raises ValidationError."""
        if name in self.claims or name in _CONTACTS:
            # A box nobody ticked says "not given" as long as nobody has said "no".
            if value is False and not self.shown.get(name):
                return ""
            claim = self.claims.get(name) or self.contact_claims[name]
            return stored_value(claim, value, region=self.current.get("attribute_country", ""))
        if name == "groups":
            return ",".join(str(pk) for pk in sorted(group.pk for group in value))
        if isinstance(value, bool):
            return "true" if value else ""
        return str(value)


def person_form(claims: Mapping[str, Claim], *, administrator: User) -> type[BasePersonForm]:
    """The form with an input for every attribute; none is required, so that nothing else waits for it."""
    contact_claims = {claim.name: claim for claim in Claim.objects.filter(name__in=_CONTACTS)}
    inputs = {name: _input(claim) for name, claim in claims.items()}
    extra = {"claims": claims, "contact_claims": contact_claims, "administrator": administrator}
    return cast("type[BasePersonForm]", type("PersonForm", (BasePersonForm,), {**inputs, **extra}))


def _input(claim: Claim) -> forms.Field:
    field = form_field(claim)
    field.required = False
    field.help_text = ""
    field.widget.attrs["autocomplete"] = "off"
    if isinstance(field.widget, forms.Textarea):
        field.widget.attrs["class"] = "vLargeTextField"
    elif isinstance(field.widget, forms.TextInput) and field.widget.input_type != "date":
        field.widget.attrs["class"] = "vTextField"
    return field
