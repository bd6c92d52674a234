"""The gallery of components, in development only."""

from __future__ import annotations

import datetime

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from myaccount.web.context_processors import Person
from myaccount.web.forms import PortalForm


class SampleForm(PortalForm):
    """One field of each kind."""

    text = forms.CharField(label="Given name", help_text="As in your passport.")
    email = forms.EmailField(label="E-mail address", widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    password = forms.CharField(label="Password", widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}))
    country = forms.ChoiceField(label="Country", choices=[("gb", "United Kingdom"), ("jp", "Japan")])
    agree = forms.BooleanField(label="Send me a copy")
    way = forms.ChoiceField(label="Way", choices=[("mail", "E-mail"), ("sms", "SMS")], widget=forms.RadioSelect)
    about = forms.CharField(label="About you", widget=forms.Textarea(attrs={"rows": 3}))
    birthday = forms.DateField(label="Birthday", widget=forms.DateInput(attrs={"type": "date"}))
    picture = forms.FileField(label="Picture")


@require_GET
def gallery(request: HttpRequest) -> HttpResponse:
    """Every component with sample data."""
    context = {
        "form": SampleForm({"text": "Alice", "email": "not an address", "birthday": str(datetime.date(1990, 5, 4))}),
        "page_obj": Paginator(range(95), 10).page(4),
        "person": Person("Alice Liddell", "alice", "AL", "", is_staff=False),
    }
    return render(request, "gallery.html", context)
