"""Transactions under review, for the staff who decide about them: a queue, and a page for each."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from apps.transactions import selectors
from apps.transactions.admin.amounts import shown
from apps.transactions.contracts import ReviewState
from apps.transactions.domain.gate import MAY_DECIDE, MAY_READ
from apps.transactions.models import Account, Hold, Review
from apps.transactions.services import reviewing
from vortex.clock import now
from vortex.errors import Refusal
from vortex.staff import Line, LookingAdmin, Panel, panel, record

# What the rules and the judges say, for people; a code that is not here is shown as it is.
_REASONS: Final = {
    "denied_account": "The payee's account is on the list of denied accounts",
    "large_amount": "A large amount",
    "many_payments": "Many payments within an hour",
    "much_to_new_payees": "Much to new payees within a day",
    "new_payee": "A payee who was never paid before",
    "too_many_payments": "Too many payments within an hour",
}
_PANEL_LINES: Final = 5


class DecisionForm(forms.Form):
    """Why a transaction is allowed or denied; the payer does not see it."""

    words = forms.CharField(
        max_length=500,
        label="Reason",
        help_text="For the staff and auditors; the payer does not see it.",
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
    )
    fraud = forms.BooleanField(
        required=False,
        label="It is fraud",
        help_text="With a denial: other parts of the bank hear so.",
    )
    verdict = forms.ChoiceField(choices=[("allow", "Allow"), ("deny", "Deny")], label="Decision")

    def clean_verdict(self) -> str:
        """Return the decision; what is fraud is denied."""
        verdict = str(self.cleaned_data["verdict"])
        if verdict == "allow" and self.cleaned_data.get("fraud"):
            raise forms.ValidationError("What is fraud is denied.")
        return verdict


class StateFilter(admin.SimpleListFilter):
    """Which transactions are listed: the queue, where nothing else is chosen."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer every state; the queue is what is shown without a choice."""
        del request, model_admin
        decided = [(one.value, one.value) for one in ReviewState if one is not ReviewState.OPEN]
        return [*decided, ("all", "all")]

    def choices(self, changelist: Any) -> Any:
        """Call what is shown without a choice by its name."""
        for place, choice in enumerate(super().choices(changelist)):
            yield choice if place else {**choice, "display": "waiting"}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Review]) -> QuerySet[Review]:
        """Return what is in the chosen state."""
        del request
        if self.value() == "all":
            return queryset
        return queryset.filter(state=self.value() or ReviewState.OPEN.value)


@admin.register(Review)
class ReviewAdmin(LookingAdmin):
    """Transactions that were held back or denied, what waits longest first."""

    list_display = ("waiting", "amount", "payer", "payee", "why", "standing")
    list_filter = (StateFilter,)
    search_fields = ("id__exact", "account_id__exact", "target_account_id__exact")
    ordering = ("asked_at", "id")
    fields = (
        *("id", "amount", "payer", "payee", "description", "why", "asked_at", "waiting"),
        *("standing", "held_until", "user_id", "account_id", "target_account_id"),
        *("first_approved_by", "decided_by", "decided_at", "words"),
    )
    readonly_fields = fields
    change_form_template = "transactions/review.html"

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether somebody sees what stood out: those who may over the API too."""
        del obj
        return _has_role(request, MAY_READ)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the queue is offered on the first page."""
        return _has_role(request, MAY_READ)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Review]:
        """Return reviews with what the two accounts are called."""
        name = {"payer": "account_id", "payee": "target_account_id"}
        names = {
            f"{side}_name": Subquery(Account.objects.filter(pk=OuterRef(column)).values("name")[:1])
            for side, column in name.items()
        }
        found: QuerySet[Review] = super().get_queryset(request)
        return found.annotate(**names)

    @admin.display(description="Waits for", ordering="asked_at")
    def waiting(self, review: Review) -> str:
        """Return how long it has waited, or did."""
        return age_of(review.asked_at, review.decided_at or now())

    @admin.display(ordering="amount_minor")
    def amount(self, review: Review) -> str:
        """Return what is to move."""
        return shown(review.amount_minor, review.currency)

    @admin.display
    def payer(self, review: Review) -> str:
        """Return what the account is called that pays."""
        return getattr(review, "payer_name", None) or str(review.account_id)

    @admin.display
    def payee(self, review: Review) -> str:
        """Return what the account is called that is paid."""
        return getattr(review, "payee_name", None) or str(review.target_account_id)

    @admin.display(description="Reasons")
    def why(self, review: Review) -> str:
        """Return what stood out, in words."""
        return "; ".join(_REASONS.get(reason, reason) for reason in review.reasons)

    @admin.display(description="State", ordering="state")
    def standing(self, review: Review) -> str:
        """Say where it stands, and whether it waits for a second approval."""
        if review.state != ReviewState.OPEN or not reviewing.needs_two(review):
            return review.state
        return "open, approved by one of two" if review.first_approved_by else "open, needs two"

    @admin.display(description="Lapses at")
    def held_until(self, review: Review) -> datetime | None:
        """Return when the money is free again if nobody decides."""
        hold = Hold.objects.filter(pk=review.pk).first()
        return hold.expires_at if hold and review.state == ReviewState.OPEN else None

    def get_urls(self) -> list[URLPattern]:
        """Return the pages, and the address that a decision is sent to."""
        address = path(
            "<uuid:review_id>/decide/",
            self.admin_site.admin_view(self.decide),
            name="transactions_review_decide",
        )
        return [address, *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **more: Any
    ) -> Any:
        """Show the form beside what is to be decided, to whoever may decide it."""
        review: Review | None = more.get("obj")
        is_open = review is not None and review.state == ReviewState.OPEN
        if review is not None and is_open and _has_role(request, MAY_DECIDE):
            context["decision"] = DecisionForm(label_suffix="")
            context["needs_two"] = reviewing.needs_two(review)
            context["is_first"] = str(review.first_approved_by) == str(request.user.pk)
        return super().render_change_form(request, context, *args, **more)

    @method_decorator(require_POST)
    def decide(self, request: HttpRequest, review_id: UUID) -> HttpResponse:
        """Allow or deny one transaction, with a reason."""
        if not _has_role(request, MAY_DECIDE):
            raise PermissionDenied
        if not Review.objects.filter(pk=review_id).exists():
            raise Http404
        form = DecisionForm(request.POST)
        if not form.is_valid():
            for name, errors in form.errors.items():
                messages.error(request, f"{form.fields[name].label}: {' '.join(map(str, errors))}")
            return HttpResponseRedirect(_page_of(review_id))
        try:
            done = _decision(form, review_id, UUID(str(request.user.pk)))()
        except Refusal as refusal:
            messages.error(request, f"{refusal.title}: {refusal.detail}")
            return HttpResponseRedirect(_page_of(review_id))
        said = _said(done, form)
        record(request, done, f"{said}: {form.cleaned_data['words']}")
        messages.success(request, f"{shown(done.amount_minor, done.currency)}: {said}")
        return HttpResponseRedirect(reverse("admin:transactions_review_changelist"))


@panel(5, "Payments under review")
def reviews_panel() -> Panel:
    """List the payments that wait longest for the staff, and how many there are."""
    waiting = selectors.reviews(state=ReviewState.OPEN.value, after=None, limit=_PANEL_LINES)
    return Panel(
        title="Payments under review",
        columns=("amount", "waits for", "reasons"),
        lines=tuple(
            Line(
                (
                    shown(one.amount_minor, one.currency),
                    age_of(one.asked_at, now()),
                    "; ".join(_REASONS.get(reason, reason) for reason in one.reasons),
                ),
                "warn",
            )
            for one in waiting
        ),
        empty="No payment waits for a decision.",
        link="admin:transactions_review_changelist",
    )


def age_of(began_at: datetime, at: datetime) -> str:
    """Return how long something has lasted, in its two largest units."""
    minutes = max(0, int((at - began_at).total_seconds()) // 60)
    days, hours = divmod(minutes // 60, 24)
    return f"{days} d {hours} h" if days else f"{hours} h {minutes % 60} min"


def _decision(form: DecisionForm, review_id: UUID, staff_id: UUID) -> Callable[[], Review]:
    words = form.cleaned_data["words"]
    if form.cleaned_data["verdict"] == "allow":
        act: Any = reviewing.approve
    else:
        act = partial(reviewing.reject, is_fraud=form.cleaned_data["fraud"])
    return partial(act, transaction_id=review_id, staff_id=staff_id, words=words, at=now())


def _said(review: Review, form: DecisionForm) -> str:
    if review.state == ReviewState.OPEN:
        return "approved by one, waits for somebody else"
    return f"{review.state} as fraud" if form.cleaned_data["fraud"] else review.state


def _page_of(review_id: UUID) -> str:
    return reverse("admin:transactions_review_change", args=[review_id])


def _has_role(request: HttpRequest, roles: tuple[str, ...]) -> bool:
    user = request.user
    if isinstance(user, AnonymousUser) or not user.is_active:
        return False
    return not set(roles).isdisjoint(getattr(user, "roles", ()))
