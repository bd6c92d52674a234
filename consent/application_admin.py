"""Applications in Django admin: the one place where they are made (security 85)."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import BaseInlineFormSet, ModelForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from consent.applications import services
from consent.applications.forms import ApplicationForm
from consent.applications.models import Application, ApplicationClaim
from consent.applications.pasting import Line, what_to_paste
from consent.consents.models import Consent, State
from consent.openid.scopes import OFFLINE_ACCESS, OPENID, scope_of
from myaccount.users.models import User
from myaccount.web import step_up
from myaccount.web.requests import origin

SECRET_PAGE = "admin/consent/application/secret.html"  # noqa: S105 (a template)

admin.site.unregister(Application)


class ClaimFormSet(BaseInlineFormSet[ApplicationClaim, Application, ModelForm[ApplicationClaim]]):
    """The attributes asked for."""

    def add_fields(self, form: ModelForm[ApplicationClaim], index: int | None) -> None:
        """Name the inputs for those who do not see the heading of their column."""
        super().add_fields(form, index)
        for name in {"claim", "purpose", "is_mandatory", "DELETE"} & form.fields.keys():
            widget: Any = form.fields[name].widget
            getattr(widget, "widget", widget).attrs["aria-label"] = form.fields[name].label  # admin wraps selects


class ClaimInline(admin.TabularInline[ApplicationClaim, Application]):
    """The attributes it asks for; it gets no others, whatever it asks for."""

    model = ApplicationClaim
    formset = ClaimFormSet
    extra = 0
    fields = ("claim", "purpose", "is_mandatory")
    ordering = ("claim__order", "claim__name")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApplicationClaim]:
        return super().get_queryset(request).select_related("claim", "purpose")


@admin.register(Application)
class ApplicationAdmin(admin.ModelAdmin[Application]):
    """Relying parties. The secret of one is shown once, when it is made."""

    form = ApplicationForm
    inlines = (ClaimInline,)
    view_on_site = False  # the library has a page for each, which is not mounted
    list_display = ("name", "client_id", "client_type", "is_discoverable", "is_active")
    list_filter = ("is_active", "is_discoverable")
    search_fields = ("name", "client_id")
    readonly_fields = ("client_id_in_use", "secret", "settings_to_paste")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Application]:
        return super().get_queryset(request).defer("logo")

    def get_fieldsets(self, request: HttpRequest, obj: Application | None = None) -> Any:
        identity = ["client_id_in_use", "client_type", "secret"] if obj else ["client_id", "client_type"]
        paste = (
            _("What to paste into the application"),
            {
                "fields": ["settings_to_paste"],
                "description": _(
                    "Most applications need only the first ones, and read the rest from the discovery document."
                ),
            },
        )
        return [
            (None, {"fields": ["name", "description", "new_logo", "policy_url", "is_first_party", "is_active"]}),
            (_("How it signs people in"), {"fields": [*identity, "redirect_uris", "subject_type", "sector"]}),
            (
                _("Signing out"),
                {
                    "fields": ["backchannel_logout_uri", "post_logout_redirect_uris"],
                    "description": _(
                        "With a back-channel logout URI the application learns at once that a session has ended."
                    ),
                },
            ),
            (_("On people's Applications page"), {"fields": ["is_discoverable", "access_url", "groups"]}),
            (_("While nobody is signed in"), {"fields": ["may_work_offline"]}),
            *([paste] if obj else []),
        ]

    # What is shown

    @admin.display(description=gettext_lazy("Client ID"))
    def client_id_in_use(self, obj: Application) -> SafeString:
        """It never changes."""
        return format_html('<code translate="no">{}</code>', obj.client_id)

    @admin.display(description=gettext_lazy("Client secret"))
    def secret(self, obj: Application) -> str | SafeString:
        """Nobody sees it again; a lost one is replaced."""
        if obj.client_type == Application.CLIENT_PUBLIC:
            return _("None: a public application has no secret.")
        return format_html(
            '{} <a class="button" href="{}">{}</a>',
            _("Was shown once, and cannot be read again."),
            reverse("admin:consent_application_secret", args=[obj.pk]),
            _("Make a new one"),
        )

    @admin.display(description=gettext_lazy("Settings"))
    def settings_to_paste(self, obj: Application) -> SafeString:
        """Issuer, client id and addresses."""
        return render_to_string("admin/consent/application/paste.html", {"lines": _lines(obj)})

    # What is saved

    def save_model(self, request: HttpRequest, obj: Application, form: ModelForm[Any], change: Any) -> None:
        """A new one gets its secret, which the answer to this request shows and nothing keeps."""
        if change:
            services.save_changed(application=obj)
        else:
            request.client_secret = services.save_new(application=obj)  # type: ignore[attr-defined]

    def save_related(self, request: HttpRequest, form: ModelForm[Any], formsets: Any, change: Any) -> None:
        """Save groups and attributes, and write what changed, in the same transaction."""
        super().save_related(request, form, formsets, change)
        changed = [*form.changed_data, *(["claims"] if any(formset.has_changed() for formset in formsets) else [])]
        if changed or not change:
            services.note_change(
                application=form.instance,
                changed=changed if change else ["created"],
                by=cast("User", request.user),
                origin=origin(request),
                now=timezone.now(),
            )

    def response_add(
        self, request: HttpRequest, obj: Application, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The secret, this once; a public application has none, so what to paste follows."""
        secret: str = request.client_secret  # type: ignore[attr-defined]
        messages.success(request, _("“%(name)s” was added.") % {"name": obj.name})
        if not secret:
            return HttpResponseRedirect(reverse("admin:consent_application_change", args=[obj.pk]))
        return self._secret_page(request, obj, secret)

    # Its secret

    def get_urls(self) -> list[Any]:
        """One page more."""
        secret = self.admin_site.admin_view(self.new_secret)
        return [path("<int:pk>/secret/", secret, name="consent_application_secret"), *super().get_urls()]

    def new_secret(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Asks first, then replaces the secret and shows the new one, this once (security 20)."""
        application = self.get_object(request, str(pk))
        if application is None or application.client_type == Application.CLIENT_PUBLIC:
            raise Http404
        if not self.has_change_permission(request, application):
            raise PermissionDenied(_("You may look at this, but not change it."))
        now = timezone.now()
        if not step_up.is_confirmed(request, now=now):
            return step_up.redirect_to_confirm(request.path)
        if request.method != "POST":
            return self._secret_page(request, application, "")
        secret = services.new_secret(
            application=application, by=cast("User", request.user), origin=origin(request), now=now
        )
        return self._secret_page(request, application, secret)

    def _secret_page(self, request: HttpRequest, application: Application, secret: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Client secret of %(name)s") % {"name": application.name},
            "opts": self.opts,
            "original": application,
            "secret": secret,
            "lines": _lines(application),
        }
        return TemplateResponse(request, SECRET_PAGE, context)

    # Removing

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """One at a time: each is asked about."""
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """How many people it concerns, instead of every row that goes."""
        application = objs[0]
        given = Consent.objects.filter(application=application, state=State.ACTIVE).count()
        text = ngettext(
            "%(count)s person has consented to it; their consent and its access end. The receipts stay.",
            "%(count)s people have consented to it; their consents and its access end. The receipts stay.",
            given,
        )
        return [str(application), text % {"count": given}], {str(self.opts.verbose_name): 1}, set(), []

    def delete_model(self, request: HttpRequest, obj: Application) -> None:
        """Remove it, and write that, in one transaction."""
        services.remove(application=obj, by=cast("User", request.user), origin=origin(request), now=timezone.now())


def _lines(application: Application) -> list[Line]:
    names = application.claims.values_list("claim__openid_name", flat=True)
    scopes = [OPENID, *sorted({scope_of(name) for name in names})]
    return what_to_paste(
        application, scopes=tuple([*scopes, OFFLINE_ACCESS] if application.may_work_offline else scopes)
    )
