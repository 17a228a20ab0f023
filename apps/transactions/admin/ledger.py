"""Accounts and postings for staff: looked at. A posting is undone through the service, audited."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from apps.transactions import selectors
from apps.transactions.admin.amounts import shown
from apps.transactions.models import Account, Posting
from apps.transactions.services import reversing
from vortex.errors import Refusal
from vortex.ids import new_id
from vortex.staff import LookingAdmin, record

_MAY_REVERSE = {"administrator", "support_agent"}


@admin.register(Account)
class AccountAdmin(LookingAdmin):
    """Ledger accounts with their money."""

    list_display = ("id", "kind", "owner_id", "name", "booked", "held", "version", "state")
    list_filter = ("kind", "currency", "debits_frozen", "credits_frozen")
    search_fields = ("id__exact", "owner_id__exact")
    ordering = ("-id",)
    readonly_fields = ("latest_entries",)

    @admin.display(ordering="booked_minor")
    def booked(self, account: Account) -> str:
        """Return the booked balance with its currency."""
        return shown(account.booked_minor, account.currency)

    @admin.display(ordering="held_minor")
    def held(self, account: Account) -> str:
        """Return what is set aside."""
        return shown(account.held_minor, account.currency)

    @admin.display
    def state(self, account: Account) -> str:
        """Say what the account takes."""
        if account.closed_at is not None:
            return "closed"
        frozen = [
            side
            for side, is_frozen in (
                ("debits", account.debits_frozen),
                ("credits", account.credits_frozen),
            )
            if is_frozen
        ]
        return f"{' and '.join(frozen)} frozen" if frozen else "open"

    @admin.display
    def latest_entries(self, account: Account) -> SafeString:
        """Return the last fifty entries, newest first."""
        lines = selectors.entries_of_account(
            account_id=account.id, after_version=max(0, account.version - 50), limit=50
        )
        return format_html_join(
            "",
            "<div>{} · {} · {} → {} · {}</div>",
            (
                (
                    line["version"],
                    line["booked_at"].strftime("%Y-%m-%d %H:%M:%S"),
                    shown(line["amount_minor"], account.currency),
                    shown(line["balance_after_minor"], account.currency),
                    line["description"],
                )
                for line in reversed(lines)
            ),
        )


@admin.register(Posting)
class PostingAdmin(LookingAdmin):
    """Postings with their legs."""

    list_display = ("id", "booked_at", "kind", "description", "counterparty", "reverses_id")
    list_filter = ("kind", "booked_at")
    search_fields = ("id__exact", "reference", "description")
    ordering = ("-id",)
    exclude = ("content_hash",)
    readonly_fields = ("legs",)
    actions = ("reverse",)

    @admin.display
    def legs(self, posting: Posting) -> SafeString:
        """Return every leg with the balance after it."""
        return format_html_join(
            "",
            "<div>{} · {} → {}</div>",
            (
                (
                    entry.account_id,
                    shown(entry.amount_minor, entry.currency),
                    shown(entry.balance_after_minor, entry.currency),
                )
                for entry in selectors.entries_of_posting(posting_id=posting.id)
            ),
        )

    def has_reverse_permission(self, request: HttpRequest) -> bool:
        """Whether the action is offered: to those whose roles may reverse over the API too."""
        return not _MAY_REVERSE.isdisjoint(getattr(request.user, "roles", ()))

    @admin.action(description="Reverse", permissions=["reverse"])
    def reverse(self, request: HttpRequest, queryset: QuerySet[Posting]) -> None:
        """Undo the chosen postings, each by its mirror image."""
        for posting in queryset.order_by("pk"):
            try:
                posted = reversing.reverse(
                    posting_id=new_id(),
                    original_id=posting.id,
                    reason="Reversed by the bank",
                    actor_id=request.user.pk,
                )
            except Refusal as refusal:
                messages.error(request, f"{posting.id}: {refusal.detail}")
                continue
            record(request, posting, f"reversed by {posted.posting_id}")
            messages.success(request, f"{posting.id}: reversed by {posted.posting_id}")
