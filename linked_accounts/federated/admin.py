"""Identity providers and who has connected them, in Django admin."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from linked_accounts.federated import selectors, services
from linked_accounts.federated.adapters import Provider
from linked_accounts.federated.flows import registration
from linked_accounts.federated.forms import IdentityProviderForm
from linked_accounts.federated.models import FederatedIdentity, IdentityProvider
from myaccount.users.models import User
from myaccount.web import step_up
from myaccount.web.read_only_admin import ReadOnlyAdmin
from myaccount.web.requests import origin


@admin.register(IdentityProvider)
class IdentityProviderAdmin(admin.ModelAdmin[IdentityProvider]):
    """The providers people can connect. The secret goes in and never comes out."""

    form = IdentityProviderForm
    change_form_template = "admin/linked_accounts/identityprovider/change_form.html"
    list_display = ("name", "issuer", "is_active", "may_sign_in", "may_create_accounts")
    search_fields = ("name", "issuer")
    readonly_fields = ("redirect_uri",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[IdentityProvider]:
        return super().get_queryset(request).defer("logo")

    def get_prepopulated_fields(self, request: HttpRequest, obj: IdentityProvider | None = None) -> dict[str, Any]:
        """Of a new one: the name in addresses follows the name."""
        return {} if obj else {"slug": ("name",)}

    def get_fieldsets(self, request: HttpRequest, obj: IdentityProvider | None = None) -> Any:
        address = ["redirect_uri"] if obj else ["slug"]
        return [
            (None, {"fields": ["name", *address, "new_logo", "is_active"]}),
            (_("How it is reached"), {"fields": ["issuer", "client_id", "new_secret", "scopes"]}),
            (_("What it is for"), {"fields": ["may_sign_in", "may_create_accounts", "claim_map"]}),
        ]

    @admin.display(description=gettext_lazy("Redirect URI"))
    def redirect_uri(self, obj: IdentityProvider) -> SafeString:
        """To be pasted at the provider."""
        return format_html('<code translate="no">{}</code>', selectors.redirect_uri(obj.slug))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """A new secret, or another issuer to send it to, wants a fresh proof of who asks (security 20)."""
        if self.has_change_permission(request) and not step_up.is_confirmed(request, now=timezone.now()):
            return step_up.redirect_to_confirm(request.path)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: IdentityProvider, form: ModelForm[Any], change: Any) -> None:
        """Save it, and write what changed, in one transaction."""
        super().save_model(request, obj, form, change)
        if form.changed_data or not change:
            services.note_provider_change(
                provider=obj,
                changed=sorted(form.changed_data) if change else ["created"],
                by=cast("User", request.user),
                origin=origin(request),
                now=timezone.now(),
            )

        if {"is_active", "may_sign_in"} & {*form.changed_data} and not selectors.can_be_signed_in_with(obj):
            self._warn_of_people_left_out(request, obj)

    def _warn_of_people_left_out(self, request: HttpRequest, obj: IdentityProvider) -> None:
        count = selectors.locked_out_without(obj)
        if count:
            text = ngettext(
                "%(count)s person has no other way to sign in, and is locked out while it is off.",
                "%(count)s people have no other way to sign in, and are locked out while it is off.",
                count,
            )
            messages.warning(request, text % {"count": count})

    def delete_model(self, request: HttpRequest, obj: IdentityProvider) -> None:
        """Remove one that nobody has connected, and write that."""
        services.note_provider_change(
            provider=obj,
            changed=["removed"],
            by=cast("User", request.user),
            origin=origin(request),
            now=timezone.now(),
        )
        super().delete_model(request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """One at a time: each is asked about."""
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    def get_urls(self) -> list[Any]:
        """One address more."""
        ask = self.admin_site.admin_view(require_POST(self.ask_provider))
        return [path("<int:pk>/check/", ask, name="linked_accounts_identityprovider_check"), *super().get_urls()]

    def ask_provider(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Look at the provider's discovery document and keys, and say what is wrong with them."""
        provider = self.get_object(request, str(pk))
        if provider is None:
            raise Http404
        if not self.has_change_permission(request, provider):
            raise PermissionDenied(_("You may look at this, but not change it."))
        wrong = Provider(registration(provider, "")).what_is_wrong()
        if wrong:
            messages.error(request, _("The provider cannot be used: %(why)s.") % {"why": wrong})
        else:
            messages.success(request, _("The provider answers, and what it says of itself is right."))
        return HttpResponseRedirect(reverse("admin:linked_accounts_identityprovider_change", args=[pk]))


@admin.register(FederatedIdentity)
class FederatedIdentityAdmin(ReadOnlyAdmin):
    """Who has connected what. People remove theirs themselves."""

    list_display = ("user", "provider", "account_name", "connected_at", "last_used_at")
    list_filter = ("provider",)
    list_select_related = ("user", "provider")
    search_fields = ("=subject", "user__username")
    fields = ("user", "provider", "issuer", "subject", "account_name", "connected_at", "last_used_at")
    ordering = ("-pk",)
