-- Accounts at other banks stand beside the bank's own: owned, without a floor, and closed whatever
-- their history adds up to. They are frozen for good; services/external.py says how imports pass.

alter table transactions_account drop constraint transactions_account_kind;
alter table transactions_account add constraint transactions_account_kind
  check (kind in ('customer', 'system', 'external'));
alter table transactions_account drop constraint transactions_account_closed_empty;
alter table transactions_account add constraint transactions_account_closed_empty
  check (closed_at is null or kind = 'external' or (booked_minor = 0 and held_minor = 0));
alter table transactions_account drop constraint transactions_account_limit;
alter table transactions_account add constraint transactions_account_limit
  check (kind <> 'customer' or booked_minor - held_minor >= -overdraft_minor);
