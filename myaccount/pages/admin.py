"""People in Django admin.

Here, on top, and not beside the `User` in the kernel: a person's page shows and changes what several
areas keep of them (profile, sessions, security events), and the kernel may not know any of these.
"""

from __future__ import annotations

from functools import partial
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from myaccount.operations.registry import OperationImpossible
from myaccount.operations.services import Done, Waiting
from myaccount.pages import factors_admin, people, recovery_admin
from myaccount.pages.people_forms import AddPersonForm, BasePersonForm, person_form
from myaccount.pages.roles import why_it_stays
from myaccount.users.models import User
from myaccount.users.names import canonical_key
from myaccount.users.rights import may_change, may_delete
from myaccount.users.services import NameTaken
from myaccount.users.signals import ChangeRefused
from myaccount.web import formats
from myaccount.web.read_only_admin import BigTableAdmin, uuid_in
from myaccount.web.requests import PortalRequest, origin
from profile.contacts import AddressTaken
from profile.services import ChangedMeanwhile
from profile.values import shown_value
from sessions_app import services as sessions
from sessions_app.models import EndReason

_WORDS = {
    "groups": (gettext_lazy("Roles"), gettext_lazy("Groups. The person sees them as their roles.")),
    "is_superuser": (
        gettext_lazy("All rights"),
        gettext_lazy("Sees and changes everything in administration, and gives others rights."),
    ),
    "is_staff": (
        gettext_lazy("Administrator"),
        gettext_lazy("May open this administration, and do there what their groups allow."),
    ),
}


@admin.register(User)
class UserAdmin(BigTableAdmin):
    """People. Nothing here shows or takes a password but the first one of a new account (security 48, 88)."""

    list_display = ("username", "name", "email", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff", "groups")
    search_fields = ("username_key",)
    search_help_text = gettext_lazy("The beginning of a username or of a proven e-mail address, or an id.")
    ordering = ("username_key",)
    actions = ("end_all_sessions",)
    filter_horizontal = ("groups",)

    # What is shown

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        if obj is None:
            return [
                (None, {"fields": ["username", "given_name", "family_name", "email", "email_is_proven", "password"]})
            ]
        account = ["username", "is_active", "last_login", "password_state", "elsewhere", "date_joined", "public_id"]
        reach = ["email", "email_proof", "email_is_proven", "mobile", "mobile_proof", "mobile_is_proven", "opened"]
        attributes = list(people.attributes())
        if not self.has_change_permission(request, obj):
            reach = ["email", "email_proof", "mobile", "mobile_proof"]
            attributes = ["attributes"]
        rights = {
            "fields": [*people.RIGHTS],
            "description": _("Only administrators with all rights change these."),
        }
        return [
            (_("Account"), {"fields": account}),
            (_("How to reach them"), {"fields": reach}),
            (_("Attributes"), {"fields": attributes}),
            (_("Roles and rights"), rights),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        shown = ("last_login", "password_state", "elsewhere", "date_joined", "public_id", "email_proof", "mobile_proof")
        rights = () if request.user.is_superuser else people.RIGHTS
        return (*shown, "attributes", *rights)

    def get_form(self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002 (Django's)
        """A small form for a new account, one with every attribute of the registry for one that exists."""
        administrator = cast("User", request.user)
        form = AddPersonForm if obj is None else person_form(people.attributes(), administrator=administrator)
        return super().get_form(request, obj, change=change, form=form, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Say what Django's own fields mean here."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and db_field.name in _WORDS:
            field.label, field.help_text = _WORDS[db_field.name]
        return field

    @admin.display(description=gettext_lazy("name"))
    def name(self, obj: User) -> str:
        """First and last name."""
        return obj.display_name

    @admin.display(description=gettext_lazy("id"))
    def public_id(self, obj: User) -> str:
        """What applications and security events know the person by."""
        return str(obj.uuid)

    @admin.display(description=gettext_lazy("password"))
    def password_state(self, obj: User) -> str:
        """Whether there is one, and since when; never what it is."""
        if not obj.has_usable_password():
            return _("None yet: they cannot sign in with a password.")
        if obj.password_changed_at is None:
            return _("Set, not changed since the account was made")
        return _("Set on %(date)s") % {"date": formats.moment(obj.password_changed_at)}

    @admin.display(description=gettext_lazy("address proven"))
    def email_proof(self, obj: User) -> str:
        """Whether the address is known to be theirs, and since when."""
        return formats.moment(obj.email_verified_at) if obj.email_verified_at else _("No")

    @admin.display(description=gettext_lazy("number proven"))
    def mobile_proof(self, obj: User) -> str:
        """Whether the number is known to be theirs, and since when."""
        return formats.moment(obj.mobile_verified_at) if obj.mobile_verified_at else _("No")

    @admin.display(description=gettext_lazy("more about them"))
    def elsewhere(self, obj: User) -> SafeString:
        """Links to the lists of what else there is of this person."""
        query = urlencode({"q": obj.username})
        links = [
            (reverse("admin:sessions_app_loginsession_changelist"), query, _("Active sessions")),
            (reverse("admin:activity_event_changelist"), query, _("Security events")),
            (reverse("admin:outbox_message_changelist"), query, _("Messages")),
        ]
        factors = format_html(
            '<a href="{}">{}</a> · ', reverse("admin:users_user_factors", args=[obj.pk]), _("Second factors")
        )
        recovery = format_html(
            '<a href="{}">{}</a> · ', reverse("admin:users_user_recovery", args=[obj.pk]), _("Account recovery")
        )
        return factors + recovery + format_html_join(" · ", '<a href="{}?{}">{}</a>', links)

    @admin.display(description=gettext_lazy("attributes"))
    def attributes(self, obj: User) -> SafeString:
        """For those who may look but not change: the attributes as text."""
        claims = people.attributes()
        stored = people.snapshot(obj, claims)
        rows = ((claim.shown_label, shown_value(claim, stored[name])) for name, claim in claims.items() if stored[name])
        return format_html("<dl>{}</dl>", format_html_join("", "<dt>{}</dt><dd>{}</dd>", rows))

    # Who may do what

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        by = cast("User", request.user)
        return bool(super().has_delete_permission(request, obj)) and (obj is None or may_delete(by, obj))

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        by = cast("User", request.user)
        return bool(super().has_change_permission(request, obj)) and (obj is None or may_change(by, obj))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """People are deleted one at a time."""
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    # A person's second factors

    def get_urls(self) -> list[Any]:
        """With the pages of a person's second factors."""
        see = self.admin_site.admin_view(partial(factors_admin.factors, model_admin=self))
        remove = self.admin_site.admin_view(partial(factors_admin.remove_factor, model_admin=self))
        recover = self.admin_site.admin_view(partial(recovery_admin.recover, model_admin=self))
        one = "<int:pk>/factors/<str:authenticator>/<int:factor_pk>/remove/"
        own = [
            path("<int:pk>/factors/", see, name="users_user_factors"),
            path(one, remove, name="users_user_remove_factor"),
            path("<int:pk>/recovery/", recover, name="users_user_recovery"),
        ]
        return [*own, *super().get_urls()]

    # Finding and saving

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        """By the beginning of a name, in any spelling: for that there are indexes."""
        key = canonical_key(search_term)
        if not key:
            return queryset, False
        wanted = Q(username_key__startswith=key) | Q(email_key__startswith=key)
        uuid = uuid_in(key)
        return queryset.filter(Q(uuid=uuid) if uuid else wanted), False

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """What somebody else did between the check and the saving: nothing is saved, and it is said."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except (NameTaken, AddressTaken, ChangedMeanwhile):
            text = _("Somebody else changed this, or took the name or address, a moment ago. Nothing was saved.")
            messages.error(request, text)
        except (ChangeRefused, OperationImpossible) as refused:  # of their own number, their last second factor
            messages.error(request, str(refused))
        return HttpResponseRedirect(request.get_full_path())

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm[Any], change: Any) -> None:
        """Through the services of the areas, each edit with its event, all in one transaction.

        What waits for approval is taken out of the form's edits: admin's own record names what was changed.
        """
        who = _who(request)
        if isinstance(form, BasePersonForm):
            waiting = people.change(user=obj, edits=form.edits, opened=form.shown, who=who)
            form.edits = {name: value for name, value in form.edits.items() if name not in waiting}
            _tell_what_waits(request, [str(form.fields[name].label) for name in waiting], is_all=not form.edits)
            return
        values = form.cleaned_data
        outcome = people.create(
            username=values["username"],
            email=values["email"],
            is_email_proven=values["email_is_proven"],
            password=values["password"],
            values={name: values[name] for name in ("given_name", "family_name")},
            who=who,
        )
        if isinstance(outcome, Done):
            obj.pk = cast("User", outcome.result).pk
            obj.refresh_from_db()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        """Nothing is left to do: roles are rights, and `people.change` has set them."""

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """What goes with an account is its own and needs no right of its own, nor to be listed row by row."""
        with_it = _("With profile, picture, sessions and former passwords, for good. Security events stay.")
        return [*(str(obj) for obj in objs), with_it], {str(self.opts.verbose_name_plural): len(objs)}, set(), []

    def log_addition(self, request: HttpRequest, obj: User, message: Any) -> Any:
        """Nothing, for an account that is not made yet."""
        return super().log_addition(request, obj, message) if obj.pk else None

    def response_add(self, request: HttpRequest, obj: User, post_url_continue: str | None = None) -> HttpResponse:
        """To the list, where an account is not made yet."""
        if obj.pk:
            return super().response_add(request, obj, post_url_continue)
        messages.warning(request, _("“%(name)s” was not added yet: it waits for approval.") % {"name": obj.username})
        return HttpResponseRedirect(reverse("admin:users_user_changelist"))

    def response_change(self, request: HttpRequest, obj: User) -> HttpResponse:
        """Back to the form, where all that was edited waits for approval: nothing was changed."""
        if getattr(request, "all_waits", False):
            return HttpResponseRedirect(request.get_full_path())
        return super().response_change(request, obj)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """What somebody else did meanwhile: nothing is deleted, and it is said."""
        try:
            return super().delete_view(request, *args, **kwargs)
        except OperationImpossible as impossible:
            messages.error(request, str(impossible))
        return HttpResponseRedirect(reverse("admin:users_user_changelist"))

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        """At once or when people agree; only what happened is in admin's own record."""
        outcome = people.delete(user=obj, who=_who(request))
        request.waits_for_approval = isinstance(outcome, Waiting)  # type: ignore[attr-defined]
        if isinstance(outcome, Done):
            super().log_deletions(request, cast("QuerySet[Any]", [obj]))

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Admin writes them before it deletes; `delete_model` does when it has."""

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        """Back to the person, where the account is not deleted yet."""
        if not request.waits_for_approval:  # type: ignore[attr-defined]
            return super().response_delete(request, obj_display, obj_id)
        messages.warning(request, _("“%(name)s” was not deleted yet: it waits for approval.") % {"name": obj_display})
        return HttpResponseRedirect(reverse("admin:users_user_change", args=[obj_id]))

    # Actions

    @admin.action(description=gettext_lazy("End all sessions"), permissions=["change"])
    def end_all_sessions(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Asks first, then signs the chosen people out everywhere."""
        chosen = self.chosen(request, queryset.order_by("username_key"))
        if "confirmed" not in request.POST:
            context = {
                **self.admin_site.each_context(request),
                "title": _("End all sessions"),
                "opts": self.opts,
                "people": chosen,
                "action_name": "end_all_sessions",
            }
            return TemplateResponse(request, "admin/users/user/end_all_sessions.html", context)
        own = cast("PortalRequest", request).login_session.uuid
        now = timezone.now()
        ended = sum(
            sessions.end_all(
                user=person,
                reason=EndReason.BY_ADMINISTRATOR,
                origin=origin(request),
                now=now,
                keep=own if person == request.user else None,
                by=cast("User", request.user),
                ends_offline=True,
            )
            for person in chosen
        )
        text = ngettext("%(count)s session was ended.", "%(count)s sessions were ended.", ended)
        self.message_user(request, text % {"count": ended}, messages.SUCCESS if ended else messages.INFO)
        return None


admin.site.unregister(Group)


@admin.register(Group)
class RoleAdmin(GroupAdmin):
    """Groups carry rights, so only those with all rights make or change them."""

    list_display = ("name",)
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return bool(request.user.is_superuser)

    @transaction.atomic
    def delete_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """Not while somebody has it or is to be asked by it. Until the end nobody else is given it."""
        group = self.get_object(request, unquote(object_id))
        if group is None or not self.has_delete_permission(request, group):
            return super().delete_view(request, object_id, *args, **kwargs)
        Group.objects.select_for_update().get(pk=group.pk)
        reasons = why_it_stays(group)
        if not reasons:
            return super().delete_view(request, object_id, *args, **kwargs)
        for reason in reasons:
            messages.error(request, _("“%(name)s” was not deleted: %(reason)s") % {"name": group, "reason": reason})
        return HttpResponseRedirect(reverse("admin:auth_group_change", args=[group.pk]))


def _who(request: HttpRequest) -> people.Who:
    return people.Who(by=cast("User", request.user), origin=origin(request), now=timezone.now())


def _tell_what_waits(request: HttpRequest, labels: list[str], *, is_all: bool) -> None:
    request.all_waits = bool(labels) and is_all  # type: ignore[attr-defined]
    if labels:
        names = formats.listed(labels)
        text = (
            _("Nothing was changed yet: it waits for approval. (%(names)s)")
            if is_all
            else _("Not changed yet, but waiting for approval: %(names)s. Everything else was saved.")
        )
        messages.warning(request, text % {"names": names})
