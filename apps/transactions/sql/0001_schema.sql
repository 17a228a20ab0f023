-- The ledger's tables and the laws that PostgreSQL itself keeps over them.

create table transactions_account (
  id uuid not null,
  owner_id uuid,
  currency text not null,
  kind text not null,
  name text not null,
  overdraft_minor bigint not null default 0,
  booked_minor bigint not null default 0,
  held_minor bigint not null default 0,
  version bigint not null default 0,
  debits_frozen boolean not null default false,
  credits_frozen boolean not null default false,
  opened_at timestamptz not null,
  closed_at timestamptz,
  constraint transactions_account_pkey primary key (id),
  constraint transactions_account_kind check (kind in ('customer', 'system')),
  constraint transactions_account_owned check ((owner_id is null) = (kind = 'system')),
  constraint transactions_account_overdraft check (overdraft_minor >= 0),
  constraint transactions_account_held check (held_minor >= 0),
  constraint transactions_account_closed_empty
    check (closed_at is null or (booked_minor = 0 and held_minor = 0)),
  constraint transactions_account_limit
    check (kind = 'system' or booked_minor - held_minor >= -overdraft_minor)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
create index transactions_account_owner on transactions_account (owner_id)
  where owner_id is not null;

create table transactions_posting (
  id uuid not null,
  content_hash bytea not null,
  kind text not null,
  description text not null,
  category text not null,
  counterparty text not null,
  reference text not null,
  booked_at timestamptz not null,
  effective_date date not null,
  actor_id uuid,
  reverses_id uuid,
  constraint transactions_posting_pkey primary key (id)
);

create table transactions_reversal (
  original_id uuid not null,
  posting_id uuid not null,
  constraint transactions_reversal_pkey primary key (original_id),
  constraint transactions_reversal_posting unique (posting_id)
);

-- A statement reads an account's entries by version; a list reads them by booking time.
create table transactions_entry (
  account_id uuid not null,
  version bigint not null,
  posting_id uuid not null,
  amount_minor bigint not null,
  currency text not null,
  balance_after_minor bigint not null,
  booked_at timestamptz not null,
  constraint transactions_entry_pkey primary key (account_id, version),
  constraint transactions_entry_amount check (amount_minor <> 0)
);
create index transactions_entry_posting on transactions_entry (posting_id);
create index transactions_entry_listed on transactions_entry (account_id, booked_at, posting_id);

create table transactions_annotation (
  owner_id uuid not null,
  posting_id uuid not null,
  category text not null,
  changed_at timestamptz not null,
  constraint transactions_annotation_pkey primary key (owner_id, posting_id)
);

create function transactions_refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% on % is refused: history is only ever added to', tg_op, tg_table_name
    using errcode = 'VX002';
end $$;

create trigger transactions_posting_stands before update or delete on transactions_posting
  for each row execute function transactions_refuse_change();
create trigger transactions_posting_kept before truncate on transactions_posting
  for each statement execute function transactions_refuse_change();
create trigger transactions_entry_stands before update or delete on transactions_entry
  for each row execute function transactions_refuse_change();
create trigger transactions_entry_kept before truncate on transactions_entry
  for each statement execute function transactions_refuse_change();
create trigger transactions_reversal_stands before update or delete on transactions_reversal
  for each row execute function transactions_refuse_change();
create trigger transactions_reversal_kept before truncate on transactions_reversal
  for each statement execute function transactions_refuse_change();

-- All entries of a posting arrive in one statement, so one statement is where they must balance.
create function transactions_check_balanced() returns trigger language plpgsql as $$
declare
  v_posting uuid;
begin
  select posting_id into v_posting from added
    group by posting_id, currency having sum(amount_minor) <> 0 limit 1;
  if found then
    raise exception 'the entries of posting % do not sum to zero', v_posting using errcode = 'VX003';
  end if;
  return null;
end $$;

create trigger transactions_entry_balanced after insert on transactions_entry
  referencing new table as added
  for each statement execute function transactions_check_balanced();
