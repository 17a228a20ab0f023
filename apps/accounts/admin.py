"""Administration of accounts: it looks; freezing and thawing go through the service, audited."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.accounts import services
from apps.accounts.domain.standing import BANK_ROLES, Change, Party
from apps.accounts.models import Account
from vortex.clock import now
from vortex.errors import Refusal


@admin.register(Account)
class AccountAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Who holds which account; the money is the ledger's."""

    list_display = ("iban", "owner_id", "product", "currency", "standing", "opened_at")
    list_filter = ("standing", "product", "currency")
    search_fields = ("iban", "owner_id")
    ordering = ("-opened_at",)
    show_full_result_count = False
    actions = ("freeze", "unfreeze")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds: an account is opened through the contract."""
        del request
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody edits."""
        del request, obj
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody removes: an account is closed, and stays."""
        del request, obj
        return False

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Whether the actions are offered: to those whose roles may freeze over the API too."""
        return not set(BANK_ROLES).isdisjoint(getattr(request.user, "roles", ()))

    @admin.action(description="Freeze: no debits, no credits", permissions=["decide"])
    def freeze(self, request: HttpRequest, queryset: QuerySet[Account]) -> None:
        """Freeze the chosen accounts on the bank's behalf."""
        self._decide(request, queryset, Change.FREEZE)

    @admin.action(description="Unfreeze", permissions=["decide"])
    def unfreeze(self, request: HttpRequest, queryset: QuerySet[Account]) -> None:
        """Thaw the chosen accounts, whoever froze them."""
        self._decide(request, queryset, Change.UNFREEZE)

    def _decide(self, request: HttpRequest, rows: QuerySet[Account], change: Change) -> None:
        for account in rows.order_by("pk"):
            try:
                services.change_standing(
                    account_id=account.pk, change=change, party=Party.BANK, asked_at=now()
                )
            except Refusal as refusal:
                messages.error(request, f"{account.iban}: {refusal.detail}")
                continue
            LogEntry.objects.log_actions(
                user_id=str(request.user.pk),
                queryset=[account],
                action_flag=CHANGE,
                change_message=change.value,
                single_object=True,
            )
            messages.success(request, f"{account.iban}: {change.value} done")
