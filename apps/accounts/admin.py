"""Administration of accounts: it looks; freezing and thawing go through the service, audited."""

from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.accounts.domain.standing import BANK_ROLES, Change, Party
from apps.accounts.models import Account, BankOrder, IssuerEvent, Statement
from apps.accounts.services import standing
from vortex.clock import now
from vortex.errors import Refusal
from vortex.staff import LookingAdmin, record


@admin.register(Account)
class AccountAdmin(LookingAdmin):
    """Who holds which account; the money is the ledger's."""

    list_display = ("iban", "owner_id", "product", "currency", "standing", "opened_at")
    list_filter = ("standing", "product", "currency")
    search_fields = ("iban", "owner_id")
    ordering = ("-opened_at",)
    actions = ("freeze", "unfreeze")

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
                asked = standing.Asked(
                    change=change, party=Party.BANK, actor_id=UUID(str(request.user.pk))
                )
                standing.change_as_asked(account_id=account.pk, asked=asked, asked_at=now())
            except Refusal as refusal:
                messages.error(request, f"{account.iban}: {refusal.detail}")
                continue
            record(request, account, change.value)
            messages.success(request, f"{account.iban}: {change.value} done")


@admin.register(BankOrder)
class BankOrderAdmin(LookingAdmin):
    """Who at the bank ordered what of an account's standing, and why."""

    list_display = ("account_id", "change", "direction", "reason", "actor_id", "ordered_at")
    list_filter = ("change", "reason")
    search_fields = ("account_id__exact", "actor_id__exact")
    ordering = ("-ordered_at", "-id")


@admin.register(IssuerEvent)
class IssuerEventAdmin(LookingAdmin):
    """What the issuer of cards said, and what was made of it."""

    list_display = ("id", "kind", "subject", "state", "outcome", "received_at")
    list_filter = ("state", "kind")
    search_fields = ("id__exact", "subject__exact")
    ordering = ("-received_at", "-id")


@admin.register(Statement)
class StatementAdmin(LookingAdmin):
    """Which statements were issued; what they say is the customer's."""

    list_display = ("account_id", "number", "first_date", "entries", "currency", "issued_at")
    list_filter = ("first_date", "currency")
    search_fields = ("account_id__exact",)
    ordering = ("-issued_at", "-id")
    exclude = ("document", "document_sha256")
