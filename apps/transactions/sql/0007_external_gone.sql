alter table transactions_account drop constraint transactions_account_kind;
alter table transactions_account add constraint transactions_account_kind
  check (kind in ('customer', 'system'));
alter table transactions_account drop constraint transactions_account_closed_empty;
alter table transactions_account add constraint transactions_account_closed_empty
  check (closed_at is null or (booked_minor = 0 and held_minor = 0));
alter table transactions_account drop constraint transactions_account_limit;
alter table transactions_account add constraint transactions_account_limit
  check (kind = 'system' or booked_minor - held_minor >= -overdraft_minor);
