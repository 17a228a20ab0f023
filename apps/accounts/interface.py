"""What accounts serves to other contexts: each operation decodes, calls one service and encodes."""

from datetime import datetime
from uuid import UUID

from apps.accounts import selectors
from apps.accounts.contracts import (
    Accounts,
    AccountView,
    CardPaymentState,
    CardPaymentView,
    Cards,
    Product,
)
from apps.accounts.domain.terms import Terms
from apps.accounts.models import Account, CardPayment
from apps.accounts.services import card_payments, opening
from vortex.contracts import serves


@serves(Accounts)
class ServedAccounts(Accounts):
    """Accounts and their holders, from this context's own tables."""

    def open_account(
        self,
        *,
        account_id: UUID,
        owner_id: UUID,
        product: Product,
        currency: str,
        nickname: str,
        overdraft_minor: int,
        opened_at: datetime,
    ) -> AccountView:
        """Open an account here and in the ledger."""
        terms = Terms(owner_id, product, currency, overdraft_minor)
        opened = opening.open_account(
            account_id=account_id, terms=terms, nickname=nickname, opened_at=opened_at
        )
        return _view_of(opened)

    def account(self, *, account_id: UUID) -> AccountView:
        """Return an account, whoever holds it."""
        return _view_of(selectors.account(account_id=account_id))

    def accounts_of(self, *, owner_id: UUID) -> tuple[AccountView, ...]:
        """Return every account that a person holds, oldest first."""
        held = selectors.accounts_of_owner(owner_id=owner_id).order_by("opened_at", "pk")
        return tuple(map(_view_of, held))

    def resolve(self, *, iban: str) -> AccountView:
        """Return the account that an IBAN names."""
        return _view_of(selectors.account_by_iban(iban=iban))


@serves(Cards)
class ServedCards(Cards):
    """Payments by virtual card."""

    def authorise(
        self,
        *,
        payment_id: UUID,
        card_id: UUID,
        amount_minor: int,
        currency: str,
        merchant: str,
        asked_at: datetime,
    ) -> CardPaymentView:
        """Set money aside for a merchant."""
        return _payment_view_of(
            card_payments.authorise(
                payment_id=payment_id,
                card_id=card_id,
                amount_minor=amount_minor,
                currency=currency,
                merchant=merchant,
                asked_at=asked_at,
            )
        )

    def capture(self, *, payment_id: UUID, amount_minor: int) -> CardPaymentView:
        """Pay what was set aside, or a part."""
        return _payment_view_of(
            card_payments.capture(payment_id=payment_id, amount_minor=amount_minor)
        )

    def release(self, *, payment_id: UUID) -> CardPaymentView:
        """Set free what was set aside."""
        return _payment_view_of(card_payments.release(payment_id=payment_id))


def _payment_view_of(payment: CardPayment) -> CardPaymentView:
    return CardPaymentView(
        payment_id=payment.pk,
        card_id=payment.card_id,
        account_id=payment.account_id,
        amount_minor=payment.amount_minor,
        captured_minor=payment.captured_minor,
        currency=payment.currency,
        merchant=payment.merchant,
        state=CardPaymentState(payment.state),
    )


def _view_of(account: Account) -> AccountView:
    return AccountView(
        account_id=account.pk,
        owner_id=account.owner_id,
        product=Product(account.product),
        currency=account.currency,
        iban=account.iban,
        nickname=account.nickname,
        status=account.status,
        opened_at=account.opened_at,
    )
