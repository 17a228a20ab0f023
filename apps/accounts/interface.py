"""What accounts serves to other contexts: each operation decodes, calls one service and encodes."""

from datetime import datetime
from uuid import UUID

from apps.accounts import selectors
from apps.accounts.contracts import (
    Accounts,
    AccountView,
    Arrangement,
    Arranging,
    CardPaymentState,
    CardPaymentView,
    Cards,
    FreezeDirection,
    FreezeReason,
    FreezeView,
    Freezing,
    Product,
    Spending,
)
from apps.accounts.domain.iban import canonical, masked
from apps.accounts.domain.standing import Change
from apps.accounts.domain.terms import Terms
from apps.accounts.models import Account, CardPayment
from apps.accounts.selectors.aliases import account_by_alias
from apps.accounts.selectors.members import account_seen_by, holders
from apps.accounts.services import arranging, card_payments, freezing, opening, spending
from apps.accounts.services.ordering import Order
from apps.transactions.contracts import Channel, Held, Hold, Posted, Posting
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
        minimum_minor: int = 0,
    ) -> AccountView:
        """Open an account here and in the ledger."""
        terms = Terms(owner_id, product, currency, overdraft_minor, minimum_minor)
        opened = opening.open_account(
            account_id=account_id, terms=terms, nickname=nickname, opened_at=opened_at
        )
        return _view_of(opened)

    def account(self, *, account_id: UUID) -> AccountView:
        """Return an account, whoever holds it."""
        return _view_of(selectors.account(account_id=account_id))

    def get_account(self, *, account_id: UUID, actor_id: UUID) -> AccountView:
        """Return an account of somebody's own or one they share."""
        return _view_of(account_seen_by(account_id=account_id, user_id=actor_id))

    def owners(self, *, account_id: UUID) -> tuple[UUID, ...]:
        """Return who holds an account."""
        return holders(account_id=account_id)

    def primary_of(self, *, owner_id: UUID) -> AccountView:
        """Return the account that a person is paid to."""
        return _view_of(selectors.primary_account(owner_id=owner_id))

    def mask(self, *, iban: str) -> str:
        """Return an IBAN masked."""
        return masked(canonical(iban))

    def resolve_alias(self, *, alias: str) -> AccountView:
        """Return the account that an alias names."""
        return _view_of(account_by_alias(alias=alias))

    def accounts_of(self, *, owner_id: UUID) -> tuple[AccountView, ...]:
        """Return every account that a person holds, oldest first."""
        held = selectors.accounts_of_owner(owner_id=owner_id).order_by("opened_at", "pk")
        return tuple(map(_view_of, held))

    def resolve(self, *, iban: str) -> AccountView:
        """Return the account that an IBAN names."""
        return _view_of(selectors.account_by_iban(iban=iban))


@serves(Arranging)
class ServedArranging(Arranging):
    """What customers bring along from a former bank."""

    def arrange(
        self,
        *,
        arrangement_id: UUID,
        account_id: UUID,
        arrangement: Arrangement,
        arranged_at: datetime,
    ) -> None:
        """Put in place what of it is not there yet."""
        arranging.arrange(
            arrangement_id=arrangement_id,
            account_id=account_id,
            arrangement=arrangement,
            arranged_at=arranged_at,
        )


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


@serves(Freezing)
class ServedFreezing(Freezing):
    """Stopping an account on the bank's behalf."""

    def freeze(
        self,
        *,
        freeze_id: UUID,
        account_id: UUID,
        direction: FreezeDirection,
        reason: FreezeReason,
        actor_id: UUID,
        ordered_at: datetime,
    ) -> FreezeView:
        """Freeze a side of an account, once per order."""
        order = Order(freeze_id, account_id, Change.FREEZE, direction, reason, actor_id)
        account = freezing.freeze(order=order, ordered_at=ordered_at)
        frozen = FreezeDirection(account.frozen) if account.frozen else None
        return FreezeView(freeze_id=freeze_id, account_id=account_id, frozen=frozen)


@serves(Spending)
class ServedSpending(Spending):
    """What may be spent and received, and money reserved within limits."""

    def assert_can_debit(
        self,
        *,
        account_id: UUID,
        actor_id: UUID,
        amount_minor: int,
        currency: str,
        channel: Channel = Channel.TRANSFER,
    ) -> None:
        """Refuse what a debit would be refused with now."""
        asked = spending.Debit(account_id, actor_id, amount_minor, currency, channel)
        spending.assert_can_debit(asked)

    def assert_can_credit(self, *, account_id: UUID, amount_minor: int, currency: str) -> None:
        """Refuse what a credit would be refused with now."""
        spending.assert_can_credit(
            account_id=account_id, amount_minor=amount_minor, currency=currency
        )

    def reserve(
        self,
        *,
        reservation_id: UUID,
        account_id: UUID,
        actor_id: UUID,
        amount_minor: int,
        currency: str,
        target_account_id: UUID | None,
        description: str,
        expires_at: datetime,
    ) -> Held:
        """Set money aside within the limits."""
        return spending.reserve(
            Hold(
                hold_id=reservation_id,
                account_id=account_id,
                amount_minor=amount_minor,
                currency=currency,
                expires_at=expires_at,
                target_account_id=target_account_id,
                description=description,
                actor_id=actor_id,
            ),
            actor_id=actor_id,
        )

    def confirm(self, *, reservation_id: UUID, posting: Posting) -> Posted:
        """Make the posting out of what was reserved."""
        return spending.confirm(reservation_id=reservation_id, posting=posting)

    def release(self, *, reservation_id: UUID) -> Held:
        """Let go what was reserved."""
        return spending.release(reservation_id=reservation_id)


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
        minimum_minor=account.minimum_minor,
        is_primary=account.is_primary,
    )
