"""Auth and accounts as imports see them: kept in memory, while the ledger behind them is real."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from apps.accounts.contracts import (
    AccountNotFound,
    Accounts,
    AccountStatus,
    AccountView,
    Product,
)
from apps.auth.contracts import UserNotFound, Users, UserView
from apps.transactions.contracts import Ledger, LedgerAccountKind
from vortex.binding import bind


@dataclass
class MemoryUsers(Users):
    """Users by id."""

    known: dict[UUID, UserView] = field(default_factory=dict)

    def register(
        self,
        *,
        user_id: UUID,
        email: str,
        full_name: str,
        password: str | None,
        roles: tuple[str, ...],
        created_at: datetime,
    ) -> UserView:
        asked = UserView(
            user_id=user_id,
            email=email,
            full_name=full_name,
            roles=roles,
            is_active=True,
            created_at=created_at,
        )
        assert password is None, "an imported customer has no password"
        return self.known.setdefault(user_id, asked)

    def user(self, *, user_id: UUID) -> UserView:
        if user_id not in self.known:
            raise UserNotFound
        return self.known[user_id]

    def by_email(self, *, email: str) -> UserView:
        raise UserNotFound


@dataclass
class MemoryAccounts(Accounts):
    """Accounts by id, each opened in the ledger too. The IBAN is made of the id."""

    known: dict[UUID, AccountView] = field(default_factory=dict)

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
        bind(Ledger).open_account(
            account_id=account_id,
            owner_id=owner_id,
            currency=currency,
            kind=LedgerAccountKind.CUSTOMER,
            name=nickname,
            overdraft_minor=overdraft_minor,
            opened_at=opened_at,
        )
        asked = AccountView(
            account_id=account_id,
            owner_id=owner_id,
            product=product,
            currency=currency,
            iban=f"DE00{account_id.hex[-18:]}".upper(),
            nickname=nickname,
            status=AccountStatus.ACTIVE,
            opened_at=opened_at,
        )
        return self.known.setdefault(account_id, asked)

    def account(self, *, account_id: UUID) -> AccountView:
        if account_id not in self.known:
            raise AccountNotFound
        return self.known[account_id]

    def accounts_of(self, *, owner_id: UUID) -> tuple[AccountView, ...]:
        return tuple(known for known in self.known.values() if known.owner_id == owner_id)

    def resolve(self, *, iban: str) -> AccountView:
        for known in self.known.values():
            if known.iban == iban.replace(" ", "").upper():
                return known
        raise AccountNotFound
