"""Administration of people and sessions: it looks, and what it changes goes through a service."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.auth.adapters.signing import ALGORITHMS
from apps.auth.domain.names import checked_label
from apps.auth.domain.oauth import GRANTABLE, checked_redirect_uri, meaning_of
from apps.auth.domain.phones import masked
from apps.auth.models import (
    EmailChange,
    FactorReset,
    Impersonation,
    OAuthClient,
    PhoneChange,
    RoleChange,
    Session,
    SigningKey,
    StaffAct,
    TextCode,
    User,
)
from apps.auth.selectors import phone_of
from apps.auth.services import factor_resets, sessions, staffing
from apps.auth.services.oauth import clients
from vortex.clock import now
from vortex.errors import Refusal
from vortex.staff import LookingAdmin, record

# What is on record of an act that was chosen from a list.
_REASON = "Chosen in the administration."


class DecidingAdmin(LookingAdmin):
    """Shows rows, and offers its actions to administrators."""

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Whether the actions of a page are offered."""
        return bool(getattr(request.user, "is_superuser", False))


@admin.register(User)
class UserAdmin(DecidingAdmin):
    """People."""

    list_display = ("email", "full_name", "roles", "is_active", "created_at")
    list_filter = ("is_active", "created_at")
    search_fields = ("email", "full_name")
    fields = (
        *(
            "id",
            "email",
            "full_name",
            "telephone",
            "roles",
            "is_active",
            "created_at",
            "last_login",
        ),
    )
    ordering = ("-created_at",)
    actions = ("deactivate", "reactivate")

    @admin.display(description="telephone")
    def telephone(self, user: User) -> str:
        """Return the last digits of the number that the person has proved."""
        phone = phone_of(user_id=user.pk)
        return masked(phone.number) if phone else ""

    @admin.action(
        description="Deactivate: sign out everywhere, no signing in", permissions=["decide"]
    )
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Deactivate the chosen people, except whoever is asking."""
        self._each(request, queryset, staffing.suspend, "deactivated")

    @admin.action(description="Reactivate: may sign in again", permissions=["decide"])
    def reactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Let the chosen people sign in again."""
        self._each(request, queryset, staffing.reactivate, "reactivated")

    def _each(
        self, request: HttpRequest, queryset: QuerySet[User], act: Callable[..., User], said: str
    ) -> None:
        for user in queryset:
            try:
                act(
                    user_id=user.pk,
                    staff_id=UUID(str(request.user.pk)),
                    reason=_REASON,
                    now=now(),
                )
            except Refusal as refusal:
                messages.error(request, f"{user}: {refusal.detail}")
                continue
            record(request, user, said)


@admin.register(Session)
class SessionAdmin(DecidingAdmin):
    """Sessions."""

    list_display = ("user", "user_agent", "network", "created_at", "last_seen_at", "revoked_reason")
    list_select_related = ("user",)
    list_filter = ("revoked_reason", "created_at")
    search_fields = ("user__email",)
    ordering = ("-created_at",)
    actions = ("revoke",)

    @admin.action(description="Revoke: tokens dead, sockets closed", permissions=["decide"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Session]) -> None:
        """End the chosen sessions."""
        for session in queryset:
            sessions.revoke_session(session_id=session.pk, reason="revoked_by_staff", now=now())
            record(request, session, "revoked")


@admin.register(StaffAct)
class StaffActAdmin(LookingAdmin):
    """What staff did to people, and why."""

    list_display = ("done_at", "act", "staff", "user", "reason")
    list_select_related = ("staff", "user")
    ordering = ("-done_at",)


@admin.register(EmailChange)
class EmailChangeAdmin(LookingAdmin):
    """Addresses as they changed, and which were taken back."""

    list_display = ("changed_at", "user", "former", "email", "undone_at")
    list_select_related = ("user",)
    search_fields = ("former", "email")
    ordering = ("-changed_at",)


@admin.register(PhoneChange)
class PhoneChangeAdmin(LookingAdmin):
    """Telephone numbers as they changed, by their last digits."""

    list_display = fields = ("changed_at", "user", "from_number", "to_number")
    list_select_related = ("user",)
    ordering = ("-changed_at",)

    @admin.display(description="former")
    def from_number(self, change: PhoneChange) -> str:
        """Return the last digits of the former number."""
        return masked(change.former)

    @admin.display(description="number")
    def to_number(self, change: PhoneChange) -> str:
        """Return the last digits of the number since then."""
        return masked(change.number)


@admin.register(TextCode)
class TextCodeAdmin(LookingAdmin):
    """Codes by SMS, and how far their sending is; neither a code nor a whole number."""

    list_display = fields = (
        *("created_at", "user", "to_number", "purpose", "state", "attempts", "problem"),
    )
    list_select_related = ("user",)
    list_filter = ("purpose", "state")
    ordering = ("-created_at",)

    @admin.display(description="number")
    def to_number(self, text: TextCode) -> str:
        """Return the last digits of the number."""
        return masked(text.number)


@admin.register(RoleChange)
class RoleChangeAdmin(LookingAdmin):
    """Roles as they changed, and who changed them."""

    list_display = ("changed_at", "user", "changed_by", "roles_before", "roles_after")
    list_select_related = ("user", "changed_by")
    ordering = ("-changed_at",)


@admin.register(Impersonation)
class ImpersonationAdmin(LookingAdmin):
    """Staff who looked at people's things, with their consent."""

    list_display = ("requested_at", "staff", "user", "state", "until_at", "reason")
    list_select_related = ("staff", "user")
    ordering = ("-requested_at",)


@admin.register(FactorReset)
class FactorResetAdmin(LookingAdmin):
    """Resets of lost factors: asked for over the API, decided here or there by another one."""

    list_display = ("requested_at", "user", "requested_by", "proof", "state", "decided_by")
    list_select_related = ("user", "requested_by", "decided_by")
    ordering = ("-requested_at",)
    actions = ("approve", "reject")

    @admin.action(description="Approve: factors and sessions are over")
    def approve(self, request: HttpRequest, queryset: QuerySet[FactorReset]) -> None:
        """Approve what others have asked for."""
        self._decide(request, queryset, approved=True)

    @admin.action(description="Reject")
    def reject(self, request: HttpRequest, queryset: QuerySet[FactorReset]) -> None:
        """Reject what others have asked for."""
        self._decide(request, queryset, approved=False)

    def _decide(
        self, request: HttpRequest, queryset: QuerySet[FactorReset], *, approved: bool
    ) -> None:
        for reset in queryset:
            try:
                factor_resets.decide(
                    reset_id=reset.pk,
                    staff_id=UUID(str(request.user.pk)),
                    approved=approved,
                    now=now(),
                )
            except Refusal as refusal:
                messages.error(request, f"{reset.user}: {refusal.detail}")
                continue
            record(request, reset, "approved" if approved else "rejected")


@admin.register(SigningKey)
class SigningKeyAdmin(LookingAdmin):
    """Signing keys, their public halves; `manage.py rotate_keys` replaces them."""

    list_display = ("kid", "algorithm", "state", "created_at", "retires_at")
    list_filter = ("state",)
    fields = ("kid", "state", "public_jwk", "created_at", "retires_at")
    ordering = ("-created_at",)


_SAID_OF_PROGRAMS = ("name", "homepage", "redirect_uris", "scopes", "id_token_alg", "must_push")


class ProgramForm(forms.ModelForm):  # type: ignore[type-arg]
    """What staff say of a program when they register it."""

    redirect_uris = forms.CharField(
        label="Called back at", widget=forms.Textarea, help_text="One address a line, in full."
    )
    scopes = forms.MultipleChoiceField(
        choices=[(scope, f"{scope}: {meaning_of(scope)}") for scope in GRANTABLE],
        widget=forms.CheckboxSelectMultiple,
    )
    keeps_a_secret = forms.BooleanField(
        required=False, initial=True, help_text="A program on a server; not one on a phone."
    )

    id_token_alg = forms.ChoiceField(
        label="Id tokens signed by",
        choices=[(name, name) for name in reversed(ALGORITHMS)],
        help_text="RS256 unless the program's library knows EdDSA.",
    )

    class Meta:
        model = OAuthClient
        fields = _SAID_OF_PROGRAMS

    def clean_redirect_uris(self) -> list[str]:
        """Return the addresses, or say which is not clear."""
        lines = [line.strip() for line in self.cleaned_data["redirect_uris"].splitlines()]
        return [_or_complaint(checked_redirect_uri, line) for line in lines if line]

    def clean_name(self) -> str:
        """Return the name, or say what is wrong with it."""
        return _or_complaint(checked_label, self.cleaned_data["name"])

    def clean_homepage(self) -> str:
        """Return the address of the program's own pages, if it has any."""
        homepage = self.cleaned_data["homepage"]
        return _or_complaint(checked_redirect_uri, homepage) if homepage else ""


@admin.register(OAuthClient)
class OAuthClientAdmin(DecidingAdmin):
    """Programs of others: registered here, their secret shown once."""

    form = ProgramForm
    list_display = ("name", "id", "is_active", "is_confidential", "created_at")
    ordering = ("-created_at",)
    actions = ("replace_secret", "suspend", "resume")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Administrators register programs."""
        del obj
        return self.has_decide_permission(request)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return what is typed for a new program, and what is shown of a known one."""
        del request
        if obj is None:
            return (*_SAID_OF_PROGRAMS, "keeps_a_secret")
        return ("id", *_SAID_OF_PROGRAMS, "is_active", "created_by")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's own signature
        """Register the program by the service, and show its secret this once."""
        del change
        told = form.cleaned_data
        made, secret = clients.register(
            name=told["name"],
            homepage=told["homepage"],
            redirect_uris=tuple(told["redirect_uris"]),
            scopes=tuple(told["scopes"]),
            confidential=told["keeps_a_secret"],
            now=now(),
            created_by=request.user.pk,
            id_token_alg=told["id_token_alg"],
            must_push=told["must_push"],
        )
        obj.pk, obj.created_at = made.pk, made.created_at
        if secret:
            messages.warning(request, f"The secret, shown this once: {secret}")

    @admin.action(description="Replace the secret; it is shown once", permissions=["decide"])
    def replace_secret(self, request: HttpRequest, queryset: QuerySet[OAuthClient]) -> None:
        """Give the chosen programs another secret."""
        for client in queryset:
            try:
                secret = clients.replace_secret(client_id=client.pk)
            except clients.NoSecretKept as refusal:
                messages.error(request, f"{client.name}: {refusal.detail}")
                continue
            record(request, client, "secret replaced")
            messages.warning(request, f"The secret of {client.name}, shown this once: {secret}")

    @admin.action(description="Suspend: may do nothing for anybody", permissions=["decide"])
    def suspend(self, request: HttpRequest, queryset: QuerySet[OAuthClient]) -> None:
        """End what the chosen programs may do."""
        for client in queryset:
            clients.suspend(client_id=client.pk, now=now())
            record(request, client, "suspended")

    @admin.action(description="Resume: may be let in again", permissions=["decide"])
    def resume(self, request: HttpRequest, queryset: QuerySet[OAuthClient]) -> None:
        """Let people let the chosen programs in again."""
        for client in queryset:
            clients.resume(client_id=client.pk)
            record(request, client, "resumed")


def _or_complaint(rule: Callable[[str], str], text: str) -> str:
    try:
        return rule(text)
    except Refusal as refusal:
        raise forms.ValidationError(refusal.detail) from refusal
